"""The token endpoint as RFC 6749 says, keys that rotate, demo clients that never stay by accident."""

import base64
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gateway.app import DemoFileReadableError
from gateway.usecases.client import DemoClientsPresentError
from gateway.usecases.signing_key import KeySeal, refresh
from shared.kernel.actor import system_actor
from shared.kernel.clock import FixedClock
from shared.web.jwks import read_keys
from tests.service.gateway.conftest import BANK, CLIENTS, SECRETS, GatewayWithEcho, demo_file
from tests.support.postgres import DatabaseServer
from tests.support.service import ISSUER, PERSONAL_DATA_KEY, START, running_gateway

GRANT = {"grant_type": "client_credentials"}


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


async def ask(gateway: GatewayWithEcho, form: dict[str, str], headers: dict[str, str] | None = None) -> httpx.Response:
    async with gateway.http() as http:
        answer = await http.post("/oauth2/token", data=form, headers=headers)
    assert answer.headers["cache-control"] == "no-store"
    return answer


async def test_a_token_is_given_for_credentials_in_the_header_or_in_the_body(gateway: GatewayWithEcho) -> None:
    by_header = await ask(gateway, GRANT, basic("bank-a", SECRETS["bank-a"]))
    by_body = await ask(gateway, {**GRANT, "client_id": "bank-a", "client_secret": SECRETS["bank-a"]})
    for answer in (by_header, by_body):
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
        said = claims(body["access_token"])
        assert said["exp"] - said["iat"] == 600
        assert {name: said[name] for name in ("iss", "aud", "sub", "role", "party")} == {
            "iss": ISSUER,
            "aud": "kechuang",
            "sub": "bank-a",
            "role": "bank",
            "party": BANK,
        }
        assert set(said["scope"].split()) == set(CLIENTS[1]["scopes"])
    assert claims(by_header.json()["access_token"])["jti"] != claims(by_body.json()["access_token"])["jti"]


async def test_a_token_holds_only_the_scopes_that_were_asked_for(gateway: GatewayWithEcho) -> None:
    answer = await ask(gateway, {**GRANT, "scope": "credit.application:read"}, basic("bank-a", SECRETS["bank-a"]))
    assert answer.json()["scope"] == "credit.application:read"
    assert claims(answer.json()["access_token"])["scope"] == "credit.application:read"


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        (GRANT, {}, 401, "invalid_client"),
        (GRANT, basic("bank-a", "wrong"), 401, "invalid_client"),
        (GRANT, basic("nobody", "wrong"), 401, "invalid_client"),
        (GRANT, basic("n" * 5_000, "wrong"), 401, "invalid_client"),
        (GRANT, basic("bank-a", "x" * 100_000), 401, "invalid_client"),
        (GRANT, {"authorization": "Basic ???"}, 401, "invalid_client"),
        (GRANT, {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()}, 401, "invalid_client"),
        (GRANT, basic("bank-a\x00", "x"), 401, "invalid_client"),
        ({}, basic("bank-a", SECRETS["bank-a"]), 400, "invalid_request"),
        ({"grant_type": "password"}, basic("bank-a", SECRETS["bank-a"]), 400, "unsupported_grant_type"),
        ({**GRANT, "scope": "registry.enterprise:write"}, basic("bank-a", SECRETS["bank-a"]), 400, "invalid_scope"),
        ({**GRANT, "client_secret": "x"}, basic("bank-a", SECRETS["bank-a"]), 400, "invalid_request"),
        ({**GRANT, "client_id": "city"}, basic("bank-a", SECRETS["bank-a"]), 401, "invalid_client"),
    ],
)
async def test_a_request_without_right_gets_an_error_of_the_standard(
    gateway: GatewayWithEcho, form: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    answer = await ask(gateway, form, headers)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"error", "error_description", "text_zh"}
    assert ("www-authenticate" in answer.headers) == (status == 401 and "authorization" in headers)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"grant_type":"client_credentials"}', "application/json"),
        (b"grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded"),
        (b"grant_type=%ff%fe", "application/x-www-form-urlencoded"),
        (b"%00=%00&grant_type=%00", "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"a=b&" * 50, "application/x-www-form-urlencoded"),
        (b"--x--", "multipart/form-data; boundary=x"),
        (b"", ""),
    ],
)
async def test_a_malformed_body_is_an_invalid_request(gateway: GatewayWithEcho, content: bytes, kind: str) -> None:
    async with gateway.http() as http:
        answer = await http.post(
            "/oauth2/token", content=content, headers={"content-type": kind, **basic("bank-a", SECRETS["bank-a"])}
        )
    assert answer.status_code in {400, 401}, answer.text
    assert answer.json().get("error") in {"invalid_request", "invalid_client", "unsupported_grant_type"}, answer.text


async def test_guessing_one_clients_secret_is_slowed_down_and_hinders_nobody_else(gateway: GatewayWithEcho) -> None:
    for _ in range(10):
        assert (await ask(gateway, GRANT, basic("bank-a", "guess"))).status_code == 401
    slowed = await ask(gateway, GRANT, basic("bank-a", SECRETS["bank-a"]))
    assert slowed.status_code == 429
    assert slowed.json()["error"] == "rate_limited"
    assert "Retry-After" in slowed.json()["error_description"]
    assert "稍候再试" in slowed.json()["text_zh"]
    assert 0 < int(slowed.headers["retry-after"]) <= 61
    assert (await ask(gateway, GRANT, basic("city", SECRETS["city"]))).status_code == 200


