"""E4: every trick with a token is answered 401; only a clock some seconds ahead is forgiven; nothing is fetched."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from shared.web.auth import TokenVerifier
from shared.web.jwks import JwksClient
from tests.fault.attack.forgery import KNOWN, forged, good, lure
from tests.service.finance.world import World, refused
from tests.support.service import _KEY, AUDIENCE, ISSUER

URL = "/v1/loans"


def fetching_keys(world: World) -> list[str]:
    """Let finance fetch its issuer's keys, and return the addresses it fetches from."""
    fetched: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        fetched.append(str(request.url))
        return httpx.Response(200, json={"keys": [_KEY.as_dict(private=False)]})

    keys = JwksClient(f"{ISSUER}/keys", transport=httpx.MockTransport(answer))
    clock = world.service.clock
    world.service.app.state.verifier = TokenVerifier(keys, issuer=ISSUER, audience=AUDIENCE, clock=clock)
    return fetched


async def tried(world: World, token: str) -> httpx.Response:
    async with world.service.client(token="") as http:
        return await http.get(URL, headers={"authorization": f"Bearer {token}".encode()})


@pytest.mark.fault("E4")
async def test_every_forged_token_is_refused_and_no_address_in_it_is_visited(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    fetched = fetching_keys(world)
    with lure() as trap:
        forgers = forged(trap.url)
        for name, forge in forgers.items():
            answer = await tried(world, forge(world.service.clock))
            refused(answer, "token_invalid", 401)
            assert 'error="invalid_token"' in answer.headers["www-authenticate"], name
    assert trap.visits == 0
    assert set(fetched) == {f"{ISSUER}/keys"}
    assert len(fetched) <= 2, "unknown names must not flood the issuer"
    record_property("noted", f"{len(forgers)} forged tokens, each 401; the issuer was asked {len(fetched)} times")
    assert set(forgers) >= set(KNOWN)


@pytest.mark.fault("E4")
async def test_eight_seconds_ahead_are_forgiven_and_sixty_one_are_not(world: World) -> None:
    now = int(world.service.clock.now().timestamp())
    for ahead, status in ((0, 200), (8, 200), (10, 200), (11, 401), (61, 401)):
        for claims in ({"nbf": now + ahead}, {"iat": now + ahead}, {"nbf": now + ahead, "iat": now + ahead}):
            assert (await tried(world, good(world.service.clock, **claims))).status_code == status, (ahead, claims)


@pytest.mark.fault("E4")
async def test_a_token_that_was_believed_is_not_believed_behind_its_end(world: World) -> None:
    token = good(world.service.clock)
    for seconds, status in ((0, 200), (300, 200), (9, 200), (2, 401), (3_600, 401)):
        world.service.clock.advance(timedelta(seconds=seconds))
        assert (await tried(world, token)).status_code == status, seconds


@pytest.mark.fault("E4")
async def test_a_token_is_taken_from_its_header_alone(world: World) -> None:
    token = good(world.service.clock)
    async with world.service.client(token="") as http:
        for params, headers in (
            ({"access_token": token}, {}),
            ({"token": token}, {}),
            ({}, {"cookie": f"access_token={token}"}),
            ({}, {"x-authorization": f"Bearer {token}"}),
            ({}, {"authorization": f"Basic {token}"}),
            ({}, {"authorization": token}),
        ):
            answer = await http.get(URL, params=params, headers=headers)
            assert answer.status_code == 401, (params, headers)
