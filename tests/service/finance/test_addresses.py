"""Addresses that look alike are kept apart, and Allow tells the truth about each."""

import httpx
import pytest

from tests.service.finance.world import World

ID = "019e8200-0000-7000-8000-00000000a001"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", f"/v1/loan-applications/{ID}:return", "OPTIONS, POST"),
        ("DELETE", "/v1/consents/text", "GET, HEAD, OPTIONS"),
        ("DELETE", "/v1/loan-applications/reasons", "GET, HEAD, OPTIONS"),
        ("PUT", f"/v1/loans/{ID}/drawdowns", "GET, HEAD, OPTIONS, POST"),
        ("POST", f"/v1/consents/{ID}", "DELETE, GET, HEAD, OPTIONS"),
    ],
)
async def test_the_wrong_method_is_told_which_ones_are_right(
    world: World, method: str, path: str, allowed: str
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.service.app), base_url="http://x.test") as http:
        answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed
