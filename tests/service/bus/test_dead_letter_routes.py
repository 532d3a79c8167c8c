"""Dead letters over HTTP: seen without what a person typed, replayed once or given up, by the operator alone."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from shared.db.dead_letter import park
from shared.events.event import Event
from shared.events.signature import HEADER, Proof
from shared.kernel.actor import Role, system_actor
from shared.kernel.ids import new_id
from tests.support.bus import on_wire
from tests.support.event_keys import signed
from tests.support.pair import named
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service

SCOPES = ("operation.dead_letter:read", "operation.dead_letter:write")
LIST = "/v1/dead-letters/techtransfer"
HANDLER = "techtransfer.party"
FIRM = named("91500107MA5XTE8T03", "示例企业")


@pytest.fixture
async def market(postgres: DatabaseServer) -> AsyncIterator[RunningService]:
    async with running_service("techtransfer", postgres) as service:
        yield service


def operator(market: RunningService) -> httpx.AsyncClient:
    return market.client(Role.OPERATOR, scopes=SCOPES)


async def parked(market: RunningService, payload: bytes, event: Event = FIRM, handler: str = HANDLER) -> int:
    """Give up on a message and return the number of its letter."""
    async with market.db.transaction(actor=system_actor(market.name), clock=market.clock) as tx:
        await park(
            tx,
            handler=handler,
            subject=event.subject,
            event_id=new_id(),
            payload=payload,
            reason='ValueError: no such name "张三"\nDETAIL: Failing row contains (13800138000)',
            deliveries=5,
            proof=Proof(signed("registry", event.subject, payload)[HEADER], datetime.now(UTC), None),  # noqa: TID251
        )
    (row,) = await market.rows("SELECT max(id) AS id FROM dead_letter")
    return int(row["id"])


async def audited(market: RunningService) -> list[tuple[str, str, str]]:
    rows = await market.rows("SELECT action, subject, client_id FROM audit_entry ORDER BY position")
    return [(row["action"], row["subject"], row["client_id"]) for row in rows]


async def test_a_letter_is_listed_looked_at_and_taken_away_without_what_a_person_typed(market: RunningService) -> None:
    id_ = await parked(market, on_wire(FIRM))
    async with operator(market) as client:
        (row,) = (await client.get(LIST)).json()["items"]
        assert (row["id"], row["status"], row["handler"], row["deliveries"]) == (id_, "WAITING", HANDLER, 5)
        read = await client.get(f"{LIST}/{id_}")
        assert read.json()["content"]["data"]["uscc"] == FIRM.uscc
        exported = await client.get("/v1/exports/dead-letters/techtransfer.csv", params={"status": "WAITING"})
        assert HANDLER in exported.text
        counted = (await client.get(f"{LIST}/counts")).json()["counts"]
        assert counted == {"WAITING": 1, "REPLAYED": 0, "DISCARDED": 0}
        for said in (read.text, exported.text, row["reason"]):
            assert not any(word in said for word in ("张三", "13800138000", FIRM.name))
    assert ("dead_letter.read", f"dead_letter/{id_}", "operator") in await audited(market)


async def test_a_letter_is_replayed_once_and_the_same_key_gets_the_same_answer(market: RunningService) -> None:
    id_ = await parked(market, on_wire(FIRM))
    key = {"idempotency-key": str(new_id())}
    async with operator(market) as client:
        first = await client.post(f"{LIST}/{id_}:replay", headers=key)
        assert (first.status_code, first.json()["status"]) == (200, "REPLAYED")
        again = await client.post(f"{LIST}/{id_}:replay", headers=key)
        assert (again.headers["idempotency-replayed"], again.content) == ("true", first.content)
        other = await client.post(f"{LIST}/{id_}:replay")
        assert (other.status_code, other.json()["code"]) == (409, "dead_letter_settled")
    assert [row["name"] for row in await market.rows("SELECT name FROM party")] == [FIRM.name]
    replayed = [one for one in await audited(market) if one[0] == "dead_letter.replayed"]
    assert replayed == [("dead_letter.replayed", f"dead_letter/{id_}", "operator")]


async def test_a_letter_that_fails_again_stays_and_nothing_of_it_stands(market: RunningService) -> None:
    gone, rubbish = await parked(market, on_wire(FIRM), handler="techtransfer.gone"), await parked(market, b"rubbish")
    async with operator(market) as client:
        for id_, words in ((gone, "no such handler"), (rubbish, "unreadable")):
            answer = await client.post(f"{LIST}/{id_}:replay", headers={"accept-language": "en"})
            assert (answer.status_code, answer.json()["code"]) == (409, "dead_letter_failed_again")
            assert words in answer.json()["title"]
        counted = (await client.get(f"{LIST}/counts")).json()["counts"]
    assert counted["WAITING"] == 2
    assert await market.rows("SELECT 1 FROM party") == []


async def test_a_letter_is_given_up_for_a_reason_that_the_audit_keeps(market: RunningService) -> None:
    id_ = await parked(market, b"rubbish")
    async with operator(market) as client:
        empty = await client.post(f"{LIST}/{id_}:discard", json={"reason": " "})
        assert (empty.status_code, empty.json()["code"]) == (422, "field_invalid")
        done = await client.post(f"{LIST}/{id_}:discard", json={"reason": "供应商的测试数据"})
        assert (done.json()["status"], done.json()["discard_reason"]) == ("DISCARDED", "供应商的测试数据")
        for verb, body in (("discard", {"reason": "x"}), ("replay", None)):
            settled = await client.post(f"{LIST}/{id_}:{verb}", json=body)
            assert (settled.status_code, settled.json()["code"]) == (409, "dead_letter_settled")
    (row,) = await market.rows("SELECT detail FROM audit_entry WHERE action = 'dead_letter.discarded'")
    assert row["detail"]["reason"] == "供应商的测试数据"


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.OPERATOR, Role.SYSTEM}])
async def test_nobody_else_sees_or_settles_a_letter_whatever_the_scopes(market: RunningService, role: Role) -> None:
    id_ = await parked(market, on_wire(FIRM))
    sent: tuple[tuple[str, str, Any], ...] = (
        ("GET", LIST, None),
        ("GET", f"{LIST}/{id_}", None),
        ("GET", "/v1/exports/dead-letters/techtransfer.csv", None),
        ("POST", f"{LIST}/{id_}:replay", None),
        ("POST", f"{LIST}/{id_}:discard", {"reason": "x"}),
    )
    async with market.client(role, scopes=SCOPES) as stranger, market.client(role) as bare:
        for method, path, body in sent:
            answer = await stranger.request(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_role"), path
            answer = await bare.request(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_scope"), path
        assert (await stranger.get(f"{LIST}/counts")).json()["total"] == 0
    assert (await market.rows("SELECT replayed_at, discarded_at FROM dead_letter"))[0] == {
        "replayed_at": None,
        "discarded_at": None,
    }


async def test_a_letter_that_never_was_is_not_found(market: RunningService) -> None:
    async with operator(market) as client:
        for method, path, body in (
            ("GET", f"{LIST}/4711", None),
            ("POST", f"{LIST}/4711:replay", None),
            ("POST", f"{LIST}/4711:discard", {"reason": "x"}),
        ):
            answer = await client.request(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert (await client.get(f"{LIST}/0")).status_code == 422
