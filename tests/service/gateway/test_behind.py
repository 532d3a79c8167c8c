"""The gateway warns of what stands behind it: a closed history, other named troubles, a service that is away."""

from gateway.app import look_behind
from tests.service.gateway.conftest import GatewayWithEcho

READY = {"status": "ready", "checks": {"database": "ok", "bus": "ok"}, "warnings": []}
CLOSED = {
    "status": "ready",
    "checks": {"database": "ok", "history": "regressed"},
    "warnings": [
        "history_regressed: 变更一律拒绝 / changes are refused",
        "dead_letters: 3 封 / 3 wait",
        "a plain word",
    ],
}


async def test_a_closed_history_and_a_dead_letter_behind_it_are_named_at_the_gateway(gateway: GatewayWithEcho) -> None:
    app = gateway.service.app
    gateway.echo.answers["/health/ready"] = (200, READY)
    assert await look_behind(app) == []
    gateway.echo.answers["/health/ready"] = (200, CLOSED)
    (found,) = await look_behind(app)
    assert found.name == "trouble_behind"
    assert "finance (dead_letters, history, history_regressed)" in found.words
    app.state.behind = [found]
    async with gateway.service.client() as client:
        page = (await client.get("/health/ready")).json()
        assert found.words in page["warnings"]
        assert page["status"] == "ready"
        measured = (await client.get("/metrics")).text
    assert 'kechuang_trouble{name="trouble_behind",service="gateway"} 1.0' in measured


async def test_a_service_that_does_not_answer_is_named_at_the_gateway(gateway: GatewayWithEcho) -> None:
    gateway.echo.drop = 100
    (found,) = await look_behind(gateway.service.app)
    assert (found.name, "finance" in found.words) == ("service_away", True)
