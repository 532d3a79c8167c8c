"""What a story needs of a launched suite: bodies that call, firms that grow up, patience for events on their way."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx

from deploy.embedded.clients import read_clients
from deploy.embedded.patience import Patience
from shared.kernel.ids import new_id
from shared.kernel.patent_no import check_digit
from shared.kernel.uscc import check_character
from tests.support.postgres import REPOSITORY
from tests.support.suite import LaunchedSuite

WAN = 1_000_000
"""Ten thousand yuan in fen."""
UNIT = "500107"
CONSENT_SCOPES = ["BASIC_REGISTRY", "EVALUATION_RESULT", "EVALUATION_DETAIL", "IP_PORTFOLIO"]


def made_up_code(tail: str) -> str:
    """Return a made-up unified social credit code; `tail` is up to seven symbols that no other test uses."""
    first = f"91{UNIT}TE{tail.upper():0>7}"
    return first + check_character(first)


class Body:
    """One client of the gateway; every POST carries a fresh key unless one is named."""

    def __init__(self, suite: LaunchedSuite, client_id: str, secret: str) -> None:
        """Get a token as a partner does: client credentials over HTTP."""
        self.client_id = client_id
        self.secret = secret
        self.http = suite.closing.enter_context(httpx.Client(base_url=suite.gateway_url, timeout=30, trust_env=False))
        answer = self.http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret))
        assert answer.status_code == 200, answer.text
        self.http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        """Send one request and return the answer whatever it is."""
        headers = {"idempotency-key": key or str(new_id())} if method == "POST" else {}
        return self.http.request(method, path, json=body, headers=headers)

    def get(self, path: str) -> Any:
        """Return the body of a GET that succeeds."""
        return self._good(self.call("GET", path))

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Return the body of a POST that succeeds."""
        return self._good(self.call("POST", path, body, key=key))

    def put(self, path: str, body: Any) -> Any:
        """Return the body of a PUT that succeeds."""
        return self._good(self.call("PUT", path, body))

    def refused(self, method: str, path: str, body: Any = None, *, status: int, code: str) -> Any:
        """Return the problem document of a call that must be refused so."""
        answer = self.call(method, path, body)
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["title"]
        assert answer.json()["detail"]
        return answer.json()

    def _good(self, answer: httpx.Response) -> Any:
        assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.text}"
        return answer.json()


def demo_body(suite: LaunchedSuite, client_id: str) -> Body:
    """Return a demo client."""
    (secret,) = [one["secret"] for one in read_clients(suite.settings) if one["client_id"] == client_id]
    return Body(suite, client_id, secret)


def new_enterprise_client(suite: LaunchedSuite, client_id: str, uscc: str) -> Body:
    """Register a client of its own for a firm, with the operator's command, as the demo's enterprises have it."""
    words = ["client", "onboard", client_id, "--role", "enterprise", "--party", uscc]
    words += ["--title-zh", "示例企业", "--title-en", "Example firm"]
    done = subprocess.run(
        [sys.executable, "-m", "gateway.command", *words],
        check=True,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**suite.environment, "PYTHONPATH": str(REPOSITORY), "GATEWAY_DATABASE_URL": suite.database_url("gateway")},
    )
    return Body(suite, client_id, done.stdout.split()[-1])


def eventually(read: Callable[[], Any], holds: Callable[[Any], bool], *, seconds: float = 60) -> Any:
    """Read again and again until the answer holds; return it."""
    patience = Patience(seconds)
    while True:
        found = read()
        if holds(found):
            return found
        assert not patience.is_over(), f"still {found!r}"
        time.sleep(0.05)


def registration(uscc: str, name: str) -> dict[str, Any]:
    """Body that registers a made-up firm."""
    return {
        "uscc": uscc,
        "name": name,
        "unit_id": UNIT,
        "legal_form": "LIMITED",
        "industry_code": "I6513",
        "key_field": "NGIT",
        "founder_type": "OTHER",
        "founded_on": "2019-03-01",
        "registered_capital_fen": 1_000 * WAN,
        "address": "重庆市示例路（虚构）",
    }


def filing(**changes: Any) -> dict[str, Any]:
    """Body of an annual filing; money in fen."""
    return {
        "staff": 60,
        "science_staff": 22,
        "rd_staff": 20,
        "senior_title_staff": 3,
        "revenue_fen": 2_000 * WAN,
        "cost_expense_fen": 1_700 * WAN,
        "assets_fen": 3_000 * WAN,
        "rd_expense_fen": 260 * WAN,
        "super_deduction_fen": 260 * WAN,
        "innovative_products": 1,
        **changes,
    }