async def test_metadata_and_keys_are_published_without_their_private_part(gateway: GatewayWithEcho) -> None:
    async with gateway.http() as http:
        metadata = (await http.get("/.well-known/oauth-authorization-server")).json()
        keys = (await http.get("/.well-known/jwks.json")).json()
    assert metadata["issuer"] == ISSUER
    assert metadata["token_endpoint"] == f"{ISSUER}/oauth2/token"
    assert metadata["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
    assert keys["keys"]
    assert all("d" not in key and key["alg"] == "ES256" and key["crv"] == "P-256" for key in keys["keys"])
    assert len(read_keys(keys)) == len(keys["keys"])


async def test_private_keys_lie_sealed_in_the_database_and_secrets_only_as_hashes(gateway: GatewayWithEcho) -> None:
    rows = await gateway.service.rows("SELECT kid, sealed_private_key FROM signing_key")
    hashes = await gateway.service.rows("SELECT client_id, secret_hash FROM client")
    assert rows
    for row in rows:
        assert b'"d"' not in row["sealed_private_key"]
        assert KeySeal(base64.b64decode(PERSONAL_DATA_KEY)).open(row["kid"], row["sealed_private_key"])
    assert all(row["secret_hash"].startswith("scrypt$") for row in hashes)
    assert not any(secret in str(hashes) for secret in SECRETS.values())


async def test_keys_rotate_without_a_gap_and_old_ones_are_withdrawn(postgres: DatabaseServer) -> None:
    clock = FixedClock(START)
    async with running_gateway(postgres, clock=clock, key_days=1) as service:
        ring = service.app.state.keyring
        seal = KeySeal(base64.b64decode(PERSONAL_DATA_KEY))
        first = set(ring.keys)
        assert len(first) == 1
        seen: list[set[str]] = []
        for _ in range(51):
            clock.advance(timedelta(minutes=30))
            async with service.db.transaction(actor=system_actor("gateway"), clock=clock) as tx:
                await refresh(tx, ring, seal, days=1)
            signing = [p.kid for p in ring.periods if p.signs_from_at <= clock.now() < p.signs_until_at]
            assert len(signing) == 1
            assert signing[0] in ring.keys
            seen.append(set(ring.keys))
    assert {len(keys) for keys in seen} == {1, 2}
    assert not first & seen[-1]


async def test_demo_clients_follow_the_file_and_none_may_stay_without_it(
    postgres: DatabaseServer, tmp_path: Path
) -> None:
    async with running_gateway(postgres, demo_clients=demo_file(tmp_path, CLIENTS)) as service:
        url = service.database_url
        before = await service.rows("SELECT client_id, secret_hash, version FROM client ORDER BY 1")
        app = service.app
        fewer = app.state.settings.model_copy(update={"demo_clients": demo_file(tmp_path, CLIENTS[:2])})
        from gateway.app import create_app

        second = create_app(fewer)
        async with second.router.lifespan_context(second):
            after = await service.rows("SELECT client_id, secret_hash, version, status FROM client ORDER BY 1")
        assert [row["client_id"] for row in after] == ["bank-a", "city", "enterprise-1"]
        assert [row["status"] for row in after] == ["ACTIVE", "ACTIVE", "SUSPENDED"]
        assert [row["secret_hash"] for row in after[:2]] == [row["secret_hash"] for row in before[:2]]
        assert [row["version"] for row in after[:2]] == [row["version"] for row in before[:2]]
        events = await service.events("gateway.client.changed.v1")
        assert [(one.data.client_id, one.data.status) for one in events][-1] == ("enterprise-1", "SUSPENDED")
        third = create_app(fewer.model_copy(update={"demo_clients": None}))
        with pytest.raises(DemoClientsPresentError):
            async with third.router.lifespan_context(third):
                pytest.fail("a gateway with demo clients started without the demo")
        assert url == service.database_url


async def test_a_suspended_client_gets_no_token(postgres: DatabaseServer, tmp_path: Path) -> None:
    from gateway.rules.client import AccountStatus
    from gateway.usecases import client as clients

    demo = demo_file(tmp_path, CLIENTS)
    async with running_gateway(postgres, demo_clients=demo) as service:
        gateway = GatewayWithEcho(service, echo=None)  # type: ignore[arg-type]
        assert (await ask(gateway, GRANT, basic("city", SECRETS["city"]))).status_code == 200
        async with service.db.transaction(actor=system_actor("gateway"), clock=service.clock) as tx:
            await clients.set_status(tx, "city", AccountStatus.SUSPENDED)
        answer = await ask(gateway, GRANT, basic("city", SECRETS["city"]))
    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


async def test_a_file_of_secrets_that_others_can_read_stops_the_start(postgres: DatabaseServer, tmp_path: Path) -> None:
    loose = demo_file(tmp_path, CLIENTS, mode=stat.S_IRUSR | stat.S_IWUSR | stat.S_IROTH)
    with pytest.raises(DemoFileReadableError):
        async with running_gateway(postgres, demo_clients=loose):
            pytest.fail("the gateway started")


async def test_every_token_and_every_refused_one_is_audited(gateway: GatewayWithEcho) -> None:
    await ask(gateway, {**GRANT, "scope": "ipr.portfolio:read"}, basic("city", SECRETS["city"]))
    await ask(gateway, GRANT, basic("city", "audited-wrong"))
    rows = await gateway.service.rows(
        "SELECT action, outcome, detail FROM audit_entry WHERE subject = 'client/city' ORDER BY position DESC LIMIT 2"
    )
    assert [(row["action"], row["outcome"]) for row in rows] == [("token.refused", "refused"), ("token.issued", "done")]
    assert rows[1]["detail"] == {"scopes": ["ipr.portfolio:read"]}
