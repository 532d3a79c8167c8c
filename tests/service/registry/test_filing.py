import asyncio

from tests.service.registry.world import FILING, World, code_of, made_up_code


async def test_a_draft_shows_its_problems_and_is_accepted_once_they_are_gone(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}/filings/2025"
    draft = await world.enterprise().put(path, json={**FILING, "rd_staff": 101})
    assert draft.status_code == 200
    assert draft.json()["status"] == "DRAFT"
    assert {check["code"]: check["gravity"] for check in draft.json()["checks"]} == {
        "rd_staff_above_staff": "REFUSES",
        "previous_year_missing": "NOTES",
        "rd_staff_above_science_staff": "NOTES",
    }
    refused = await world.enterprise().post(f"{path}:submit")
    assert (refused.status_code, code_of(refused)) == (422, "filing_inconsistent")
    assert refused.json()["errors"][0]["pointer"] == "/rd_staff"
    assert await world.service.events("registry.filing.accepted.v1") == []
    accepted = await world.filed()
    assert (accepted["status"], accepted["version"]) == ("ACCEPTED", 1)
    (event,) = await world.service.events("registry.filing.accepted.v1")
    assert (event.data.year, event.data.rd_expense_fen, event.version) == (2025, 300_000_000, 1)


async def test_a_corrected_filing_is_a_new_version_and_the_old_one_is_kept(world: World) -> None:
    code = await world.registered()
    await world.filed()
    corrected = await world.filed(rd_expense_fen=400_000_000)
    assert corrected["version"] == 2
    versions = (await world.enterprise().get(f"/v1/enterprises/{code}/filings", params={"year": 2025})).json()["items"]
    assert [(one["version"], one["status"], one["rd_expense_fen"]) for one in versions] == [
        (2, "ACCEPTED", 400_000_000),
        (1, "SUPERSEDED", 300_000_000),
    ]
    events = await world.service.events("registry.filing.accepted.v1")
    assert [(event.version, event.data.rd_expense_fen) for event in events] == [(1, 300_000_000), (2, 400_000_000)]


async def test_a_filing_gives_the_enterprise_its_size_class(world: World) -> None:
    code = await world.registered()
    await world.filed()
    enterprise = (await world.city.get(f"/v1/enterprises/{code}")).json()
    assert (enterprise["size_class"], enterprise["version"]) == ("MEDIUM", 2)
    states = await world.service.events("registry.enterprise.changed.v1")
    assert [event.data.size_class for event in states] == [None, "MEDIUM"]
    await world.filed(rd_expense_fen=310_000_000)
    assert len(await world.service.events("registry.enterprise.changed.v1")) == 2


async def test_two_tabs_that_submit_at_once_have_one_effect(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}/filings/2025"
    await world.enterprise().put(path, json=FILING)
    answers = await asyncio.gather(*(world.enterprise().post(f"{path}:submit") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {code_of(answer) for answer in answers if answer.status_code == 409} == {"filing_draft_missing"}
    assert len(await world.service.events("registry.filing.accepted.v1")) == 1


async def test_a_repeated_key_gives_the_first_answer_again(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}/filings/2025"
    await world.enterprise().put(path, json=FILING)
    first = await world.enterprise().post(f"{path}:submit", headers={"idempotency-key": "one"})
    second = await world.enterprise().post(f"{path}:submit", headers={"idempotency-key": "one"})
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["idempotency-replayed"] == "true"
    missing = await world.enterprise().post(f"{path}:submit", headers={"idempotency-key": ""})
    assert (missing.status_code, code_of(missing)) == (400, "idempotency_key_missing")


async def test_another_firms_filing_is_not_found_and_a_closed_year_is_refused(world: World) -> None:
    await world.registered(1)
    await world.registered(2)
    foreign = await world.enterprise(2).put(f"/v1/enterprises/{made_up_code(1)}/filings/2025", json=FILING)
    assert foreign.status_code == 404
    assert (await world.enterprise(2).get(f"/v1/enterprises/{made_up_code(1)}/filings")).status_code == 404
    for year in (2026, 2022):
        closed = await world.enterprise().put(f"/v1/enterprises/{made_up_code(1)}/filings/{year}", json=FILING)
        assert (closed.status_code, code_of(closed)) == (422, "filing_year_not_open")
    assert (
        await world.enterprise().put(f"/v1/enterprises/{made_up_code(1)}/filings/1", json=FILING)
    ).status_code == 422


async def test_amounts_that_are_no_whole_fen_are_refused(world: World) -> None:
    code = await world.registered()
    for wrong in (1.5, "100", True, -1, 10**19, None):
        answer = await world.enterprise().put(
            f"/v1/enterprises/{code}/filings/2025", json={**FILING, "revenue_fen": wrong}
        )
        assert (answer.status_code, code_of(answer)) == (422, "field_invalid"), wrong


async def test_a_filing_with_an_odd_unit_is_accepted_once_it_is_confirmed(world: World) -> None:
    code = await world.registered()
    await world.filed(year=2024)
    path = f"/v1/enterprises/{code}/filings/2025"
    slipped = {name: value * 10_000 if name.endswith("_fen") else value for name, value in FILING.items()}
    saved = await world.enterprise().put(path, json=slipped)
    assert {"unit_far_from_last_year", "unit_odd_per_head"} <= {
        one["code"] for one in saved.json()["checks"] if one["gravity"] == "ASKS"
    }
    told = {one["code"]: {number["name"]: number for number in one["numbers"]} for one in saved.json()["checks"]}
    assert told["unit_far_from_last_year"].keys() == {"unit_jump_factor", "unit_floor_fen"}
    assert told["unit_odd_per_head"].keys() == {"per_head_min_fen", "per_head_max_fen"}
    factor = told["unit_far_from_last_year"]["unit_jump_factor"]
    assert (factor["value"], factor["confidence"], factor["article"]) == (10, "assumed", "数据核对")
    asked = await world.enterprise().post(f"{path}:submit")
    assert (asked.status_code, code_of(asked)) == (409, "filing_unit_unconfirmed")
    assert "单位是否正确" in asked.json()["title"]
    taken = await world.enterprise().post(f"{path}:submit?unit_confirmed=true")
    assert (taken.status_code, taken.json()["status"]) == (200, "ACCEPTED")
    rows = await world.service.rows("SELECT detail FROM audit_entry WHERE action = 'filing.accept' ORDER BY position")
    assert "unit_odd_per_head/revenue_fen" in rows[-1]["detail"]["unit_confirmed_for"]
