"""G1: the clock of one service two hours off, either way, or set back: order by version, tokens by the rule of E4."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.events.ipr import KindCount, PortfolioChanged
from shared.kernel.actor import Role
from shared.kernel.clock import FixedClock, shanghai_date
from tests.service.finance.world import ALL_SCOPES, BANK_A, FIRM, WAN, World, done
from tests.support.bus import wrap
from tests.support.postgres import DatabaseServer
from tests.support.service import START, mint, running_service

TWO_HOURS = timedelta(hours=2)


@pytest.fixture(params=[2, -2], ids=["two hours ahead", "two hours behind"])
async def off(request: pytest.FixtureRequest, postgres: DatabaseServer) -> AsyncIterator[tuple[World, FixedClock]]:
    """A finance whose clock is off, and the clock of everybody else."""
    true = FixedClock(START)
    clock = FixedClock(START + timedelta(hours=request.param))
    async with running_service("finance", postgres, clock=clock) as service:
        yield World(service), true


@pytest.mark.fault("G1")
async def test_tokens_of_an_issuer_two_hours_away_are_refused_as_expired_or_not_yet_valid(
    off: tuple[World, FixedClock],
) -> None:
    world, true = off
    for clock, status in ((true, 401), (world.service.clock, 200)):
        token = mint(clock, role=Role.BANK, scopes=ALL_SCOPES[Role.BANK].split(), party=BANK_A)
        async with world.service.client(token=token) as bank:
            answer = await bank.get("/v1/loans")
        assert answer.status_code == status, answer.text


def portfolio(inventions: int) -> PortfolioChanged:
    """Return what ipr tells of the firm's rights."""
    return PortfolioChanged(
        uscc=FIRM,
        as_of_on=START.date(),
        class_1_count=inventions,
        class_2_count=0,
        high_value_count=0,
        blemished_count=0,
        kinds=(KindCount(kind="INVENTION", count=inventions, weighted_milli=inventions * 1000),),
        rule_set_version="2022.1",
        rule_set_sha256="0" * 64,
    )


async def hear(world: World, inventions: int, *, version: int, ahead: timedelta) -> None:
    """Deliver the state of a version, told by a clock that is `ahead` of finance's."""
    clock = FixedClock(world.service.clock.now() + ahead)
    subscriptions = [one for one in world.service.app.state.subscriptions if one.event is PortfolioChanged]
    from tests.support.bus import deliver

    for subscription in subscriptions:
        assert not await deliver(
            world.service.app, subscription, wrap(portfolio(inventions), clock=clock, version=version)
        )


async def held(world: World) -> tuple[int, int]:
    """Return version and number of inventions that finance holds."""
    (row,) = await world.service.rows("SELECT * FROM portfolio WHERE uscc = :uscc", uscc=FIRM)
    return row["version"], row["class_1_count"]


@pytest.mark.fault("G1")
async def test_states_are_ordered_by_version_whatever_time_they_tell(world: World) -> None:
    await world.tell_enterprise()
    await hear(world, 1, version=1, ahead=TWO_HOURS)
    await hear(world, 3, version=3, ahead=-TWO_HOURS)  # the newer state tells the older time
    assert await held(world) == (3, 3)
    await hear(world, 2, version=2, ahead=2 * TWO_HOURS)  # the older state comes late and tells the newest time
    assert await held(world) == (3, 3)
    await hear(world, 4, version=4, ahead=timedelta(0))
    assert await held(world) == (4, 4)


async def whole(client: httpx.AsyncClient, url: str) -> list[str]:
    """Return the ids of a list, page by page."""
    ids, cursor = list[str](), None
    while True:
        page = done(await client.get(url, params={"limit": 2, **({"cursor": cursor} if cursor else {})}))
        ids += [one["id"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            return ids


@pytest.mark.fault("G1")
async def test_a_clock_that_is_set_back_in_the_middle_breaks_no_write_and_leaves_nothing_out(world: World) -> None:
    evaluation = await world.ready_firm()
    made = [(await world.apply(evaluation["id"], amount_fen=1 * WAN))["id"] for _ in range(3)]
    await world.approve(made[0], amount_fen=1 * WAN)
    loan = await world.sign(made[0], principal_fen=1 * WAN)
    drawdown = await world.draw(loan["id"], amount_fen=1 * WAN // 2)
    key = {"idempotency-key": "before-and-after"}
    note = world.note(amount_fen=1)
    first = await world.bank().post(f"/v1/loans/{loan['id']}/drawdowns", json=note, headers=key)
    world.service.clock.advance(-TWO_HOURS)
    again = await world.bank().post(f"/v1/loans/{loan['id']}/drawdowns", json=note, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    made += [(await world.apply(evaluation["id"], amount_fen=1 * WAN))["id"] for _ in range(3)]
    for one in made[1:]:
        await world.approve(one, amount_fen=1 * WAN)
    await world.repay(drawdown["id"], 1 * WAN // 2)
    assert sorted(await whole(world.firm(), "/v1/loan-applications")) == sorted(made)
    movements = await world.service.rows("SELECT version, created_at FROM credit_movement ORDER BY version")
    assert [one["version"] for one in movements] == list(range(1, len(movements) + 1))
    times = [one["created_at"] for one in movements]
    assert times != sorted(times), "the clock was not set back"
    events = await world.service.events()
    by_aggregate: dict[Any, list[int]] = {}
    for event in events:
        by_aggregate.setdefault((event.aggregate, event.aggregate_id), []).append(event.version)
    assert all(versions == list(range(1, len(versions) + 1)) for versions in by_aggregate.values())
    for name in ("settle", "lapse_approvals"):
        await world.service.run_job(name)


@pytest.mark.fault("G1")
async def test_no_age_that_is_shown_to_operators_is_below_zero(world: World) -> None:
    await world.ready_firm()
    world.service.clock.advance(-TWO_HOURS)
    await hear(world, 5, version=9, ahead=TWO_HOURS)
    shown = (await world.service.client(token="").get("/metrics")).text
    below = [
        line
        for line in shown.splitlines()
        if not line.startswith("#") and "seconds" in line.partition("{")[0] and float(line.rpartition(" ")[2]) < 0
    ]
    assert below == []


@pytest.mark.fault("G1")
async def test_the_business_date_is_that_of_the_services_own_clock_in_shanghai(postgres: DatabaseServer) -> None:
    """Two hours before and behind midnight in Shanghai: the date of every write comes from one reading."""
    for hours in (-2, 2):
        midnight = START.replace(hour=16, minute=0) + timedelta(hours=hours)
        async with running_service("finance", postgres, clock=FixedClock(midnight)) as service:
            world = World(service)
            evaluation = await world.ready_firm()
            application = await world.apply(evaluation["id"])
            await world.step(application["id"], "accept")
            body = {"amount_fen": 1 * WAN, "term_months": 12, "bank_ref": "G1"}
            await world.step(application["id"], "approve", **body)
            today = shanghai_date(midnight)
            (row,) = await service.rows("SELECT approved_on FROM loan_application")
            assert row["approved_on"] == today
            url = f"/v1/loan-applications/{application['id']}:sign"
            tomorrow = world.contract(principal_fen=1 * WAN, signed_on=(today + timedelta(days=1)).isoformat())
            assert (await world.bank().post(url, json=tomorrow)).status_code == 422
            contract = world.contract(principal_fen=1 * WAN, signed_on=today.isoformat())
            assert (await world.bank().post(url, json=contract)).status_code == 201
