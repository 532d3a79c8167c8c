"""The pages of rule sets: every number with its source, history with what corrects what, an ended basis said."""

import httpx
import pytest

from tests.service.finance.world import World


@pytest.fixture
async def pages(world: World) -> httpx.AsyncClient:
    """A caller without a token: rules are public."""
    return world.service.client(token="")


async def test_a_rule_set_is_shown_with_its_numbers_tables_and_sources(pages: httpx.AsyncClient) -> None:
    async with pages as http:
        shown = (await http.get("/v1/rule-sets/kvc_evaluation/2022.3")).json()
    weights = {one["name"]: one for one in shown["parameters"]}
    assert (weights["weight_ip_ppm"]["value_text_zh"], weights["weight_ip_ppm"]["confidence"]) == ("60%", "assumed")
    assert weights["city_register_required"]["article"] == "第二条"
    grade = next(table for table in shown["tables"] if table["name"] == "grade")
    top = next(row for row in grade["rows"] if row["row"] == "a")
    assert top["conditions"][0]["text_zh"] == "80 分 以上（含）"
    limit = next(cell["number"] for cell in top["gives"] if cell["column"] == "limit_fen")
    assert (limit["value_text_zh"], limit["confidence"], limit["source_on"]) == ("500万元", "reported", "2023-08-11")


async def test_a_history_says_which_version_decides_and_which_one_it_corrects(pages: httpx.AsyncClient) -> None:
    async with pages as http:
        history = (await http.get("/v1/rule-sets/kvc_evaluation")).json()
        lost = await http.get("/v1/rule-sets/nothing")
    assert (history["service"], history["in_force"]) == ("finance", "2022.3")
    by_version = {one["version"]: one for one in history["versions"]}
    assert (by_version["2022.2"]["supersedes"], by_version["2022.1"]["superseded_by"]) == ("2022.1", "2022.2")
    assert (by_version["2022.3"]["supersedes"], by_version["2022.2"]["superseded_by"]) == ("2022.2", "2022.3")
    assert lost.status_code == 404


async def test_a_rule_set_whose_legal_basis_ended_says_so_and_by_which_decision_it_goes_on(
    pages: httpx.AsyncClient,
) -> None:
    async with pages as http:
        shown = (await http.get("/v1/rule-sets/rd_uplift/2022.3")).json()
        listed = (await http.get("/v1/rule-sets")).json()
        versions = (await http.get("/version")).json()
    assert shown["legal_basis"]["ended_on"] == "2025-12-31"
    assert shown["legal_basis"]["continued_by"]
    assert "rd_uplift" in {one["policy"] for one in listed["items"]}
    ended = {one["policy"] for one in versions["rule_sets"] if one["legal_basis_ended_on"]}
    assert ended == {"rd_uplift"}
