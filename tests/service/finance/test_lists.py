"""Lists of finance: what a bank, a firm and the fund manager filter and sort by, and what they take away."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from tests.service.finance.world import BANK_A, BANK_B, FIRM, OTHER_FIRM, WAN, World, done, refused

EXPORTS = (
    "loan-applications",
    "loans",
    "drawdowns",
    "repayments",
    "covers",
    "fund-accounts",
    "fund-postings",
    "consents",
    "banks",
    "kvc-evaluations",
)


async def two_loans(world: World) -> dict[str, Any]:
    """One firm borrows from two banks; the first loan is drawn, covered and partly repaid."""
    evaluation = await world.ready_firm()
    first = await world.apply(evaluation["id"], amount_fen=100 * WAN)
    second = await world.apply(evaluation["id"], bank=BANK_B, amount_fen=150 * WAN)
    await world.approve(first["id"], bank_ref="授信-001")
    loan = await world.sign(first["id"], contract_no="HT-2026-001")
    await world.approve(second["id"], BANK_B, amount_fen=120 * WAN)
    other = await world.sign(second["id"], BANK_B, contract_no="HT-2026-002", principal_fen=120 * WAN)
    drawdown = await world.draw(loan["id"], note_no="JJ-001")
    await world.contribute("CITY", 40 * WAN)
    await world.contribute("DISTRICT", 60 * WAN)
    cover = done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)
    done(await world.manager.post(f"/v1/covers/{cover['id']}:decide", json={"decision": "COVERED"}))
    repayment = await world.repay(drawdown["id"], 10 * WAN)
    return {"loan": loan, "other": other, "drawdown": drawdown, "repayment": repayment, "application": first}


async def ids(client: Any, path: str, **params: Any) -> list[str]:
    """Return the ids of a list in its order."""
    return [one["id"] for one in done(await client.get(path, params=params))["items"]]


async def test_loans_are_found_by_contract_case_firm_state_and_day(world: World) -> None:
    told = await two_loans(world)
    loan, other = told["loan"]["id"], told["other"]["id"]
    city = world.city
    assert await ids(city, "/v1/loans") == [other, loan]
    assert await ids(city, "/v1/loans", sort="OLDEST") == [loan, other]
    assert await ids(city, "/v1/loans", sort="LARGEST") == [other, loan]
    assert await ids(city, "/v1/loans", contract_no=" ht-2026-001") == [loan]
    assert await ids(city, "/v1/loans", case_no=told["loan"]["case_no"].lower()) == [loan]
    assert await ids(city, "/v1/loans", enterprise_uscc=FIRM, bank_uscc=BANK_B) == [other]
    assert await ids(city, "/v1/loans", enterprise_uscc=OTHER_FIRM) == []
    assert await ids(city, "/v1/loans", status=["SIGNED", "CLOSED"]) == [other, loan]
    assert await ids(city, "/v1/loans", status=["CLOSED", "LAPSED"]) == []
    today = world.service.clock.now().date().isoformat()
    assert await ids(city, "/v1/loans", signed_from_on=today, signed_until_on=today) == [other, loan]
    assert await ids(city, "/v1/loans", signed_from_on="2027-01-01") == []
    (listed,) = done(await world.bank().get("/v1/loans"))["items"]
    assert (listed["enterprise_name"], listed["bank_name"]) == ("示例科技有限公司", "示例银行甲")


async def test_the_other_lists_are_found_by_the_numbers_that_people_hold(world: World) -> None:
    told = await two_loans(world)
    drawdown, repayment = told["drawdown"]["id"], told["repayment"]["id"]
    bank = world.bank()
    assert await ids(bank, "/v1/loan-applications", bank_ref="授信-001") == [told["application"]["id"]]
    assert await ids(bank, "/v1/loan-applications", answer_due_until_on="2026-01-01") == []
    for path, row in (("/v1/drawdowns", drawdown), ("/v1/repayments", repayment)):
        assert await ids(bank, path, contract_no="HT-2026-001") == [row]
        assert await ids(bank, path, note_no="JJ-001") == [row]
        assert await ids(bank, path, case_no=told["loan"]["case_no"], enterprise_uscc=FIRM) == [row]
        assert await ids(bank, path, contract_no="HT-2026-002") == []
        assert await ids(world.bank(BANK_B), path) == []
        assert await ids(world.firm(), path) == [row]
    assert await ids(bank, "/v1/repayments", bank_ref=told["repayment"]["bank_ref"]) == [repayment]
    (cover,) = done(await world.manager.get("/v1/covers", params={"status": "COVERED", "contract_no": "HT-2026-001"}))[
        "items"
    ]
    assert (cover["note_no"], cover["enterprise_name"]) == ("JJ-001", "示例科技有限公司")
    postings = done(await world.manager.get("/v1/fund-postings", params={"kind": ["CONTRIBUTION", "EXPOSURE"]}))[
        "items"
    ]
    assert [one["kind"] for one in postings] == ["EXPOSURE", "CONTRIBUTION", "CONTRIBUTION"]
    assert await ids(world.firm(), "/v1/consents", bank_uscc=BANK_A, expires_from_on="2099-01-01") == []


async def test_a_cursor_goes_on_in_its_order_and_belongs_to_its_sort(world: World) -> None:
    await two_loans(world)
    for sort in ("NEWEST", "OLDEST", "DUE", "LARGEST"):
        whole = await ids(world.city, "/v1/loans", sort=sort)
        first = done(await world.city.get("/v1/loans", params={"sort": sort, "limit": 1}))
        rest = await ids(world.city, "/v1/loans", sort=sort, limit=1, cursor=first["next_cursor"])
        assert [first["items"][0]["id"], *rest] == whole
    foreign = await world.city.get("/v1/loans", params={"sort": "NEWEST", "cursor": first["next_cursor"]})
    refused(foreign, "cursor_invalid", 422)


@pytest.mark.parametrize(
    "query",
    [
        "sort=amount",
        "sort=",
        "status=SIGNED,LAPSED",
        "status=nope",
        "enterprise_uscc=1234",
        "signed_from_on=2026",
        "x=1",
    ],
)
async def test_what_a_list_cannot_be_asked_is_refused_and_not_passed_over(world: World, query: str) -> None:
    assert (await world.city.get(f"/v1/loans?{query}")).status_code == 422


async def workbook(client: Any, noun: str, **params: Any) -> list[dict[str, Any]]:
    """Return the rows of an exported workbook by heading."""
    answer = await client.get(f"/v1/exports/{noun}.xlsx", params=params)
    assert answer.status_code == 200, answer.text
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:")
    head, *rows = sheet.iter_rows()
    for row in rows:
        for title, cell in zip(head, row, strict=True):
            check_cell(str(title.value), cell)
    return [{title.value: cell.value for title, cell in zip(head, row, strict=True)} for row in rows]


def check_cell(title: str, cell: Any) -> None:
    """A cell under a heading of money is a number with two decimals, one of a day a date."""
    if cell.value is None:
        return
    if "（元）" in title:
        assert (cell.data_type, cell.number_format) == ("n", "#,##0.00"), title
    if any(word in title for word in ("日期", "期限 ", "到期日", "基准日")):
        assert isinstance(cell.value, datetime), title
    assert not str(cell.value).startswith("019"), f"{title}: an id of ours is of no use to people"


async def test_every_export_of_finance_opens_with_typed_cells(world: World) -> None:
    await two_loans(world)
    for noun in EXPORTS:
        client = world.manager if noun.startswith(("fund", "covers")) else world.city
        rows = await workbook(client, noun)
        assert rows, noun
        as_csv = await client.get(f"/v1/exports/{noun}.csv")
        lines = list(csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
        assert len(lines) == len(rows) + 1
        assert lines[0] == list(rows[0])


async def test_an_export_holds_what_the_list_with_the_same_filter_shows(world: World) -> None:
    await two_loans(world)
    (loan,) = await workbook(world.city, "loans", contract_no="HT-2026-001")
    cells = {heading.split(" ")[0]: value for heading, value in loan.items()}
    assert cells["贷款本金（元）"] == 1_000_000
    assert cells["年利率"] == pytest.approx(0.03)
    assert cells["企业名称"] == "示例科技有限公司"
    assert len(await workbook(world.bank(), "loans")) == 1
    assert await workbook(world.firm(OTHER_FIRM), "loans") == []
    refused(await world.city.get("/v1/exports/loans.xlsx?stauts=SIGNED"), "query_parameter_unknown", 422)


async def test_who_takes_a_list_away_is_recorded(world: World) -> None:
    await two_loans(world)
    done_rows = await world.service.rows("SELECT action, fields FROM audit_entry WHERE action = 'loans.export'")
    assert done_rows == []
    await world.bank().get("/v1/exports/loans.csv")
    (row,) = await world.service.rows("SELECT action, fields FROM audit_entry WHERE action = 'loans.export'")
    assert isinstance(row, Mapping)
    assert "principal_fen" in row["fields"]


async def counted(client: Any, noun: str, **params: Any) -> dict[str, Any]:
    """Return how many rows of a list have each state."""
    return done(await client.get(f"/v1/{noun}/counts", params=params))


async def test_a_tab_tells_how_many_rows_it_holds_whichever_tab_is_open(world: World) -> None:
    told = await two_loans(world)
    assert await counted(world.city, "loans") == {
        "by": "status",
        "counts": {"SIGNED": 2, "CLOSED": 0, "LAPSED": 0},
        "total": 2,
        "complete": True,
        "at_least": [],
    }
    assert (await counted(world.city, "loans", status="CLOSED"))["counts"]["SIGNED"] == 2
    assert (await counted(world.city, "loans", contract_no="HT-2026-001"))["total"] == 1
    assert (await counted(world.bank(), "loans"))["total"] == 1
    assert (await counted(world.firm(OTHER_FIRM), "loans"))["total"] == 0
    assert (await counted(world.manager, "fund-postings"))["counts"]["CONTRIBUTION"] == 2
    repayments = await counted(world.bank(), "repayments")
    assert repayments == {"by": None, "counts": {}, "total": 1, "complete": True, "at_least": []}
    covers = await counted(world.manager, "covers", drawdown_id=told["drawdown"]["id"])
    assert covers["counts"]["COVERED"] == 1
    for query in ("sort=DUE", "limit=1", "stauts=SIGNED"):
        assert (await world.city.get(f"/v1/loans/counts?{query}")).status_code == 422


async def test_counting_ends_at_its_bound_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_loans(world)
    monkeypatch.setattr("shared.db.selection._MOST_COUNTED", 1)
    cut = await counted(world.city, "loans")
    assert (cut["complete"], cut["total"], cut["at_least"]) == (False, 2, ["SIGNED"])
    assert (await counted(world.bank(), "repayments"))["total"] == 1
    monkeypatch.setattr("shared.db.selection._MOST_COUNTED", 2)
    assert (await counted(world.city, "loans"))["complete"] is True


async def test_a_list_of_evaluations_tells_that_the_act_behind_the_uplift_has_ended(world: World) -> None:
    evaluation = await world.ready_firm()
    (listed,) = done(await world.city.get("/v1/kvc-evaluations"))["items"]
    whole = done(await world.city.get(f"/v1/kvc-evaluations/{evaluation['id']}"))
    assert (listed["basis_standing"], listed["basis_ended_on"]) == ("CONTINUED", "2025-12-31")
    assert whole["uplift_legal_basis"]["ended_on"] == listed["basis_ended_on"]
    (row,) = await workbook(world.city, "kvc-evaluations")
    cells = {heading.split(" ")[0]: value for heading, value in row.items()}
    assert cells["依据文件的效力状态"] == "依据已届满，按决定继续适用"
    assert cells["依据文件失效日"] == datetime(2025, 12, 31)  # noqa: DTZ001  # a day, as a sheet holds it
