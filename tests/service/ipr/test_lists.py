"""Lists of ipr: what the IP centre, a firm and a district filter and sort by, and what they take away."""

import io
from datetime import datetime
from typing import Any

import httpx
import openpyxl
import pytest

from shared.events.registry import EnterpriseChanged, IntegrityMarks
from shared.kernel.actor import Role
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, patent, right_body

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
        right_body(right_no=INVENTION, title="丙", owners=shared),
        right_body(kind="UTILITY_MODEL", right_no=MODEL, title="甲", legal_status="LAPSED_FEE"),
        right_body(kind="TRADEMARK", right_no=MARK, title="乙", filed_on="2021-05-06", granted_on="2022-05-06"),
    ):
        answer = await centre(ipr).post("/v1/ip-rights", json=body)
        assert answer.status_code == 201, answer.text


async def titles(client: httpx.AsyncClient, query: str = "") -> list[str]:
    """Return the titles of the rights in their order."""
    answer = await client.get(f"/v1/ip-rights?{query}")
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


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


@pytest.mark.parametrize("query", ["owner=1", "sort=LARGEST", "kind=PATENT", "owner_uscc=12", "filed_from_on=2021"])
async def test_what_rights_cannot_be_asked_is_refused(ipr: RunningService, query: str) -> None:
    assert (await centre(ipr).get(f"/v1/ip-rights?{query}")).status_code == 422


async def test_rights_that_end_first_come_first_and_each_page_goes_on(ipr: RunningService) -> None:
    await three_rights(ipr)
    for sort in ("NEWEST", "OLDEST", "DUE", "NAME", "CODE"):
        whole = await titles(centre(ipr), f"sort={sort}")
        first = (await centre(ipr).get(f"/v1/ip-rights?sort={sort}&limit=1")).json()
        rest = await titles(centre(ipr), f"sort={sort}&limit=2&cursor={first['next_cursor']}")
        assert [first["items"][0]["title"], *rest] == whole
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
