"""What schemathesis needs to know of this suite to be let in: tokens, and values that exist.

Each call is made by one of the demo clients that hold the scope of the operation, in turn, so that a chain of calls
crosses parties. Now and then a made-up value is replaced by one that an earlier answer held under the same name.
"""

import base64
import json
import os
import zlib
from collections import defaultdict, deque
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import schemathesis
from schemathesis import AuthContext, Case, HookContext, Response

from shared.events.example import EXAMPLES

_CLIENTS = json.loads(Path(os.environ["FUZZ_CLIENTS"]).read_text("utf-8"))
_GATEWAY = os.environ["FUZZ_GATEWAY"]
_TURNS = count()
_SCOPES_OF = {client["client_id"]: set(client["scopes"]) for client in _CLIENTS}
_HELD_MAX = 40
_EACH = 4
"""One value in so many stays as it was drawn."""
_REFRESH_S = 240
_SAME = {
    "enterprise_uscc": "uscc",
    "party_uscc": "uscc",
    "owner": "uscc",
    "bank_uscc": "bank_uscc",
    "unit": "unit_id",
}
"""Names that stand for the same thing."""


class _Pool:
    """Values seen in answers, by name; the newest few of each, so that a run stays the same run."""

    def __init__(self) -> None:
        self._held: dict[str, deque[Any]] = defaultdict(lambda: deque(maxlen=_HELD_MAX))
        parties = [client["party"] for client in _CLIENTS if client["party"]]
        self._held["uscc"].extend(party for party in parties if "BANK" not in party)
        self._held["bank_uscc"].extend(party for party in parties if "BANK" in party)
        for name, word in EXAMPLES.items():
            if isinstance(word, str | int) and not isinstance(word, bool) and name not in self._held:
                self._held[name].append(word)

    def learn(self, path: str, answer: Any) -> None:
        """Keep the values of an answer; `id` is kept under the name that the address of one record has."""
        if isinstance(answer, list):
            for one in answer:
                self.learn(path, one)
        elif isinstance(answer, dict):
            for name, value in answer.items():
                if name == "id" and isinstance(value, str):
                    self._add(_param_of(path), value)
                elif isinstance(value, str | int) and not isinstance(value, bool):
                    self._add(_SAME.get(name, name), value)
                elif isinstance(value, dict | list):
                    self.learn(path, value)

    def _add(self, name: str, value: str | int) -> None:
        if value not in self._held[name]:
            self._held[name].append(value)

    def instead(self, name: str, value: Any) -> Any:
        """Return a held value of that name in place of most drawn ones, the same one for the same drawn one."""
        held = [one for one in self._held.get(_SAME.get(name, name), ()) if type(one) is type(value)]
        chance = zlib.crc32(f"{name} {value!r}".encode())
        if not held or chance % _EACH == 0:
            return value
        return held[chance // _EACH % len(held)]


_POOL = _Pool()


def _param_of(path: str) -> str:
    """Return the name that the id of a record at this address has in other addresses: `loan_id` for `/v1/loans`."""
    nouns = [part for part in path.split("/") if part and not part.startswith("{")]
    noun = nouns[-1].partition(":")[0] if nouns else ""
    singular = {"loan-applications": "application_id", "register-applications": "application_id"}
    singular |= {"kvc-evaluations": "evaluation_id", "tech-sme-evaluations": "evaluation_id", "ip-rights": "right_id"}
    singular |= {"cover": "cover_id", "sign": "loan_id"}
    return singular.get(noun, noun.replace("-", "_").removesuffix("s") + "_id")


@schemathesis.auth(refresh_interval=_REFRESH_S, cache_by_key=lambda case, _: _client_for(case))
class ClientCredentials:
    """Fetches a token for the client whose turn it is."""

    def get(self, case: Case, context: AuthContext) -> str:  # noqa: ARG002  # as schemathesis calls it
        """Return an access token."""
        client_id = _client_for(case)
        secret = next(client["secret"] for client in _CLIENTS if client["client_id"] == client_id)
        basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
        request = Request(f"{_GATEWAY}/oauth2/token", b"grant_type=client_credentials", headers)  # noqa: S310
        with urlopen(request, timeout=30) as answer:  # noqa: S310  # our own gateway
            token: str = json.load(answer)["access_token"]
        return token

    def set(self, case: Case, data: str, context: AuthContext) -> None:  # noqa: ARG002  # 〃
        """Send it."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


def _client_for(case: Case) -> str:
    """Return the client that makes this call: one that may, the same one for the same call."""
    scope = case.operation.definition.raw.get("x-scope")
    able = [name for name, scopes in _SCOPES_OF.items() if scope in scopes] or list(_SCOPES_OF)
    return able[zlib.crc32(repr((case.path_parameters, case.query)).encode()) % len(able)]


@schemathesis.hook
def map_body(context: HookContext, body: Any) -> Any:
    """Put values that exist into a body."""
    return _known(body)


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _POOL.instead(name, _known(one)) for name, one in value.items()}
    return [_known(one) for one in value] if isinstance(value, list) else value


@schemathesis.hook
def map_path_parameters(context: HookContext, path_parameters: Any) -> Any:
    """Put values that exist into an address."""
    return _known(path_parameters)


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    """Learn from a good answer."""
    if response.status_code < 300 and "json" in "".join(response.headers.get("content-type", ())):
        _POOL.learn(case.operation.path, response.json())
