"""Rights over HTTP: entered, moved, corrected, transferred; portfolios are told once per firm."""

from typing import Any

import httpx
import pytest

from shared.kernel.actor import Role
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, FIRM_C, evidence_body, patent, right_body

ALL = ("ipr.right:write", "ipr.right:read", "ipr.right:move", "ipr.portfolio:read", "ipr.import:write")
PORTFOLIO, RIGHT = "ipr.portfolio.changed.v1", "ipr.right.changed.v1"


def centre(ipr: RunningService) -> httpx.AsyncClient:
    return ipr.client(Role.IP_CENTRE, scopes=ALL)


def enterprise(ipr: RunningService, party: str) -> httpx.AsyncClient:
    return ipr.client(Role.ENTERPRISE, party=party, scopes=ALL)


async def register(client: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    answer = await client.post("/v1/ip-rights", json=right_body(**values))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def move(to_status: str, effective_on: str, **values: Any) -> dict[str, Any]:
    body = {"to_status": to_status, "effective_on": effective_on, "evidence": evidence_body(issued_on=effective_on)}
    return {**body, **values}


async def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    return problem


async def test_a_registered_right_is_told_and_summed_up(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = await register(client)
        assert right["right_no_display"] == "202210123456.1"
        assert right["ends_on"] == "2042-02-28"
        [told] = await ipr.events(RIGHT)
        assert told.data.ends_on.isoformat() == "2042-02-28"
        [portfolio] = await ipr.events(PORTFOLIO)
        assert portfolio.data.uscc == FIRM_A
        assert portfolio.data.class_1_count == 1
        assert [(one.kind, one.count, one.weighted_milli) for one in portfolio.data.kinds] == [("INVENTION", 1, 1000)]
        summary = (await client.get(f"/v1/portfolios/{FIRM_A}")).json()
        assert summary["class_1_count"] == 1
        assert {one["confidence"] for one in summary["parameters"]} == {"reported", "assumed"}


async def test_a_patent_that_lapses_tells_its_firm_once_under_one_cause(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = await register(client)
        before = len(await ipr.events())
        answer = await client.post(f"/v1/ip-rights/{right['id']}:move", json=move("LAPSED_FEE", "2026-03-01"))
        assert answer.json()["legal_status"] == "LAPSED_FEE"
        fresh = (await ipr.events())[before:]
        assert [event.subject for event in fresh] == [RIGHT, PORTFOLIO]
        assert len({event.causation_id for event in fresh}) == 1
        assert fresh[1].data.class_1_count == 0
        assert fresh[1].data.kinds == ()


async def test_the_same_status_delivered_twice_changes_nothing(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = await register(client)
        path = f"/v1/ip-rights/{right['id']}:move"
        await client.post(path, json=move("LAPSED_FEE", "2026-03-01"))
        before = await ipr.events()
        again = await client.post(path, json=move("LAPSED_FEE", "2026-03-01"))
        assert again.status_code == 200
        assert again.json()["version"] == 2
        assert len(await ipr.events()) == len(before)
        history = (await client.get(f"/v1/ip-rights/{right['id']}/history")).json()
        assert [one["to_status"] for one in history["moves"]] == ["GRANTED", "LAPSED_FEE"]


async def test_a_restoration_that_arrives_before_its_lapse_waits_for_it(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = await register(client)
        path = f"/v1/ip-rights/{right['id']}:move"
        early = await client.post(path, json=move("RESTORED", "2026-04-10"))
        assert early.json()["legal_status"] == "GRANTED"
        before = len(await ipr.events())
        late = await client.post(path, json=move("LAPSED_FEE", "2026-03-01"))
        assert late.json()["legal_status"] == "RESTORED"
        assert [event.subject for event in (await ipr.events())[before:]] == [RIGHT]
        moves = (await client.get(f"/v1/ip-rights/{right['id']}/history")).json()["moves"]
        assert [(one["to_status"], one["status"]) for one in moves] == [
            ("GRANTED", "APPLIED"),
            ("LAPSED_FEE", "APPLIED"),
            ("RESTORED", "APPLIED"),
        ]


async def test_a_wrong_move_is_corrected_and_both_stay_in_the_history(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = await register(client)
        await client.post(f"/v1/ip-rights/{right['id']}:move", json=move("LAPSED_FEE", "2026-03-01"))
        moves = (await client.get(f"/v1/ip-rights/{right['id']}/history")).json()["moves"]
        body = {"move_id": moves[1]["id"], "evidence": evidence_body("ATTESTED")}
        answer = await client.post(f"/v1/ip-rights/{right['id']}:correct", json=body)
        assert answer.json()["legal_status"] == "GRANTED"
        moves = (await client.get(f"/v1/ip-rights/{right['id']}/history")).json()["moves"]
        assert [(one["to_status"], one["status"]) for one in moves] == [
            ("GRANTED", "APPLIED"),
            ("LAPSED_FEE", "CORRECTED"),
        ]
        assert moves[1]["correction"]["level"] == "ATTESTED"
        again = await client.post(f"/v1/ip-rights/{right['id']}:correct", json=body)
        await refused(again, 409, "move_already_corrected")
        [*_, last] = await ipr.events(PORTFOLIO)
        assert last.data.class_1_count == 1


async def test_a_transfer_sums_up_both_sides_once(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = await register(
            client, owners=[{"uscc": FIRM_A, "share_ppm": 600_000}, {"uscc": FIRM_B, "share_ppm": 400_000}]
        )
        told = {event.data.uscc: event.data.kinds[0].weighted_milli for event in await ipr.events(PORTFOLIO)}
        assert told == {FIRM_A: 600, FIRM_B: 400}
        before = len(await ipr.events())
        body = {
            "owners": [{"uscc": FIRM_B, "share_ppm": 400_000}, {"uscc": FIRM_C, "share_ppm": 600_000}],
            "effective_on": "2026-05-01",
            "evidence": evidence_body(),
        }
        path = f"/v1/ip-rights/{right['id']}:transfer"
        answer = await client.post(path, json=body)
        assert {one["uscc"] for one in answer.json()["owners"]} == {FIRM_B, FIRM_C}
        fresh = (await ipr.events())[before:]
        assert [event.subject for event in fresh] == [RIGHT, PORTFOLIO, PORTFOLIO]
        assert {event.data.uscc: event.data.class_1_count for event in fresh[1:]} == {FIRM_A: 0, FIRM_C: 1}
        await refused(await client.post(path, json=body), 409, "transfer_changes_nothing")
        body["owners"] = [{"uscc": FIRM_A, "share_ppm": 999_999}]
        problem = await refused(await client.post(path, json=body), 422, "owner_shares_not_whole")
        assert problem["details"]["sum_ppm"] == 999_999


async def test_only_an_accepted_case_blemishes_a_right_and_its_end_clears_it(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = await register(client)
        path = f"/v1/ip-rights/{right['id']}"
        mark = {"kind": "INVALIDATION_REQUEST", "effective_on": "2026-06-01", "evidence": evidence_body("DECLARED")}
        await refused(await client.post(f"{path}:mark-blemish", json=mark), 422, "status_evidence_too_weak")
        mark["evidence"] = evidence_body()
        assert (await client.post(f"{path}:mark-blemish", json=mark)).json()["blemished"] is True
        await refused(await client.post(f"{path}:mark-blemish", json=mark), 409, "blemish_open")
        [*_, told] = await ipr.events(PORTFOLIO)
        assert (told.data.class_1_count, told.data.blemished_count, told.data.kinds) == (0, 1, ())
        enforcing = await client.post(f"{path}:mark-blemish", json={**mark, "kind": "INFRINGEMENT_CLAIM"})
        await refused(enforcing, 422, "field_invalid")
        mark["effective_on"] = "2026-07-01"
        assert (await client.post(f"{path}:clear-blemish", json=mark)).json()["blemished"] is False
        [*_, told] = await ipr.events(PORTFOLIO)
        assert (told.data.class_1_count, told.data.blemished_count) == (1, 0)


async def test_what_an_enterprise_declares_counts_once_it_is_attested(ipr: RunningService) -> None:
    async with enterprise(ipr, FIRM_A) as firm, centre(ipr) as client:
        right = await register(firm)
        assert right["evidence_level"] == "DECLARED"
        assert await ipr.events(PORTFOLIO) == []
        path = f"/v1/ip-rights/{right['id']}"
        await refused(await firm.post(f"{path}:move", json=move("EXPIRED", "2026-01-01")), 403, "forbidden_role")
        await refused(
            await firm.post(f"{path}:attest", json={"evidence": evidence_body("ATTESTED")}), 403, "forbidden_role"
        )
        await client.post(f"{path}:attest", json={"evidence": evidence_body("ATTESTED")})
        [told] = await ipr.events(PORTFOLIO)
        assert told.data.class_1_count == 1
        foreign = await firm.post("/v1/ip-rights", json=right_body(owners=[{"uscc": FIRM_B, "share_ppm": 1_000_000}]))
        await refused(foreign, 422, "owner_not_caller")
        await refused(await firm.post("/v1/ip-rights", json=right_body()), 409, "right_already_recorded")


@pytest.mark.parametrize("role", [Role.BANK, Role.AGENCY, Role.FUND_MANAGER])
async def test_others_see_no_right_and_no_portfolio(ipr: RunningService, role: Role) -> None:
    async with centre(ipr) as client, ipr.client(role, party=FIRM_B, scopes=ALL) as other:
        right = await register(client)
        await refused(await other.get(f"/v1/ip-rights/{right['id']}"), 404, "not_found")
        await refused(await other.get(f"/v1/ip-rights/{right['id']}/history"), 404, "not_found")
        await refused(await other.get(f"/v1/portfolios/{FIRM_A}"), 404, "not_found")
        assert (await other.get("/v1/ip-rights")).json()["items"] == []
        body = move("EXPIRED", "2026-01-01")
        await refused(await other.post(f"/v1/ip-rights/{right['id']}:move", json=body), 404, "not_found")


async def test_an_enterprise_sees_only_rights_it_owns_a_share_of(ipr: RunningService) -> None:
    async with centre(ipr) as client, enterprise(ipr, FIRM_B) as firm:
        mine = await register(client, owners=[{"uscc": FIRM_B, "share_ppm": 1_000_000}])
        other = await register(client, right_no=patent("1", 2))
        seen = (await firm.get("/v1/ip-rights")).json()["items"]
        assert [one["id"] for one in seen] == [mine["id"]]
        await refused(await firm.get(f"/v1/ip-rights/{other['id']}"), 404, "not_found")
        await refused(await firm.get(f"/v1/portfolios/{FIRM_A}"), 404, "not_found")
        assert (await firm.get(f"/v1/portfolios/{FIRM_B}")).json()["class_1_count"] == 1


async def test_rights_are_paged_filtered_and_exported(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        for serial in range(1, 6):
            await register(client, right_no=patent("1", serial))
        await register(client, kind="UTILITY_MODEL", right_no=patent("2", 1))
        first = (await client.get("/v1/ip-rights", params={"limit": 2, "kind": "INVENTION"})).json()
        second = await client.get(
            "/v1/ip-rights", params={"limit": 3, "kind": "INVENTION", "cursor": first["next_cursor"]}
        )
        numbers = [one["right_no"] for one in first["items"] + second.json()["items"]]
        assert numbers == [patent("1", serial) for serial in (5, 4, 3, 2, 1)]
        assert second.json()["next_cursor"] is None
        found = (await client.get("/v1/ip-rights", params={"right_no": "ZL" + patent("2", 1)})).json()["items"]
        assert [one["kind"] for one in found] == ["UTILITY_MODEL"]
        table = await client.get("/v1/exports/ip-rights.csv", params={"kind": "INVENTION"})
        assert table.text.count("\r\n") == 6
