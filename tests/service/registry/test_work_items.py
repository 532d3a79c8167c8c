"""The work list of the registry: each body sees what waits for it, with its day and its acts, and nobody else's."""

from typing import Any

import httpx

from shared.kernel.actor import Role
from tests.service.registry.world import FILING, OTHER_UNIT, UNIT, World, code_of, made_up_code
from tests.support.plans import multiply, watched
from tests.support.postgres import DatabaseServer

LIST = "/v1/work-items/registry"


async def waiting(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    """Return the waiting cases of a client."""
    answer = await client.get(LIST, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def told(client: httpx.AsyncClient, **params: Any) -> list[tuple[str, str, list[str]]]:
    """Return kind, what is asked and the acts of each waiting case."""
    return [
        (one["kind"], one["asked_en"], [act["name"] for act in one["actions"]])
        for one in await waiting(client, **params)
    ]


async def applied(world: World, number: int = 1) -> str:
    """Let a firm apply; return the address of its application."""
    await world.registered(number)
    await world.filed(number)
    answer = await world.enterprise(number).post("/v1/register-applications", json={"uscc": made_up_code(number)})
    assert answer.status_code == 201, answer.text
    return f"/v1/register-applications/{answer.json()['id']}"


async def test_an_application_goes_from_the_district_to_the_firm_and_back_and_on_to_the_city(world: World) -> None:
    path = await applied(world)
    to_check = ("REGISTER_APPLICATION", "to be checked by the district", ["pass", "return", "reject"])
    assert await told(world.district()) == [to_check]
    assert await told(world.district(OTHER_UNIT)) == await told(world.enterprise()) == []
    assert await told(world.city) == [(*to_check[:2], [])]
    notes = [{"field": "staff", "note": "与社保人数不符"}]
    await world.district().post(f"{path}:check", json={"decision": "RETURN", "notes": notes})
    assert await told(world.district()) == await told(world.enterprise(2)) == []
    assert await told(world.enterprise()) == [
        ("REGISTER_APPLICATION", "to be corrected and submitted again", ["resubmit", "withdraw"])
    ]
    await world.enterprise().post(f"{path}:resubmit")
    await world.district().post(f"{path}:check", json={"decision": "PASS"})
    assert await told(world.city) == [
        ("REGISTER_APPLICATION", "to be listed by the city", ["list", "review-return", "review-reject"])
    ]
    assert await told(world.district()) == []
    await world.city.post(f"{path}:list")
    assert await told(world.city) == []


async def test_a_case_tells_whose_it_is_and_when_it_is_due(world: World) -> None:
    path = await applied(world)
    read = (await world.city.get(path)).json()
    (one,) = await waiting(world.district())
    assert (one["case_no"], one["enterprise_uscc"], one["unit_id"]) == (read["case_no"], made_up_code(1), UNIT)
    assert (one["enterprise_name"], one["due_on"], one["due_status"]) == (read["name"], read["check_due_on"], "LATER")
    assert one["since_at"] == read["created_at"]
    assert await waiting(world.city, unit_id=OTHER_UNIT) == []
    assert await waiting(world.city, kind="COVER") == []
    assert len(await waiting(world.city, unit_id=UNIT, kind="REGISTER_APPLICATION", case_no=read["case_no"])) == 1


async def test_a_firm_that_moved_is_its_new_units_case(world: World) -> None:
    path = await applied(world)
    seen = (await world.city.get(f"/v1/enterprises/{made_up_code(1)}")).headers["etag"]
    moved = await world.city.patch(
        f"/v1/enterprises/{made_up_code(1)}", json={"unit_id": OTHER_UNIT}, headers={"if-match": seen}
    )
    assert moved.status_code == 200, moved.text
    assert await told(world.district()) == []
    assert [acts for _, _, acts in await told(world.district(OTHER_UNIT))] == [["pass", "return", "reject"]]
    assert (await world.district().post(f"{path}:check", json={"decision": "PASS"})).status_code == 404
    assert (await world.district(OTHER_UNIT).post(f"{path}:check", json={"decision": "PASS"})).status_code == 200


async def test_a_draft_waits_for_its_firm_until_it_is_submitted_or_its_year_closes(world: World) -> None:
    await world.registered(1)
    path = f"/v1/enterprises/{made_up_code(1)}/filings/2025"
    await world.enterprise().put(path, json=FILING)
    assert await told(world.enterprise()) == [("ANNUAL_FILING", "a draft to be submitted", ["save", "submit"])]
    assert [one["case_no"] for one in await waiting(world.enterprise())] == ["2025"]
    assert await told(world.district()) == await told(world.enterprise(2)) == []
    assert (await world.enterprise().post(f"{path}:submit")).status_code == 200
    assert await told(world.enterprise()) == []


async def test_a_client_without_the_scope_of_a_kind_sees_none_of_it(world: World) -> None:
    await applied(world)
    clerk = world.service.client(Role.DISTRICT, unit=UNIT, scopes=["work.item:read"])
    assert await told(clerk) == []
    outsider = world.service.client(Role.BANK, party="A", scopes=["work.item:read", "registry.enterprise:read"])
    assert await told(outsider) == []
    nobody = await world.service.client(Role.DISTRICT, unit=UNIT, scopes=["registry.enterprise:read"]).get(LIST)
    assert (nobody.status_code, code_of(nobody)) == (403, "forbidden_scope")
    counts = (await world.district().get(f"{LIST}/counts")).json()
    assert counts["counts"] == {"REGISTER_APPLICATION": 1, "ANNUAL_FILING": 0}


async def test_an_act_that_is_offered_is_done_and_one_that_is_not_is_refused(world: World) -> None:
    path = await applied(world)
    district, city, firm = world.district(), world.city, world.enterprise()
    assert [one["name"] for one in (await firm.get(path)).json()["actions"]] == ["withdraw"]
    assert (await city.get(path)).json()["actions"] == []
    assert (await city.post(f"{path}:list")).status_code == 409
    checked = await district.post(f"{path}:check", json={"decision": "PASS"})
    assert checked.json()["actions"] == []
    assert checked.headers["etag"].startswith('"v2')
    assert (await district.post(f"{path}:check", json={"decision": "PASS"})).status_code == 409
    assert (await city.get(path)).json()["actions"][0]["name"] == "list"
    listed = await city.post(f"{path}:list")
    assert (listed.status_code, listed.json()["actions"]) == (200, [])
    assert (await firm.post(f"{path}:withdraw")).status_code == 409


async def test_the_work_list_reads_no_table_from_end_to_end(world: World, postgres: DatabaseServer) -> None:
    path = await applied(world)
    await world.enterprise().post(f"{path}:withdraw")
    await world.filed(1, 2024)
    await multiply(
        postgres, world.service, "register_application", 20_000, id="gen_random_uuid()", case_no="'KC-' || n"
    )
    await multiply(postgres, world.service, "filing", 10_000, id="gen_random_uuid()", version="100 + n",
                   status="'SUPERSEDED'")  # fmt: skip
    await world.enterprise().put(f"/v1/enterprises/{made_up_code(1)}/filings/2023", json=FILING)
    await world.enterprise().post("/v1/register-applications", json={"uscc": made_up_code(1)})
    async with watched(world.service) as seen:
        assert [len(await waiting(one)) for one in (world.district(), world.enterprise(), world.city)] == [1, 1, 2]
    assert len(seen.said) == 3
    assert await seen.read_whole("register_application") == []
    assert await seen.read_whole("filing") == []