def invention(uscc: str, serial: int, today: date) -> dict[str, Any]:
    """Body of a granted invention patent of a firm; `serial` is one that no other test uses."""
    filed = date(today.year - 4, 3, 1)
    granted = filed + timedelta(days=800)
    digits = f"{filed.year}1{serial:07d}"
    right_no = f"{digits}.{check_digit(digits)}"
    return {
        "kind": "INVENTION",
        "right_no": right_no,
        "title": f"一种示例装置（{serial}）",
        "filed_on": filed.isoformat(),
        "granted_on": granted.isoformat(),
        "owners": [{"uscc": uscc, "share_ppm": 1_000_000}],
        "legal_status": "GRANTED",
        "status_effective_on": granted.isoformat(),
        "evidence": {"level": "AUTHORITY_FEED", "issued_on": granted.isoformat(), "official_no": right_no},
    }


def grow_up(suite: LaunchedSuite, firm: Body, uscc: str, *, serial: int, today: date, inventions: int = 5) -> Any:
    """Take a firm from nothing to an evaluation with a limit; return the evaluation."""
    city, centre = demo_body(suite, "city"), demo_body(suite, "ip-centre")
    city.post("/v1/enterprises", registration(uscc, f"示例企业{serial}有限公司"))
    for year, spent in ((today.year - 2, 190), (today.year - 1, 260)):
        firm.put(
            f"/v1/enterprises/{uscc}/filings/{year}",
            filing(rd_expense_fen=spent * WAN, super_deduction_fen=spent * WAN),
        )
        firm.post(f"/v1/enterprises/{uscc}/filings/{year}:submit")
    for number in range(inventions):
        centre.post("/v1/ip-rights", invention(uscc, serial * 100 + number, today))
    put_on_city_register(suite, firm, uscc)
    return evaluated(firm, uscc, lambda one: one["gates_open"] and _counts(one, inventions))


def put_on_city_register(suite: LaunchedSuite, firm: Body, uscc: str) -> str:
    """Apply, let the district check and the city list; return the number."""
    entry = firm.post("/v1/register-applications", {"uscc": uscc})
    path = f"/v1/register-applications/{entry['id']}"
    demo_body(suite, "district-500107").post(f"{path}:check", {"decision": "PASS"})
    listed = demo_body(suite, "city").post(f"{path}:list")
    assert listed["status"] == "LISTED"
    return str(listed["number"])


def evaluated(firm: Body, uscc: str, holds: Callable[[Any], bool]) -> Any:
    """Evaluate until the facts of the other services have arrived."""

    def read() -> Any:
        answer = firm.call("POST", "/v1/kvc-evaluations", {"uscc": uscc})
        return answer.json() if answer.status_code == 201 else {"gates_open": False, "facts": {}}

    return eventually(read, holds)


def _counts(evaluation: Any, inventions: int) -> bool:
    growth = evaluation["facts"]["rd_growth_ppm"]["value"]
    return evaluation["facts"]["valid_rights"]["value"] == inventions and growth is not None


def consent(firm: Body, bank_uscc: str, scopes: list[str] | None = None) -> Any:
    """Allow a bank to read."""
    text = firm.get("/v1/consents/text")
    return firm.post(
        "/v1/consents",
        {
            "bank_uscc": bank_uscc,
            "scopes": scopes or CONSENT_SCOPES,
            "signer_name": "示例法定代表人",
            "text_version": text["version"],
        },
    )


def application(bank_uscc: str, evaluation: Any, amount_fen: int, purpose: str = "研发投入（示例）") -> dict[str, Any]:
    """Body of a loan application."""
    return {
        "bank_uscc": bank_uscc,
        "amount_fen": amount_fen,
        "term_months": 12,
        "purpose": purpose,
        "evaluation_id": evaluation["id"],
    }


def lend(bank: Body, application_id: str, amount_fen: int, reference: str, today: date, *, verbs: int = 3) -> Any:
    """Let a bank accept, approve and sign an application, or only the first `verbs` of them; return the last answer."""
    path = f"/v1/loan-applications/{application_id}"
    terms = {
        "contract_no": reference,
        "principal_fen": amount_fen,
        "rate_ppm": bank.get("/v1/lpr")["rate_ppm"],
        "term_months": 12,
        "signed_on": today.isoformat(),
    }
    approval = {"amount_fen": amount_fen, "term_months": 12, "bank_ref": reference}
    answer = None
    for verb, body in (("accept", None), ("approve", approval), ("sign", terms))[:verbs]:
        answer = bank.post(f"{path}:{verb}", body)
    return answer
