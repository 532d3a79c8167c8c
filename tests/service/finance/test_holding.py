"""A waiting case is taken by one person of the body, handed over within it, and kept back from nobody's act."""

import asyncio
from typing import Any

import httpx

from shared.kernel.actor import Role
from shared.kernel.holding import colleague_audience
from tests.service.finance.world import BANK_A, BANK_B, FIRM, World, done
from tests.support.service import AUDIENCE, mint

LIST = "/v1/work-items/finance"
SCOPES = "work.item:read work.item:write credit.application:read credit.decision:write"


def person(world: World, name: str, *, bank: str = BANK_A, scopes: str = SCOPES) -> httpx.AsyncClient:
    """Return the client of a person of a bank."""
    return world.service.client(role=Role.BANK, party=bank, client_id=f"person.{name}", scopes=scopes.split())


def ticket(world: World, name: str, **claims: Any) -> str:
    """Return what the gateway gives to hand a case over to a person."""
    told: dict[str, Any] = {"role": Role.BANK, "party": BANK_A, "aud": colleague_audience(AUDIENCE), **claims}
    return mint(world.service.clock, client_id=f"person.{name}", **told)


async def case(world: World) -> str:
    """Return the address of an application that waits for a bank."""
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    return f"{LIST}/LOAN_APPLICATION/{application['id']}"


async def held(client: httpx.AsyncClient, **asked: str) -> list[str | None]:
    """Return who has each case of the list."""
    items = done(await client.get(LIST, params=asked))["items"]
    return [one["holder"] and one["holder"]["client_id"] for one in items]


async def test_a_case_is_taken_once_and_a_colleague_is_told_who_has_it_since_when(world: World) -> None:
    address, first, second = await case(world), person(world, "a"), person(world, "b")
    assert await held(first) == [None]
    taken = done(await first.post(f"{address}:take"))
    assert taken["holder"] == {
        "client_id": "person.a",
        "since_at": world.service.clock.now().isoformat().replace("+00:00", "Z"),
        "is_reader": True,
    }
    assert done(await first.post(f"{address}:take")) == taken, "what is one's own stays so"
    refused = await second.post(f"{address}:take", headers={"accept-language": "en"})
    assert (refused.status_code, refused.json()["code"]) == (409, "work_item_held")
    assert refused.json()["details"]["holder"] == "person.a"
    assert refused.json()["title"] == "A colleague has this case (since 2026-11-23 10:00)"
    (row,) = await world.service.rows("SELECT count(*) AS n FROM audit_entry WHERE action = 'work_item.take'")
    assert row["n"] == 1


async def test_the_list_is_narrowed_by_who_has_a_case_and_counts_alike(world: World) -> None:
    address, first, second = await case(world), person(world, "a"), person(world, "b")
    for choice, of_first, of_second in (("NOBODY", 1, 1), ("ME", 0, 0), ("COLLEAGUE", 0, 0)):
        assert [len(await held(one, holder=choice)) for one in (first, second)] == [of_first, of_second], choice
    done(await first.post(f"{address}:take"))
    for choice, of_first, of_second in (("NOBODY", 0, 0), ("ME", 1, 0), ("COLLEAGUE", 0, 1)):
        assert [len(await held(one, holder=choice)) for one in (first, second)] == [of_first, of_second], choice
        counts = done(await second.get(f"{LIST}/counts", params={"holder": choice}))
        assert counts["total"] == of_second


async def test_two_who_take_a_case_at_once_are_one_holder_and_one_refusal(world: World) -> None:
    address = await case(world)
    people = [person(world, name) for name in "abcd"]
    answers = await asyncio.gather(*(one.post(f"{address}:take") for one in people))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]


