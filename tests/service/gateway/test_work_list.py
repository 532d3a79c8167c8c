"""The work list over all services: cases and counts in one answer, and who does not answer is named."""

from typing import Any

from tests.service.gateway.conftest import GatewayWithEcho

LIST = "/v1/work-items/finance"
ITEM = {
    "kind": "LOAN_APPLICATION",
    "id": "019e8200-0000-7000-8000-00000000a001",
    "due_on": "2026-11-27",
    "due_status": "SOON",
}


def answers(gateway: GatewayWithEcho, *, next_cursor: str | None = None) -> None:
    counts = {"by": "kind", "counts": {"LOAN_APPLICATION": 1, "COVER": 0}, "total": 1, "complete": True, "at_least": []}
    gateway.echo.answers = {
        LIST: (200, {"items": [ITEM], "next_cursor": next_cursor}),
        f"{LIST}/counts": (200, counts),
    }


async def ask(gateway: GatewayWithEcho, query: str = "") -> dict[str, Any]:
    async with gateway.http(await gateway.token("bank-a")) as http:
        answer = await http.get(f"/v1/work-items{query}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_the_work_list_joins_cases_and_counts(gateway: GatewayWithEcho) -> None:
    answers(gateway)
    body = await ask(gateway)
    assert body["items"] == [ITEM]
    assert body["counts"] == [
        {"kind": "LOAN_APPLICATION", "total": 1, "overdue": 1, "soon": 1, "mine": 1},
        {"kind": "COVER", "total": 0, "overdue": 0, "soon": 0, "mine": 0},
    ]
    assert (body["complete"], body["missing"], body["has_more"]) == (True, [], False)
    assert sorted(request.path_qs for request in gateway.echo.seen) == [
        f"{LIST}/counts",
        f"{LIST}/counts?due_status=OVERDUE",
        f"{LIST}/counts?due_status=SOON",
        f"{LIST}/counts?holder=ME",
        f"{LIST}?limit=50",
    ]


async def test_filters_narrow_the_list_and_the_day_leaves_the_counts(gateway: GatewayWithEcho) -> None:
    answers(gateway, next_cursor="more")
    body = await ask(gateway, "?kind=COVER&due_status=OVERDUE&holder=NOBODY&unit_id=500107&limit=5")
    assert body["has_more"] is True
    asked = {request.path_qs for request in gateway.echo.seen}
    assert f"{LIST}?kind=COVER&unit_id=500107&due_status=OVERDUE&holder=NOBODY&limit=5" in asked
    assert f"{LIST}/counts?kind=COVER&unit_id=500107" in asked


async def test_a_service_that_is_away_is_named_and_never_shown_as_empty(gateway: GatewayWithEcho) -> None:
    answers(gateway)
    gateway.echo.answers[LIST] = (503, {"code": "unavailable"})
    body = await ask(gateway)
    assert (body["complete"], body["missing"], body["items"], body["counts"]) == (False, ["finance"], [], [])


async def test_a_filter_that_no_list_knows_and_a_client_without_the_scope_are_refused(
    gateway: GatewayWithEcho,
) -> None:
    async with gateway.http(await gateway.token("bank-a")) as http:
        assert (await http.get("/v1/work-items?kind=NOPE")).status_code == 422
        assert (await http.get("/v1/work-items?surprise=1")).status_code == 422
    async with gateway.http(await gateway.token("enterprise-1")) as http:
        assert (await http.get("/v1/work-items")).status_code == 403
    assert gateway.echo.seen == []
