"""Rule sets of all services behind one gateway: listed together, read where they are kept, a silent service named."""

from typing import Any

from tests.service.gateway.conftest import GatewayWithEcho

HISTORY = {"service": "finance", "policy": "rd_uplift", "title_zh": "增信", "title_en": "Uplift", "in_force": "2022.2"}


def version(service: str, policy: str) -> dict[str, Any]:
    """Return a version page of one service with one rule set."""
    rule_set = {"service": service, "policy": policy, "version": "2022.2"}
    return {"service": service, "version": "0.1.0", "rule_sets": [rule_set]}


async def test_the_policies_of_all_services_are_listed_together(gateway: GatewayWithEcho) -> None:
    gateway.echo.answers = {"/v1/rule-sets": (200, {"items": [HISTORY]})}
    async with gateway.http() as http:
        answer = await http.get("/v1/rule-sets")
    body = answer.json()
    assert (answer.status_code, body["complete"], body["missing"]) == (200, True, [])
    assert [item["policy"] for item in body["items"]] == ["rd_uplift"] * 4  # the same echo stands for four services


async def test_a_service_without_an_answer_is_named_and_not_shown_as_empty(gateway: GatewayWithEcho) -> None:
    gateway.echo.answers = {"/v1/rule-sets": (503, {"code": "unavailable"})}
    async with gateway.http() as http:
        body = (await http.get("/v1/rule-sets")).json()
    assert (body["complete"], body["items"]) == (False, [])
    assert body["missing"] == ["finance", "ipr", "registry", "techtransfer"]


async def test_a_policy_and_a_version_are_read_where_they_are_kept(gateway: GatewayWithEcho) -> None:
    gateway.echo.answers = {
        "/v1/rule-sets/rd_uplift": (200, HISTORY),
        "/v1/rule-sets/rd_uplift/2022.2": (200, {"policy": "rd_uplift", "version": "2022.2"}),
        "/v1/rule-sets/nothing": (404, {"code": "not_found"}),
    }
    async with gateway.http() as http:
        assert (await http.get("/v1/rule-sets/rd_uplift")).json() == HISTORY
        assert (await http.get("/v1/rule-sets/rd_uplift/2022.2")).json()["version"] == "2022.2"
        lost = await http.get("/v1/rule-sets/nothing")
        odd = await http.get("/v1/rule-sets/Not-A-Name")
    assert (lost.status_code, lost.json()["code"]) == (404, "not_found")
    assert odd.status_code == 422


async def test_the_version_page_lists_the_rule_sets_of_all_services(gateway: GatewayWithEcho) -> None:
    gateway.echo.answers = {"/version": (200, version("finance", "rd_uplift"))}
    async with gateway.http() as http:
        body = (await http.get("/version")).json()
    assert body["service"] == "gateway"
    assert [one["policy"] for one in body["rule_sets"]] == ["rd_uplift"] * 4
    assert (len(body["services"]), body["missing"]) == (4, [])
