"""Evaluations over HTTP: explained, replayable from the database, seen by their owner only."""

import pytest
from sqlalchemy.exc import DBAPIError

from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from tests.service.finance.world import BANK_A, FIRM, OTHER_FIRM, WAN, World, done, refused


async def test_every_indicator_explains_itself_and_the_points_add_up(world: World) -> None:
    await world.tell_good_firm()
    found = await world.evaluate()
    lines = {line["indicator"]: line for line in found["lines"]}
    assert list(lines) == [
        "ip_rights",
        "patent_quality",
        "high_value",
        "rd_ratio",
        "rd_amount",
        "rd_growth",
        "talent",
        "products",
        "titles",
    ]
    amount = lines["rd_amount"]
    assert (amount["tier"], amount["points_milli"], amount["value"]) == ("t3", 24_000, 300 * WAN)
    assert (amount["next_tier"]["needs"], amount["next_tier"]["distance"]) == (500 * WAN, 200 * WAN)
    for line in lines.values():
        assert line["label_zh"]
        assert line["label_en"]
        assert line["article"]
        assert line["confidence"] in {"official", "reported", "assumed"}
    result = found["result"]
    assert (result["ip_milli"], result["rd_milli"], result["bonus_milli"]) == (60_000, 78_000, 12_000)
    assert (result["base_milli"], found["score_milli"]) == (67_200, 79_200)
    assert found["facts"]["rd_amount_fen"]["origin"] == f"registry.filing.accepted/{FIRM}/2025@v1"
    assert found["uplift"]["reason_code"] == "not_tech_sme"
    assert found["uplift_legal_basis"]["ended_on"] == "2025-12-31"
    following = found["next_grade"]
    assert (following["grade"], following["distance_milli"], following["limit"]["confidence"]) == ("A", 800, "reported")
    assert all(one["source"] and one["article"] and one["source_on"] for one in found["numbers"])
    assert all(one["source_on"] for one in [*found["lines"], *found["gates"]])
    again = done(await world.firm().get(f"/v1/kvc-evaluations/{found['id']}"))
    assert again == found


async def test_the_answer_names_its_rule_set(world: World) -> None:
    await world.tell_good_firm()
    response = await world.firm().post("/v1/kvc-evaluations", json={"uscc": FIRM})
    assert response.headers["rule-set"] == f"kvc_evaluation-2022.3+{response.json()['rule_set_sha256'][:12]}"
    assert response.headers["location"] == f"/v1/kvc-evaluations/{response.json()['id']}"


async def test_a_replay_uses_the_rule_set_of_the_database_and_gives_the_same_bytes(world: World) -> None:
    await world.tell_good_firm()
    found = await world.evaluate()
    world.service.app.state.rule_book = None  # the shipped files must not be needed
    replay = done(await world.firm().post(f"/v1/kvc-evaluations/{found['id']}:replay"))
    assert replay["same"] is True
    assert replay["record"]["result"] == found["result"]


async def test_one_changed_fact_in_a_copy_changes_the_replay(world: World) -> None:
    await world.tell_good_firm()
    found = await world.evaluate()
    copy = new_id()
    columns = [
        row["column_name"]
        for row in await world.service.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'kv_evaluation'"
        )
    ]
    taken = ", ".join(
        {
            "id": f"'{copy}'::uuid",
            "record": "replace(record, '\"value\":300000000', '\"value\":299999999')",
        }.get(name, name)
        for name in columns
    )
    async with world.service.db.engine.begin() as connection:
        await connection.exec_driver_sql(
            f"INSERT INTO kv_evaluation ({', '.join(columns)}) SELECT {taken} FROM kv_evaluation"
            f" WHERE id = '{found['id']}'"
        )
    replay = done(await world.firm().post(f"/v1/kvc-evaluations/{copy}:replay"))
    assert replay["same"] is False


async def test_a_firm_sees_its_own_evaluations_only_and_the_city_all(world: World) -> None:
    await world.tell_good_firm()
    await world.tell_good_firm(OTHER_FIRM)
    mine, other = await world.evaluate(), await world.evaluate(OTHER_FIRM)
    refused(await world.firm().get(f"/v1/kvc-evaluations/{other['id']}"), "not_found", 404)
    refused(await world.firm().post(f"/v1/kvc-evaluations/{other['id']}:replay"), "not_found", 404)
    refused(await world.firm().post("/v1/kvc-evaluations", json={"uscc": OTHER_FIRM}), "not_found", 404)
    refused(await world.firm().get(f"/v1/credit-limits/{OTHER_FIRM}"), "not_found", 404)
    assert [one["id"] for one in done(await world.firm().get("/v1/kvc-evaluations"))["items"]] == [mine["id"]]
    assert len(done(await world.city.get("/v1/kvc-evaluations"))["items"]) == 2
    listed = done(await world.city.get(f"/v1/kvc-evaluations?uscc={OTHER_FIRM}"))["items"]
    assert [one["id"] for one in listed] == [other["id"]]


async def test_a_bank_has_no_way_to_evaluations_but_the_credit_file(world: World) -> None:
    await world.tell_good_firm()
    found = await world.evaluate()
    bank = world.service.client(role=Role.BANK, party=BANK_A, scopes=["credit.evaluation:read"])
    refused(await bank.get(f"/v1/kvc-evaluations/{found['id']}"), "not_found", 404)
    refused(await bank.get(f"/v1/credit-limits/{FIRM}"), "not_found", 404)
    assert done(await bank.get("/v1/kvc-evaluations"))["items"] == []
    refused(await world.bank().get("/v1/kvc-evaluations"), "forbidden_scope", 403)


async def test_a_firm_that_the_registry_never_told_of_is_not_found(world: World) -> None:
    refused(await world.firm().post("/v1/kvc-evaluations", json={"uscc": FIRM}), "not_found", 404)


async def test_pages_of_evaluations_follow_each_other_without_gap_or_repeat(world: World) -> None:
    await world.tell_good_firm()
    made = [(await world.evaluate())["id"] for _ in range(5)]
    seen, url = [], "/v1/kvc-evaluations?limit=2"
    for _ in range(3):
        response = await world.firm().get(url)
        seen += [one["id"] for one in done(response)["items"]]
        url = response.headers.get("link", "").split(">")[0].lstrip("<")
    assert seen == made[::-1]
    assert url == ""


async def test_an_older_event_never_overwrites_a_newer_projection(world: World) -> None:
    await world.tell_good_firm()
    await world.tell_portfolio(inventions=1)
    world.versions[f"portfolio/{FIRM}"] = 0
    await world.tell_portfolio(inventions=9)
    rows = await world.service.rows("SELECT version, class_1_count FROM portfolio")
    assert rows == [{"version": 2, "class_1_count": 1}]


async def test_an_evaluation_cannot_be_changed_or_deleted_in_the_database(world: World) -> None:
    await world.tell_good_firm()
    await world.evaluate()
    for statement in ("UPDATE kv_evaluation SET limit_fen = 1", "DELETE FROM kv_evaluation", "TRUNCATE kv_evaluation"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with world.service.db.engine.begin() as connection:
                await connection.exec_driver_sql(statement)


async def test_the_credit_limit_says_that_the_basis_of_its_uplift_has_ended(world: World) -> None:
    await world.tell_good_firm()
    await world.evaluate()
    basis = done(await world.firm().get(f"/v1/credit-limits/{FIRM}"))["uplift_legal_basis"]
    assert basis["ended_on"] == "2025-12-31"
    assert basis["continued_by"]
    assert "届满" in basis["note_zh"]
