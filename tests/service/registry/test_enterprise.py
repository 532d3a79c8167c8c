import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from services.registry.enterprise.usecases.enterprise import lock_registration
from shared.kernel.actor import Role, system_actor
from shared.kernel.clock import FixedClock
from tests.service.registry.world import EVIDENCE, OTHER_UNIT, SCOPES, UNIT, World, code_of, firm, made_up_code
from tests.support.postgres import DatabaseServer
from tests.support.service import running_service


async def test_a_registered_enterprise_is_read_with_its_unit_and_told_once(world: World) -> None:
    code = await world.registered()
    answer = await world.city.get(f"/v1/enterprises/{code}")
    assert answer.status_code == 200
    assert answer.headers["etag"].startswith('"v1-')
    read = answer.json()
    assert (read["name"], read["status"], read["code_needs_review"]) == ("示例科技有限公司1", "ACTIVE", False)
    assert [(stay["unit_id"], stay["until_on"]) for stay in read["units"]] == [(UNIT, None)]
    (event,) = await world.service.events("registry.enterprise.changed.v1")
    assert (event.data.uscc, event.data.unit_id, event.version) == (code, UNIT, 1)
    assert event.data.integrity.serious_dishonesty is False


async def test_a_wrong_check_character_is_kept_and_flagged_until_the_licence_is_shown(world: World) -> None:
    right = made_up_code(7)
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    answer = await world.city.post("/v1/enterprises", json=firm(7, uscc=wrong))
    assert answer.status_code == 201
    assert answer.json()["code_needs_review"] is True
    listed = await world.city.get("/v1/enterprises", params={"code_needs_review": True})
    assert [row["uscc"] for row in listed.json()["items"]] == [wrong]
    weak = await world.city.post(f"/v1/enterprises/{wrong}:confirm-code", json={**EVIDENCE, "level": "DECLARED"})
    assert (weak.status_code, code_of(weak)) == (422, "evidence_too_weak")
    confirmed = await world.city.post(f"/v1/enterprises/{wrong}:confirm-code", json=EVIDENCE)
    assert confirmed.json()["code_needs_review"] is False


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"uscc": "92500107MA0000001X"}, 422, None),
        ({"unit_id": "500112"}, 409, "unit_ended"),
        ({"unit_id": "999999"}, 422, "field_invalid"),
        ({"founded_on": "2027-01-01"}, 422, "founded_in_future"),
        ({"name": "损坏\ufffd"}, 422, "field_invalid"),
        ({"unknown": 1}, 422, "field_invalid"),
        ({"uscc": "短"}, 422, "field_invalid"),
        ({"industry_code": "6510"}, 422, "field_invalid"),
    ],
)
async def test_what_cannot_be_registered_is_refused_with_a_code_and_a_pointer(
    world: World, changes: dict[str, object], status: int, code: str | None
) -> None:
    answer = await world.city.post("/v1/enterprises", json=firm(1, **changes))
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert code is None or problem["code"] == code
    assert problem["title"]
    assert problem["errors"][0]["pointer"].startswith("/")


async def test_the_refusal_of_an_ended_unit_names_its_successor_in_both_languages(world: World) -> None:
    chinese = await world.city.post("/v1/enterprises", json=firm(1, unit_id="500112"))
    english = await world.city.post(
        "/v1/enterprises", json=firm(1, unit_id="500112"), headers={"accept-language": "en"}
    )
    assert "承接单位" in chinese.text
    assert "CQ-LJ" in chinese.text
    assert "took over" in english.text


async def test_a_code_is_registered_once(world: World) -> None:
    await world.registered()
    again = await world.city.post("/v1/enterprises", json=firm(1, name="另一家示例公司"))
    assert (again.status_code, code_of(again)) == (409, "enterprise_exists")


async def test_each_body_sees_its_own_rows_only(world: World) -> None:
    mine, other = await world.registered(1), await world.registered(2, unit_id=OTHER_UNIT)
    bank = world.service.client(Role.BANK, party="91500000000000000X", scopes=SCOPES)
    for client, seen in (
        (world.city, {mine, other}),
        (world.district(), {mine}),
        (world.district(OTHER_UNIT), {other}),
        (world.enterprise(2), {other}),
        (bank, set()),
    ):
        listed = await client.get("/v1/enterprises")
        assert {row["uscc"] for row in listed.json()["items"]} == seen
        for code in (mine, other):
            answer = await client.get(f"/v1/enterprises/{code}")
            assert answer.status_code == (200 if code in seen else 404)


