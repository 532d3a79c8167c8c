"""The work list of finance: each body sees what waits for it, with its day and its acts, and nobody else's."""

from datetime import date, timedelta
from typing import Any

import httpx

from shared.kernel.actor import Role
from tests.service.finance.world import BANK_A, BANK_B, FIRM, UNIT, WAN, World, done
from tests.support.plans import multiply, watched
from tests.support.postgres import DatabaseServer

LIST = "/v1/work-items/finance"


async def waiting(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    """Return the waiting cases of a client."""
    found: list[dict[str, Any]] = done(await client.get(LIST, params=params))["items"]
    return found


async def told(client: httpx.AsyncClient, **params: Any) -> list[tuple[str, str, list[str]]]:
    """Return kind, what is asked and the acts of each waiting case."""
    return [
        (one["kind"], one["asked_en"], [act["name"] for act in one["actions"]])
        for one in await waiting(client, **params)
    ]


async def test_a_case_waits_for_one_body_at_a_time_and_goes_from_one_to_the_next(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    assert await told(world.bank()) == [("LOAN_APPLICATION", "to be taken into review", ["accept", "return"])]
    assert await told(world.firm()) == await told(world.bank(BANK_B)) == await told(world.manager) == []
    assert await told(world.city) == [("LOAN_APPLICATION", "to be taken into review", [])]
    await world.step(application["id"], "return", note="请补充用途说明")
    assert await told(world.bank()) == []
    assert await told(world.firm()) == [
        ("LOAN_APPLICATION", "to be corrected and submitted again", ["resubmit", "cancel"])
    ]
    body = world.application_body(evaluation["id"])
    done(await world.firm().post(f"/v1/loan-applications/{application['id']}:resubmit", json=body))
    await world.approve(application["id"])
    assert await told(world.bank()) == [("LOAN_APPLICATION", "to be signed", ["sign"])]
    loan = await world.sign(application["id"])
    assert await told(world.bank()) == await told(world.city) == []
    drawdown = await world.draw(loan["id"])
    cover = done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)
    assert await told(world.manager) == [("COVER", "cover to be decided", ["cover", "refuse"])]
    assert await told(world.bank()) == []
    refusal = {"decision": "REFUSED", "reason_code": "repaid_before_decision"}
    done(await world.manager.post(f"/v1/covers/{cover['id']}:decide", json=refusal))
    assert await told(world.manager) == []


async def test_a_case_tells_whose_it_is_and_when_it_is_due(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    (one,) = await waiting(world.bank())
    assert (one["id"], one["case_no"]) == (application["id"], application["case_no"])
    assert (one["enterprise_uscc"], one["enterprise_name"], one["unit_id"]) == (FIRM, "示例科技有限公司", UNIT)
    assert one["since_at"] == application["submitted_at"]
    assert (one["due_on"], one["due_status"]) == (application["answer_due_on"], "LATER")
    assert await waiting(world.bank(), unit_id="500106") == []
    assert len(await waiting(world.bank(), unit_id=UNIT, kind="LOAN_APPLICATION", bank_uscc=BANK_A)) == 1
    assert await waiting(world.bank(), kind="COVER") == []


async def test_a_day_comes_near_and_passes_and_the_filter_says_the_same(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    due = date.fromisoformat(application["answer_due_on"])
    today = world.service.clock.now().date()
    for ahead, status in ((4, "LATER"), (3, "SOON"), (0, "SOON"), (-1, "OVERDUE")):
        world.service.clock.advance(timedelta(days=(due - today).days - ahead))
        today = due - timedelta(days=ahead)
        client = world.service.client(
            role=Role.BANK, party=BANK_A, scopes=["work.item:read", "credit.application:read"]
        )
        (one,) = await waiting(client)
        assert (one["due_status"], one["due_on"]) == (status, application["answer_due_on"]), ahead
        for asked in ("OVERDUE", "SOON", "LATER", "NONE"):
            assert len(await waiting(client, due_status=asked)) == (asked == status), (ahead, asked)
        assert len(await waiting(client, due_status=["OVERDUE", status])) == 1


async def test_the_nearest_day_comes_first_and_what_has_none_last(world: World) -> None:
    evaluation = await world.ready_firm()
    returned = await world.apply(evaluation["id"], amount_fen=10 * WAN)
    first = await world.apply(evaluation["id"], amount_fen=20 * WAN)
    world.service.clock.advance(timedelta(days=2))
    second = await world.apply(evaluation["id"], amount_fen=30 * WAN)
    await world.step(returned["id"], "return", note="请补充")
    order = [first["id"], second["id"], returned["id"]]
    assert [one["id"] for one in await waiting(world.city)] == order
    page = done(await world.city.get(LIST, params={"limit": 2}))
    assert [one["id"] for one in page["items"]] == order[:2]
    rest = await waiting(world.city, limit=2, cursor=page["next_cursor"])
    assert [one["id"] for one in rest] == order[2:]


async def test_a_client_sees_the_kinds_that_its_scopes_open_and_counts_them_alike(world: World) -> None:
    evaluation = await world.ready_firm()
    await world.apply(evaluation["id"])
    counts = done(await world.bank().get(f"{LIST}/counts"))
    assert (counts["by"], counts["counts"], counts["total"]) == ("kind", {"LOAN_APPLICATION": 1, "COVER": 0}, 1)
    narrow = world.service.client(role=Role.BANK, party=BANK_A, scopes=["work.item:read", "fund.cover:read"])
    assert await waiting(narrow) == []
    assert done(await narrow.get(f"{LIST}/counts"))["total"] == 0
    none = world.service.client(role=Role.BANK, party=BANK_A, scopes=["credit.application:read"])
    assert (await none.get(LIST)).status_code == 403
    exported = await world.bank().get("/v1/exports/work-items/finance.csv")
    assert exported.status_code == 200
    assert "待受理" in exported.text


async def test_the_work_list_reads_no_table_of_applications_from_end_to_end(
    world: World, postgres: DatabaseServer
) -> None:
    evaluation = await world.ready_firm()
    ended = await world.apply(evaluation["id"])
    done(await world.firm().post(f"/v1/loan-applications/{ended['id']}:cancel"))
    new = {"id": "gen_random_uuid()", "case_no": "'KC-' || n"}
    await multiply(postgres, world.service, "loan_application", 20_000, **new)
    await world.apply(evaluation["id"])
    async with watched(world.service) as seen:
        assert [len(await waiting(one)) for one in (world.bank(), world.firm(), world.city)] == [1, 0, 1]
    assert len(seen.said) == 3
    assert await seen.read_whole("loan_application") == []
