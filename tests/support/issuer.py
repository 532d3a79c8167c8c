"""An identity provider of the tests on real HTTP: discovery, keys, codes with PKCE; each of its words can be wrong."""

import base64
import hmac
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from aiohttp import BasicAuth, web
from joserfc import jws
from joserfc.jwk import Key, RSAKey

CLIENT, SECRET = "kechuang", "secret of the tests at the issuer"


@dataclass
class Provider:
    """Vouches for people.

    Attributes:
        url: its identifier.
        claims: what its tokens say instead.
        header: what the heads of its tokens say instead.
        signs_by: another key than the one it publishes.
        is_down: whether it answers at all.
        document: what its discovery document says instead.
    """

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    signs_by: Key | None = None
    is_down: bool = False
    document: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    now: float = field(default_factory=time.time)
    _codes: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    def reset(self) -> None:
        self.claims, self.header, self.document = {}, {}, {}
        self.signs_by, self.is_down = None, False

    def let_in(self, address: str, subject: str) -> str:
        """Let a person sign in who was sent to `address`; return where their browser is sent back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = f"code-{len(self._codes)}"
        self._codes[code] = (subject, asked)
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?code={code}&state={asked['state']}"

    async def _discovery(self, _: web.Request) -> web.Response:
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return web.json_response({**told, **self.document})

    async def _keys(self, _: web.Request) -> web.Response:
        return web.json_response({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        proof = BasicAuth.decode(request.headers["authorization"])
        found = self._codes.pop(str(form["code"]), None)
        if found is None or (proof.login, proof.password) != (CLIENT, SECRET):
            return web.json_response({"error": "invalid_grant"}, status=400)
        subject, asked = found
        digest = sha256(str(form["code_verifier"]).encode()).digest()
        is_same = base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        if not is_same or form["redirect_uri"] != asked["redirect_uri"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        said = {
            "iss": self.url,
            "sub": subject,
            "aud": CLIENT,
            "nonce": asked["nonce"],
            "iat": int(self.now),
            "exp": int(self.now) + 60,
            **self.claims,
        }
        header = {"alg": "RS256", "kid": "1", **self.header}
        kept = {name: value for name, value in said.items() if value is not None}
        content = orjson.dumps(kept)
        token = (
            jws.serialize_compact(header, content, self.signs_by or self.key, algorithms=["RS256"])
            if header["alg"] == "RS256"
            else self._forged(header, content)
        )
        return web.json_response({"id_token": token, "access_token": "x", "token_type": "Bearer"})

    def _forged(self, header: dict[str, Any], content: bytes) -> str:
        """Return a token without a signature, or signed by the public key as if it were a secret of both."""
        told = b".".join(base64.urlsafe_b64encode(one).rstrip(b"=") for one in (orjson.dumps(header), content))
        proof = b"" if header["alg"] == "none" else hmac.digest(self.key.as_pem(private=False), told, sha256)
        return (told + b"." + base64.urlsafe_b64encode(proof).rstrip(b"=")).decode()

    @web.middleware
    async def _up(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.is_down:
            return web.Response(status=503, text="down")
        answer: web.StreamResponse = await handler(request)
        return answer

    async def start(self) -> None:
        app = web.Application(middlewares=[self._up])
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
