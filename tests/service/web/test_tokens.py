"""Tokens: only ES256 of the one issuer, for this audience, in time; nothing a token says is fetched."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import ECKey

from shared.kernel.actor import Role
from shared.kernel.clock import FixedClock
from shared.kernel.errors import Refusal
from shared.web.auth import TokenVerifier
from shared.web.jwks import JwksClient
from tests.support.sample_service import READ
from tests.support.service import _KEY, AUDIENCE, ISSUER, KID, START, FixedKeys, RunningService, mint

OTHER_KEY = ECKey.generate_key("P-256", {"kid": KID})


def verifier(clock: FixedClock) -> TokenVerifier:
    return TokenVerifier(FixedKeys(), issuer=ISSUER, audience=AUDIENCE, clock=clock)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def unsigned(clock: FixedClock, **header: Any) -> str:
    body = mint(clock, role=Role.CITY, scopes=[READ]).split(".")[1]
    return f"{part({'alg': 'none', 'kid': KID, **header})}.{body}."


def signed_with_the_public_key_as_a_secret(clock: FixedClock) -> str:
    pem = _KEY.public_key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    payload = mint(clock, role=Role.CITY, scopes=[READ]).split(".")[1]
    signed = f"{part({'alg': 'HS256', 'kid': KID})}.{payload}"
    digest = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


FORGED: dict[str, Any] = {
    "alg none": unsigned,
    "alg None": lambda clock: unsigned(clock, alg="None"),
    "HS256 with the public key": signed_with_the_public_key_as_a_secret,
    "another key under our name": lambda clock: mint(clock, role=Role.CITY, scopes=[READ], key=OTHER_KEY),
    "unknown kid": lambda clock: mint(clock, role=Role.CITY, header={"kid": "other"}),
    "kid that is a path": lambda clock: mint(clock, role=Role.CITY, header={"kid": "../../dev/null"}),
    "kid that is SQL": lambda clock: mint(clock, role=Role.CITY, header={"kid": "x' OR '1'='1"}),
    "kid that is an address": lambda clock: mint(clock, role=Role.CITY, header={"kid": "http://127.0.0.1:9/keys"}),
    "kid without end": lambda clock: mint(clock, role=Role.CITY, header={"kid": "k" * 4_000}),
    "jku": lambda clock: mint(clock, role=Role.CITY, header={"jku": "http://127.0.0.1:9/keys"}, key=OTHER_KEY),
    "x5u": lambda clock: mint(clock, role=Role.CITY, header={"x5u": "http://127.0.0.1:9/cert"}, key=OTHER_KEY),
    "jwk": lambda clock: mint(clock, role=Role.CITY, header={"jwk": OTHER_KEY.as_dict(private=False)}, key=OTHER_KEY),
    "wrong audience": lambda clock: mint(clock, role=Role.CITY, aud="another"),
    "no audience": lambda clock: mint(clock, role=Role.CITY, aud=None),
    "wrong issuer": lambda clock: mint(clock, role=Role.CITY, iss="https://issuer.test.evil"),
    "no issuer": lambda clock: mint(clock, role=Role.CITY, iss=None),
    "no expiry": lambda clock: mint(clock, role=Role.CITY, exp=None),
    "expiry that is text": lambda clock: mint(clock, role=Role.CITY, exp="never"),
    "expiry beyond all time": lambda clock: mint(clock, role=Role.CITY, exp=10**15),
    "expired": lambda clock: mint(clock, role=Role.CITY, exp=int(clock.now().timestamp()) - 11),
    "not before +61 s": lambda clock: mint(clock, role=Role.CITY, nbf=int(clock.now().timestamp()) + 61),
    "issued +61 s": lambda clock: mint(clock, role=Role.CITY, iat=int(clock.now().timestamp()) + 61),
    "role of the service itself": lambda clock: mint(clock, role="system"),
    "unknown role": lambda clock: mint(clock, role="emperor"),
    "no subject": lambda clock: mint(clock, role=Role.CITY, client_id=""),
    "party that is a list": lambda clock: mint(clock, role=Role.CITY, party=["a"]),  # type: ignore[arg-type]
    "100 kB": lambda clock: mint(clock, role=Role.CITY, scopes=["x" * 100_000]),
    "no token at all": lambda _: "abc",
    "dots": lambda _: "..",
    "not base64": lambda _: "é.é.é",
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_or_stale_token_is_refused(name: str) -> None:
    clock = FixedClock(START)
    with pytest.raises(Refusal) as refusal:
        await verifier(clock).verify(f"Bearer {FORGED[name](clock)}")
    assert refusal.value.code.code == "token_invalid"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic Zm9vOmJhcg==", "token"])
async def test_a_call_without_a_bearer_token_is_refused(header: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        await verifier(FixedClock(START)).verify(header)
    assert refusal.value.code.code == "token_missing"


async def test_a_good_token_names_the_caller_and_eight_seconds_of_skew_are_forgiven() -> None:
    clock = FixedClock(START)
    begin = int(clock.now().timestamp()) + 8
    token = mint(clock, role=Role.BANK, scopes=["a:read", "b:write"], party="915", unit="500107", nbf=begin, iat=begin)
    actor = await verifier(clock).verify(f"bearer {token}")
    assert (actor.client_id, actor.role, actor.party, actor.unit_id) == ("client-1", Role.BANK, "915", "500107")
    assert actor.scopes == {"a:read", "b:write"}


async def test_a_verified_token_is_remembered_but_not_beyond_its_end() -> None:
    clock = FixedClock(START)
    judge = verifier(clock)
    token = f"Bearer {mint(clock, role=Role.CITY)}"
    assert await judge.verify(token) is await judge.verify(token)
    clock.advance(timedelta(seconds=309))
    await judge.verify(token)
    clock.advance(timedelta(seconds=2))
    with pytest.raises(Refusal):
        await judge.verify(token)


def serving(keys: list[dict[str, Any]], calls: list[str]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(str(request.url))
        return httpx.Response(200, json={"keys": keys}) if keys else httpx.Response(503)

    return httpx.MockTransport(answer)


async def test_keys_come_from_the_configured_address_alone_and_unknown_names_do_not_flood_it() -> None:
    calls: list[str] = []
    client = JwksClient("https://issuer.test/keys", transport=serving([_KEY.as_dict(private=False)], calls))
    assert await client.find(KID) is not None
    for number in range(50):
        assert await client.find(f"unknown-{number}") is None
    assert calls == ["https://issuer.test/keys"]


async def test_a_key_that_is_withdrawn_ends_the_tokens_it_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, calls = FixedClock(START), list[str]()
    keys = [_KEY.as_dict(private=False)]
    client = JwksClient("https://issuer.test/keys", transport=serving(keys, calls))
    judge = TokenVerifier(client, issuer=ISSUER, audience=AUDIENCE, clock=clock)
    token = f"Bearer {mint(clock, role=Role.CITY)}"
    await judge.verify(token)
    keys[:] = [ECKey.generate_key("P-256", {"kid": "next"}).as_dict(private=False)]
    monkeypatch.setattr(client, "_fetched_at", float("-inf"))
    await client.find("next")
    with pytest.raises(Refusal):
        await judge.verify(token)


async def test_while_the_issuer_is_down_old_keys_stay_good_and_without_any_the_answer_is_wait() -> None:
    clock, calls = FixedClock(START), list[str]()
    keys = [_KEY.as_dict(private=False)]
    client = JwksClient("https://issuer.test/keys", transport=serving(keys, calls))
    assert await client.find(KID) is not None
    keys.clear()
    client._fetched_at = float("-inf")
    assert await client.find(KID) is not None
    fresh = TokenVerifier(
        JwksClient("https://issuer.test/keys", transport=serving([], calls)),
        issuer=ISSUER,
        audience=AUDIENCE,
        clock=clock,
    )
    with pytest.raises(Refusal) as refusal:
        await fresh.verify(f"Bearer {mint(clock, role=Role.CITY)}")
    assert refusal.value.code.code == "unavailable"


async def test_a_refused_token_is_answered_with_a_challenge(sample: RunningService) -> None:
    async with sample.client(token="") as http:
        missing = await http.get("/v1/notes")
        forged = await http.get("/v1/notes", headers={"authorization": "Bearer a.b.c"})
    assert (missing.status_code, missing.headers["www-authenticate"]) == (401, 'Bearer realm="kechuang"')
    assert (forged.status_code, forged.headers["www-authenticate"]) == (
        401,
        'Bearer realm="kechuang", error="invalid_token"',
    )


async def test_identity_headers_beside_the_token_change_nothing(sample: RunningService) -> None:
    headers = {"x-tenant": "bank-b", "x-user": "root", "x-role": "city", "x-forwarded-user": "root"}
    async with sample.client(Role.ENTERPRISE, client_id="me", scopes=[READ]) as http:
        answer = await http.get("/v1/open", headers=headers)
        listed = await http.get("/v1/notes", headers=headers)
    assert answer.json() == {"client_id": "anonymous"}
    assert listed.json() == {"items": [], "next_cursor": None}