async def test_a_district_registers_for_its_own_unit_only(world: World) -> None:
    answer = await world.district().post("/v1/enterprises", json=firm(1, unit_id=OTHER_UNIT))
    assert (answer.status_code, code_of(answer)) == (403, "forbidden_role")
    assert (await world.district().post("/v1/enterprises", json=firm(1))).status_code == 201


async def test_a_change_needs_the_version_that_was_read(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}"
    assert (await world.city.patch(path, json={"name": "新名"})).status_code == 428
    changed = await world.city.patch(path, json={"name": "示例新名"}, headers={"if-match": '"v1"'})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = await world.city.patch(path, json={"name": "旧"}, headers={"if-match": '"v1"'})
    assert (stale.status_code, code_of(stale)) == (412, "precondition_failed")
    events = await world.service.events("registry.enterprise.changed.v1")
    assert [(event.version, event.data.name) for event in events] == [(1, "示例科技有限公司1"), (2, "示例新名")]


async def test_a_move_between_units_keeps_the_old_stay_and_changes_who_sees_the_firm(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}"
    ended = await world.city.patch(path, json={"unit_id": "500105"}, headers={"if-match": '"v1"'})
    assert code_of(ended) == "unit_ended"
    moved = await world.city.patch(path, json={"unit_id": OTHER_UNIT}, headers={"if-match": '"v1"'})
    assert moved.status_code == 200, moved.text
    units = (await world.city.get(path)).json()["units"]
    assert [(stay["unit_id"], stay["until_on"]) for stay in units] == [(UNIT, "2026-11-23"), (OTHER_UNIT, None)]
    assert (await world.district().get(path)).status_code == 404
    assert (await world.district(OTHER_UNIT).get(path)).status_code == 200


async def test_an_integrity_mark_moves_on_evidence_and_is_told_twice(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}/integrity-marks"
    body = {"kind": "SERIOUS_DISHONESTY", "active": True, "effective_on": "2026-11-01", "evidence": EVIDENCE}
    weak = await world.city.post(path, json={**body, "evidence": {**EVIDENCE, "level": "DECLARED"}})
    assert code_of(weak) == "evidence_too_weak"
    assert code_of(await world.city.post(path, json={**body, "active": False})) == "integrity_mark_not_open"
    assert (await world.city.post(path, json=body)).status_code == 201
    assert code_of(await world.city.post(path, json=body)) == "integrity_mark_open"
    cleared = await world.city.post(path, json={**body, "active": False, "effective_on": "2026-11-20"})
    assert cleared.json()["cleared_on"] == "2026-11-20"
    happenings = await world.service.events("registry.integrity.changed.v1")
    assert [(event.data.active, event.sequence) for event in happenings] == [(True, 1), (False, 2)]
    states = await world.service.events("registry.enterprise.changed.v1")
    assert [event.data.integrity.serious_dishonesty for event in states] == [False, True, False]


