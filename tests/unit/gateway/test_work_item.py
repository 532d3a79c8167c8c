"""How the work lists of several services become one."""

from gateway.rules.work_item import counts_by_kind, joined, works_with
from shared.kernel.actor import Role


def item(case_id: str, due_on: str | None) -> dict[str, str | None]:
    return {"id": case_id, "due_on": due_on}


def test_the_nearest_days_of_all_services_come_first() -> None:
    one = [item("b", "2026-11-27"), item("d", "2026-12-01"), item("f", None)]
    other = [item("a", "2026-11-27"), item("c", "2026-11-30"), item("e", None)]
    assert [row["id"] for row in joined([one, other], 10)] == ["a", "b", "c", "d", "e", "f"]
    assert [row["id"] for row in joined([one, other], 3)] == ["a", "b", "c"]


def test_what_waits_is_counted_by_kind_and_by_day() -> None:
    assert counts_by_kind({"COVER": 3, "LOAN_APPLICATION": 1}, {"COVER": 1}, {"LOAN_APPLICATION": 1}, {"COVER": 2}) == [
        {"kind": "COVER", "total": 3, "overdue": 1, "soon": 0, "mine": 2},
        {"kind": "LOAN_APPLICATION", "total": 1, "overdue": 0, "soon": 1, "mine": 0},
    ]


def test_a_role_without_cases_asks_nobody() -> None:
    assert works_with(Role.BANK) == ("finance",)
    assert works_with(Role.IP_CENTRE) == ("ipr",)
    assert works_with(Role.OPERATOR) == ()