async def test_a_case_is_handed_over_to_a_colleague_and_back_to_nobody(world: World) -> None:
    address, first, second = await case(world), person(world, "a"), person(world, "b")
    done(await first.post(f"{address}:take"))
    body = {"held_by": "person.a", "to": ticket(world, "b")}
    key = {"idempotency-key": "one-key"}
    given = done(await first.post(f"{address}:hand-over", json=body, headers=key))
    assert given["holder"]["client_id"] == "person.b"
    again = await first.post(f"{address}:hand-over", json=body, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    late = await first.post(f"{address}:hand-over", json={"held_by": "person.a", "to": None})
    assert late.json()["code"] == "work_item_held"
    free = done(await first.post(f"{address}:hand-over", json={"held_by": "person.b", "to": None}))
    assert free["holder"] is None, "who is away is helped out"
    nobody = await second.post(f"{address}:hand-over", json={"held_by": "person.b", "to": None})
    assert nobody.json()["code"] == "work_item_free"
    done(await second.post(f"{address}:take"))
    rows = await world.service.rows(
        "SELECT client_id, detail ->> 'holder' AS holder FROM audit_entry"
        " WHERE subject LIKE 'work_item/%' ORDER BY position"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("person.a", "person.a"),
        ("person.a", "person.b"),
        ("person.a", None),
        ("person.b", "person.b"),
    ]


async def test_only_a_ticket_of_the_gateway_for_a_person_of_the_same_body_is_taken(world: World) -> None:
    address, first = await case(world), person(world, "a")
    done(await first.post(f"{address}:take"))
    wrong = {
        "another bank": ticket(world, "b", party=BANK_B),
        "another role": ticket(world, "b", role=Role.CITY),
        "an access token": ticket(world, "b", aud=AUDIENCE),
        "one that ended": ticket(world, "b", exp=int(world.service.clock.now().timestamp()) - 60),
        "another issuer": ticket(world, "b", iss="https://other.example"),
        "no ticket": "person.b",
    }
    for why, to in wrong.items():
        refused = await first.post(f"{address}:hand-over", json={"held_by": "person.a", "to": to})
        assert (refused.status_code, refused.json()["code"]) == (422, "colleague_unknown"), why
    stolen = httpx.Headers({"authorization": f"Bearer {ticket(world, 'b')}"})
    assert (await first.get(LIST, headers=stolen)).status_code == 401, "a ticket opens no call"


async def test_a_case_that_waits_for_others_is_not_theirs_to_take_who_only_see_it(world: World) -> None:
    address = await case(world)
    for client, status in ((world.city, 403), (world.firm(), 404), (person(world, "x", bank=BANK_B), 404)):
        assert (await client.post(f"{address}:take")).status_code == status
        body = {"held_by": "person.a", "to": None}
        assert (await client.post(f"{address}:hand-over", json=body)).status_code == status
    reader = person(world, "r", scopes="work.item:read credit.application:read")
    assert (await reader.post(f"{address}:take")).status_code == 403
    none = address.replace(address.rpartition("/")[2], "01a22694-e241-75aa-970d-7cf29f86cef5")
    assert (await person(world, "a").post(f"{none}:take")).status_code == 404


async def test_holding_a_case_forbids_no_act_and_each_body_has_its_own_holder(world: World) -> None:
    address, first, second = await case(world), person(world, "a"), person(world, "b")
    done(await first.post(f"{address}:take"))
    application_id = address.rpartition("/")[2]
    done(await second.post(f"/v1/loan-applications/{application_id}:return", json={"note": "请补充用途说明"}))
    assert await held(first) == []
    assert await held(world.firm()) == [None], "the bank's holder is none of the firm's"
    done(await world.firm().post(f"{address}:take"))
    assert await held(world.city) == [f"enterprise-{FIRM}"]
    application = done(await world.firm().get(f"/v1/loan-applications/{application_id}"))
    body = world.application_body(application["evaluation_id"])
    done(await world.firm().post(f"/v1/loan-applications/{application_id}:resubmit", json=body))
    assert await held(second) == ["person.a"], "it comes back to who had it"
