"""Lists of ipr: what the IP centre, a firm and a district filter and sort by, and what they take away."""

import io
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import openpyxl
import pytest

from shared.events.registry import EnterpriseChanged, IntegrityMarks
from shared.kernel.actor import Role
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, evidence_body, patent, right_body

SCOPES = ("ipr.right:read", "ipr.right:write", "ipr.right:move")
INVENTION, MODEL, MARK = patent("1", 1), patent("2", 2), "12345678"


def enterprise(uscc: str, name: str, unit_id: str) -> EnterpriseChanged:
    """Return what the registry tells of a firm."""
    return EnterpriseChanged(
        uscc=uscc,
        name=name,
        unit_id=unit_id,
        industry_code=None,
        key_field=None,
        founded_on=None,
        legal_form="LIMITED",
        founder_type=None,
        size_class=None,
        status="ACTIVE",
        integrity=IntegrityMarks(),
    )


def centre(ipr: RunningService) -> httpx.AsyncClient:
    return ipr.client(Role.IP_CENTRE, scopes=SCOPES)


async def three_rights(ipr: RunningService) -> None:
    """An invention of two firms, a utility model whose fee was not paid, a trademark without grant."""
    await ipr.deliver(enterprise(FIRM_A, "示例甲有限公司", "500107"))
    await ipr.deliver(enterprise(FIRM_B, "示例乙有限公司", "500112"))
    shared = [{"uscc": FIRM_A, "share_ppm": 600_000}, {"uscc": FIRM_B, "share_ppm": 400_000}]
    for body in (
        right_body(right_no=INVENTION, title="丙 高分子(A型)材料", owners=shared),
        right_body(kind="UTILITY_MODEL", right_no=MODEL, title="甲 含量25%的溶液", legal_status="LAPSED_FEE"),
        right_body(kind="TRADEMARK", right_no=MARK, title="乙", filed_on="2021-05-06", granted_on="2022-05-06"),
    ):
        answer = await centre(ipr).post("/v1/ip-rights", json=body)
        assert answer.status_code == 201, answer.text


async def titles(client: httpx.AsyncClient, query: str = "", *, noun: str = "ip-rights") -> list[str]:
    """Return the first characters of the titles of a list in their order."""
    answer = await client.get(f"/v1/{noun}?{query}")
    assert answer.status_code == 200, answer.text
    return [one["title"][0] for one in answer.json()["items"]]


async def sheet_of(client: httpx.AsyncClient, noun: str, query: str = "") -> Any:
    """Return the first sheet of an exported workbook."""
    answer = await client.get(f"/v1/exports/{noun}.xlsx?{query}")
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]


def rows_of(sheet: Any) -> list[dict[str, Any]]:
    """Return the rows by the Chinese heading."""
    head, *rows = sheet.iter_rows()
    return [{str(t.value).split(" ")[0]: cell.value for t, cell in zip(head, row, strict=True)} for row in rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sort=OLDEST", "丙甲乙"),
        ("", "乙甲丙"),
        ("sort=NAME", "丙乙甲"),
        ("kind=INVENTION&kind=TRADEMARK", "乙丙"),
        ("legal_status=LAPSED_FEE&legal_status=EXPIRED", "甲"),
        (f"right_no=zl {INVENTION[:-1]}.{INVENTION[-1]}", "丙"),
        (f"right_no={MARK}", "乙"),
        ("q=高分子 （ A型）", "丙"),
        ("q=%EF%BD%81%E5%9E%8B", "丙"),
        ("q=25%25", "甲"),
        ("q=_", ""),
        (f"q={MARK}", "乙"),
        (f"q=ZL{INVENTION}", "丙"),
        (f"owner_uscc={FIRM_B}", "丙"),
        ("unit_id=500112", "丙"),
        ("filed_from_on=2021-05-06&filed_until_on=2021-05-06", "乙"),
        ("blemished=true", ""),
        ("blemished=false&sort=OLDEST", "丙甲乙"),
        ("evidence_level=DECLARED", ""),
    ],
)
async def test_rights_are_found_by_what_people_hold_in_their_hands(ipr: RunningService, query: str, found: str) -> None:
    await three_rights(ipr)
    assert await titles(centre(ipr), query) == list(found)