async def test_pages_follow_each_other_without_a_gap(world: World) -> None:
    codes = [await world.registered(number) for number in range(1, 6)]
    seen, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        answer = (await world.city.get("/v1/enterprises", params=params)).json()
        seen += [row["uscc"] for row in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen == codes


async def test_a_search_takes_the_name_literally(world: World) -> None:
    await world.registered(1, name="百分之百%示例")
    await world.registered(2, name="普通示例")
    found = (await world.city.get("/v1/enterprises", params={"q": "%"})).json()["items"]
    assert [row["name"] for row in found] == ["百分之百%示例"]
    by_code = (await world.city.get("/v1/enterprises", params={"q": made_up_code(2).lower()})).json()["items"]
    assert [row["name"] for row in by_code] == ["普通示例"]


@pytest.mark.parametrize(
    "words",
    ["华为(重庆)", "华为（重庆）", "为【重", "ai", "ＡＩ", "Ａi", "华为 重庆", "华\u200b为", " 华为", "科技ＡＩ有限"],
)
async def test_a_name_is_found_however_it_is_written(world: World, words: str) -> None:
    await world.registered(1, name="华为（重庆）科技AI有限公司")
    await world.registered(2, name="示例（成都）有限公司")
    found = (await world.city.get("/v1/enterprises", params={"q": words})).json()["items"]
    assert [row["name"] for row in found] == ["华为（重庆）科技AI有限公司"]


async def test_a_name_is_found_as_it_is_now(world: World) -> None:
    code = await world.registered(1, name="旧名（一）")
    held = await world.city.get(f"/v1/enterprises/{code}")
    headers = {"if-match": held.headers["etag"]}
    assert (
        await world.city.patch(f"/v1/enterprises/{code}", json={"name": "新名"}, headers=headers)
    ).status_code == 200
    for words, count in (("旧名(一)", 0), ("新 名", 1)):
        assert len((await world.city.get("/v1/enterprises", params={"q": words})).json()["items"]) == count


@pytest.mark.parametrize("form", ["{}", " {} ", "'{}", "{}\u200b", "\u202d{}\u202c"])
async def test_a_code_is_read_through_what_a_copy_brings_along(world: World, form: str) -> None:
    code = await world.registered(1)
    written = form.format(code.lower())
    assert (await world.city.get(f"/v1/enterprises/{quote(written)}")).json()["uscc"] == code
    assert len((await world.city.get("/v1/enterprises", params={"q": written})).json()["items"]) == 1
    again = await world.city.post("/v1/enterprises", json=firm(1, uscc=written))
    assert (again.status_code, code_of(again)) == (409, "enterprise_exists")


async def test_an_export_holds_what_the_list_shows_and_no_formula(world: World) -> None:
    await world.registered(1, name="=1+1示例")
    answer = await world.city.get("/v1/exports/enterprises.csv")
    assert answer.status_code == 200
    text = answer.content.decode("utf-8-sig")
    assert made_up_code(1) in text
    assert "\n=1" not in text.replace(",=1", "\n=1")
    assert (await world.city.get("/v1/exports/enterprises.xlsx")).content.startswith(b"PK")
    assert made_up_code(1) not in (await world.district(OTHER_UNIT).get("/v1/exports/enterprises.csv")).text


async def test_odd_paths_and_queries_are_refused_and_never_break_the_service(world: World) -> None:
    for path in ("/v1/enterprises/%00", "/v1/enterprises/%ED%A0%80", f"/v1/enterprises/{'9' * 5000}"):
        assert 400 <= (await world.city.get(path)).status_code < 500
    for params in ({"q": "\0"}, {"unit_id": "x"}, {"limit": "0"}, {"cursor": "?"}, {"status": "?"}):
        assert 400 <= (await world.city.get("/v1/enterprises", params=params)).status_code < 500


async def test_the_units_of_a_day_are_listed(world: World) -> None:
    before = (await world.city.get("/v1/units", params={"on": "2023-06-30"})).json()["items"]
    today = (await world.city.get("/v1/units")).json()["items"]
    assert (len(before), len(today)) == (41, 39)


async def test_when_a_unit_ends_its_firms_move_to_the_unit_that_took_over(postgres: DatabaseServer) -> None:
    clock = FixedClock(datetime(2025, 11, 4, 2, 0, tzinfo=UTC))
    async with running_service("registry", postgres, clock=clock) as service:
        world = World(service)
        code = await world.registered(1, unit_id="500112")
        await service.run_job("move_from_ended_units")
        assert (await world.district("500112").get(f"/v1/enterprises/{code}")).status_code == 200
        clock.advance(timedelta(days=3))
        await service.run_job("move_from_ended_units")
        await service.run_job("move_from_ended_units")
        page = (await world.district("CQ-LJ").get(f"/v1/enterprises/{code}")).json()
        assert [(stay["unit_id"], stay["until_on"]) for stay in page["units"]] == [
            ("500112", "2025-11-07"),
            ("CQ-LJ", None),
        ]
        states = await service.events("registry.enterprise.changed.v1")
        assert [state.data.unit_id for state in states] == ["500112", "CQ-LJ"]


async def test_eight_clerks_who_register_one_code_at_once_make_one_enterprise(world: World) -> None:
    answers = await asyncio.gather(*(world.city.post("/v1/enterprises", json=firm(1)) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
    assert len(await world.service.events("registry.enterprise.changed.v1")) == 1


async def test_who_registers_one_firm_does_not_hold_up_the_others(world: World) -> None:
    service = world.service
    async with (
        asyncio.timeout(20),
        asyncio.TaskGroup() as group,
        service.db.transaction(actor=system_actor("registry"), clock=service.clock) as tx,
    ):
        await lock_registration(tx, [firm(1)["uscc"]])
        waiting = group.create_task(world.city.post("/v1/enterprises", json=firm(1)))
        assert (await world.city.post("/v1/enterprises", json=firm(2))).status_code == 201
        assert not waiting.done()
    assert waiting.result().status_code == 201
