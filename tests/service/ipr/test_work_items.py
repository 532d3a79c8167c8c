"""The work list of ipr: the IP centre sees what it enters, a firm the fees of its patents, nobody what is another's."""

from datetime import date, timedelta
from typing import Any

import httpx

from shared.kernel.actor import Role
from shared.kernel.work_item import ahead_days
from tests.service.ipr.test_rights import move, register
from tests.support.plans import multiply, watched
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, evidence_body, patent, right_body

LIST = "/v1/work-items/ipr"
SCOPES = ("work.item:read", "ipr.right:write", "ipr.right:read", "ipr.right:move")


def office(ipr: RunningService, role: Role = Role.IP_CENTRE) -> httpx.AsyncClient:
    return ipr.client(role, scopes=SCOPES)


def firm(ipr: RunningService, party: str = FIRM_A) -> httpx.AsyncClient:
    return ipr.client(Role.ENTERPRISE, party=party, scopes=SCOPES)


async def waiting(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    """Return the waiting rights of a client."""
    answer = await client.get(LIST, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def kinds(client: httpx.AsyncClient, **params: Any) -> list[str]:
    """Return the kinds of the waiting rights of a client."""
    return [one["kind"] for one in await waiting(client, **params)]


async def test_a_declared_right_waits_for_the_centre_until_it_is_attested(ipr: RunningService) -> None:
    right = await register(firm(ipr), filed_on="2022-03-01")
    (one,) = await waiting(office(ipr))
    assert (one["kind"], one["id"], one["case_no"]) == ("RIGHT_ATTESTATION", right["id"], right["right_no_display"])
    assert (one["enterprise_uscc"], one["due_on"], one["due_status"]) == (FIRM_A, None, "NONE")
    assert one["since_at"] == right["created_at"]
    assert one["actions"][0]["name"] == "attest"
    for role in (Role.CITY, Role.AUDITOR):
        assert await kinds(office(ipr, role)) == ["RIGHT_ATTESTATION"]
    assert await kinds(firm(ipr)) == await kinds(firm(ipr, FIRM_B)) == []
    evidence = {"evidence": evidence_body("ATTESTED")}
    assert (await office(ipr).post(f"/v1/ip-rights/{right['id']}:attest", json=evidence)).status_code == 200
    assert await waiting(office(ipr)) == []


async def test_a_restoration_without_its_lapse_waits_until_the_lapse_is_recorded(ipr: RunningService) -> None:
    async with office(ipr) as client:
        right = await register(client)
        url = f"/v1/ip-rights/{right['id']}:move"
        assert (await client.post(url, json=move("RESTORED", "2026-04-15"))).status_code == 200
        (one,) = await waiting(client)
        assert (one["kind"], one["id"]) == ("RIGHT_HELD_MOVE", right["id"])
        assert (await client.post(url, json=move("LAPSED_FEE", "2026-03-01"))).status_code == 200
        assert await waiting(client) == []


async def test_a_fee_waits_for_each_owner_in_the_month_before_its_day_and_no_longer(ipr: RunningService) -> None:
    today = ipr.clock.now().date()
    owners = [{"uscc": FIRM_A, "share_ppm": 600_000}, {"uscc": FIRM_B, "share_ppm": 400_000}]
    filed = (today + timedelta(days=20)).replace(year=2022)
    right = await register(office(ipr), filed_on=filed.isoformat(), owners=owners)
    due = (await firm(ipr).get(f"/v1/ip-rights/{right['id']}/annuities")).json()["next"]["due_on"]
    for party in (FIRM_A, FIRM_B):
        (one,) = await waiting(firm(ipr, party))
        assert (one["kind"], one["id"], one["enterprise_uscc"]) == ("ANNUITY", right["id"], party)
        assert (one["due_on"], one["due_status"], one["actions"]) == (due, "LATER", [])
    assert await waiting(office(ipr)) == await waiting(office(ipr, Role.CITY)) == []
    for asked in ("OVERDUE", "SOON", "LATER", "NONE"):
        assert len(await waiting(firm(ipr), due_status=asked)) == (asked == "LATER"), asked
    ipr.clock.advance(date.fromisoformat(due) - today)
    (one,) = await waiting(firm(ipr))
    assert (one["due_on"], one["due_status"]) == (due, "SOON")
    assert len(await waiting(firm(ipr), due_status="SOON")) == 1
    ipr.clock.advance(timedelta(days=1))
    assert await waiting(firm(ipr)) == []


async def test_the_list_holds_exactly_the_fees_that_the_rule_finds_due_within_its_days(ipr: RunningService) -> None:
    today = ipr.clock.now().date()
    async with office(ipr) as client:
        for serial in range(24):
            filed = today.replace(year=2012 + serial % 12) + timedelta(days=serial * 3 - 10)
            granted = min(filed + timedelta(days=400 + serial * 40), today)
            number = patent("1", serial + 1, filed.year)
            await register(client, right_no=number, filed_on=filed.isoformat(), granted_on=granted.isoformat())
    expected = {}
    listed = (await firm(ipr).get("/v1/annuities", params={"limit": 100})).json()["items"]
    for one in listed:
        due = one["next"]
        if due is not None and date.fromisoformat(due["due_on"]) <= today + timedelta(days=ahead_days()):
            expected[one["right_id"]] = due["due_on"]
    found = await waiting(firm(ipr), limit=100)
    assert len(listed) == 24
    assert 0 < len(expected) < 24
    assert {one["id"]: one["due_on"] for one in found} == expected
    assert [one["due_on"] for one in found] == sorted(one["due_on"] for one in found)


async def test_the_list_is_narrowed_by_owner_number_and_kind_and_counted_by_kind(ipr: RunningService) -> None:
    right = await register(firm(ipr))
    client = office(ipr)
    assert len(await waiting(client, enterprise_uscc=FIRM_A, kind="RIGHT_ATTESTATION")) == 1
    assert await waiting(client, enterprise_uscc=FIRM_B) == await waiting(client, kind="RIGHT_HELD_MOVE") == []
    assert len(await waiting(client, case_no=right["right_no_display"])) == 1
    assert await waiting(client, unit_id="500106") == []
    counts = (await client.get(f"{LIST}/counts")).json()
    assert (counts["by"], counts["counts"]["RIGHT_ATTESTATION"], counts["total"]) == ("kind", 1, 1)
    blind = ipr.client(Role.IP_CENTRE, scopes=["work.item:read"])
    assert await waiting(blind) == []
    assert (await client.get("/v1/exports/work-items/ipr.csv")).text.count("待核验") == 1
    bank = ipr.client(Role.BANK, party=FIRM_B, scopes=SCOPES)
    assert await waiting(bank) == []


async def test_the_work_list_reads_no_table_of_rights_from_end_to_end(
    ipr: RunningService, postgres: DatabaseServer
) -> None:
    today = ipr.clock.now().date()
    filed = (today + timedelta(days=20)).replace(year=2022).isoformat()
    settled = await register(office(ipr), filed_on=filed)
    new = {"id": "gen_random_uuid()", "right_no": "'X' || n"}
    await multiply(postgres, ipr, "ip_right", 20_000, **new)
    await multiply(postgres, ipr, "ip_right_move", 20_000, id="gen_random_uuid()", recorded_no="n + 1")
    await multiply(postgres, ipr, "ip_right_owner", 20_000, right_id="gen_random_uuid()", uscc="'F' || n")
    declared = right_body(right_no=patent("1", 99, 2020), filed_on="2020-07-01", granted_on="2022-01-01")
    assert (await firm(ipr).post("/v1/ip-rights", json=declared)).status_code == 201
    async with watched(ipr) as seen:
        found = [await kinds(one) for one in (office(ipr), firm(ipr), office(ipr, Role.CITY))]
    assert found == [["RIGHT_ATTESTATION"], ["ANNUITY"], ["RIGHT_ATTESTATION"]]
    assert settled["legal_status"] == "GRANTED"
    assert len(seen.said) > 3
    assert await seen.read_whole("ip_right", "ip_right_move", "ip_right_owner") == []