async def blemished(ipr: RunningService) -> None:
    """Three rights; a case against the invention runs."""
    await three_rights(ipr)
    (right,) = (await centre(ipr).get("/v1/ip-rights?kind=INVENTION")).json()["items"]
    body = {
        "kind": "INVALIDATION_REQUEST",
        "effective_on": "2026-05-01",
        "evidence": evidence_body(issued_on="2026-05-02"),
    }
    answer = await centre(ipr).post(f"/v1/ip-rights/{right['id']}:mark-blemish", json=body)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("status=OPEN", 1),
        ("status=CLEARED", 0),
        ("kind=OWNERSHIP_DISPUTE", 0),
        ("opened_from_on=2026-05-01&opened_until_on=2026-05-01", 1),
        (f"owner_uscc={FIRM_B}", 1),
        (f"right_no={MARK}", 0),
    ],
)
async def test_cases_against_rights_are_found_over_all_rights(ipr: RunningService, query: str, count: int) -> None:
    await blemished(ipr)
    assert await titles(centre(ipr), query, noun="blemishes") == ["丙"] * count
    stranger = ipr.client(Role.DISTRICT, unit="500103", scopes=SCOPES)
    assert await titles(stranger, query, noun="blemishes") == []
    counts = (await centre(ipr).get("/v1/blemishes/counts")).json()
    assert counts == {"by": "status", "counts": {"OPEN": 1, "CLEARED": 0}, "total": 1, "complete": True, "at_least": []}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 1),
        ("next_due_until_on=2027-02-28", 0),
        ("next_due_until_on=2027-03-01", 1),
        ("next_due_until_on=9999-12-31", 1),
        ("next_due_until_on=0001-01-01", 0),
        ("kind=DESIGN", 0),
        (f"owner_uscc={FIRM_B}", 1),
        ("unit_id=500107", 1),
    ],
)
async def test_annual_fees_are_found_by_the_day_they_are_due(ipr: RunningService, query: str, count: int) -> None:
    await three_rights(ipr)
    assert await titles(centre(ipr), query, noun="annuities") == ["丙"] * count


async def test_the_fees_in_a_list_are_those_of_the_right_itself(ipr: RunningService) -> None:
    await three_rights(ipr)
    (listed,) = (await centre(ipr).get("/v1/annuities")).json()["items"]
    alone = (await centre(ipr).get(f"/v1/ip-rights/{listed['right_id']}/annuities")).json()
    assert (listed["next"], listed["in_grace"]) == (alone["next"], alone["in_grace"])
    (row,) = rows_of(await sheet_of(centre(ipr), "annuities"))
    assert (row["缴费期限"], row["未减缴的年费（元）"]) == (datetime.fromisoformat("2027-03-01"), 1200)


@pytest.mark.parametrize("query", ["owner=1", "sort=LARGEST", "kind=PATENT", "owner_uscc=12", "filed_from_on=2021"])
async def test_what_rights_cannot_be_asked_is_refused(ipr: RunningService, query: str) -> None:
    assert (await centre(ipr).get(f"/v1/ip-rights?{query}")).status_code == 422


async def test_rights_that_end_first_come_first_and_each_page_goes_on(ipr: RunningService) -> None:
    await three_rights(ipr)
    for sort in ("NEWEST", "OLDEST", "DUE", "NAME", "CODE"):
        whole = await titles(centre(ipr), f"sort={sort}")
        first = (await centre(ipr).get(f"/v1/ip-rights?sort={sort}&limit=1")).json()
        rest = await titles(centre(ipr), f"sort={sort}&limit=2&cursor={first['next_cursor']}")
        assert [first["items"][0]["title"][0], *rest] == whole
    ends = [one["ends_on"] for one in (await centre(ipr).get("/v1/ip-rights?sort=DUE")).json()["items"]]
    assert ends == sorted(ends, key=lambda on: on or "9999")


async def test_an_export_of_rights_shows_names_words_and_dates(ipr: RunningService) -> None:
    await three_rights(ipr)
    (row,) = rows_of(await sheet_of(centre(ipr), "ip-rights", "kind=INVENTION"))
    assert (row["种类"], row["法律状态"]) == ("发明专利", "授权")
    assert row["号码"] == f"{INVENTION[:-1]}.{INVENTION[-1]}"
    assert row["权利人名称"] == "示例甲有限公司；示例乙有限公司"
    assert row["申请日"] == datetime.fromisoformat("2022-03-01")
    (told,) = await ipr.rows("SELECT fields FROM audit_entry WHERE action = 'ip-rights.export'")
    assert "owner_names" in told["fields"]
    other = ipr.client(Role.ENTERPRISE, party=FIRM_B, scopes=SCOPES)
    assert len(rows_of(await sheet_of(other, "ip-rights"))) == 1


@pytest.mark.parametrize("filed_on", ["2020-11-23", "2020-11-24", "2020-11-22", "2024-02-29", "2019-02-28"])
async def test_a_list_narrows_fees_by_the_day_that_the_rule_tells(ipr: RunningService, filed_on: str) -> None:
    number = patent("1", 9, year=int(filed_on[:4]))
    body = right_body(right_no=number, title="丙", filed_on=filed_on, granted_on="2025-06-03")
    made = await centre(ipr).post("/v1/ip-rights", json=body)
    assert made.status_code == 201, made.text
    (listed,) = (await centre(ipr).get("/v1/annuities")).json()["items"]
    due_on = date.fromisoformat(listed["next"]["due_on"])
    assert await titles(centre(ipr), f"next_due_until_on={due_on}", noun="annuities") == ["丙"]
    assert await titles(centre(ipr), f"next_due_until_on={due_on - timedelta(days=1)}", noun="annuities") == []
