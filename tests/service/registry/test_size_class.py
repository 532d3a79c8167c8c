"""A size class says on which filing, day and version it rests, and follows its rules."""

from dataclasses import replace
from datetime import timedelta

from services.registry.enterprise.usecases.enterprise import SIZE_POLICY
from shared.policy.book import RuleBook
from tests.service.registry.world import World
from tests.support.plans import multiply, watched
from tests.support.postgres import DatabaseServer

BASIS = ("size_class", "size_class_filing_year", "size_class_on", "size_class_version")
JOB = "resize_by_newer_rules"


async def test_a_class_says_what_it_rests_on_and_an_unchanged_one_is_left_alone(world: World) -> None:
    code = await world.registered()
    before = (await world.city.get(f"/v1/enterprises/{code}")).json()
    assert [before[name] for name in BASIS] == [None, None, None, None]
    await world.filed()
    page = (await world.city.get(f"/v1/enterprises/{code}")).json()
    assert [page[name] for name in BASIS] == ["MEDIUM", 2025, "2026-11-23", "2017.2"]
    told = (await world.city.get(f"/v1/enterprises/{code}/size-class")).json()
    assert (told["computed_on"], told["filing_year"], told["filing_accepted_at"][:10]) == (
        "2026-11-23",
        2025,
        "2026-11-23",
    )
    assert (told["listed_size_class"], told["listed_version"], told["is_stale"]) == ("MEDIUM", "2017.2", False)
    await world.service.run_job(JOB)
    assert (await world.city.get(f"/v1/enterprises/{code}")).json()["version"] == page["version"]


async def test_when_the_year_has_turned_the_class_says_that_it_is_of_older_figures(world: World) -> None:
    code = await world.registered()
    await world.filed()
    world.service.clock.advance(timedelta(days=39))
    told = (await world.city.get(f"/v1/enterprises/{code}/size-class")).json()
    assert (told["computed_on"], told["size_class"], told["is_stale"]) == ("2027-01-01", "MEDIUM", True)
    (reason,) = told["stale_reasons"]
    assert (reason["code"], reason["way_out_zh"]) == ("FILING_OLD", "请填报并提交2026年度数据")
    await world.filed(year=2026)
    told = (await world.city.get(f"/v1/enterprises/{code}/size-class")).json()
    assert (told["filing_year"], told["is_stale"]) == (2026, False)


async def test_a_class_by_replaced_rules_is_computed_anew_and_told(world: World) -> None:
    code = await world.registered()
    await world.filed()
    book: RuleBook = world.service.app.state.rule_book
    held = book.pick(SIZE_POLICY, world.service.clock.now().date())
    newer = replace(held, header=held.header.model_copy(update={"version": "2027.1", "supersedes": None}))
    world.service.app.state.rule_book = RuleBook([*(one for one in book.rule_sets if one.policy != SIZE_POLICY), newer])
    told = (await world.city.get(f"/v1/enterprises/{code}/size-class")).json()
    assert [one["code"] for one in told["stale_reasons"]] == ["RULES_CHANGED"]
    await world.service.run_job(JOB)
    page = (await world.city.get(f"/v1/enterprises/{code}")).json()
    assert [page[name] for name in BASIS] == ["MEDIUM", 2025, "2026-11-23", "2027.1"]
    assert len(await world.service.events("registry.enterprise.changed.v1")) == 3
    told = (await world.city.get(f"/v1/enterprises/{code}/size-class")).json()
    assert (told["listed_version"], told["stale_reasons"]) == ("2027.1", [])


async def test_the_job_finds_its_firms_by_an_index(world: World, postgres: DatabaseServer) -> None:
    await world.registered()
    await world.filed()
    await multiply(
        postgres, world.service, "enterprise", 5_000, id="gen_random_uuid()", uscc="'9' || lpad(n::text, 17, '0')"
    )
    async with watched(world.service) as seen:
        await world.service.run_job(JOB)
    assert await seen.read_whole("enterprise") == []
