"""Journeys J1 and J4: the finance officer of a firm, and the account manager of a bank."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from deploy.embedded.clients import BANK_A, BANK_B
from shared.kernel.clock import SystemClock, shanghai_date
from shared.kernel.ids import new_id
from tests.support import journey
from tests.support.journey import WAN, Body, demo_body, eventually
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@dataclass
class Officer:
    """A firm that has just heard of the loan."""

    firm: Body
    uscc: str
    today: date
    evaluation: Any = None


@pytest.fixture(scope="module")
def today() -> date:
    return shanghai_date(SystemClock().now())


@pytest.fixture(scope="module")
def officer(suite: LaunchedSuite, today: date) -> Officer:
    uscc = journey.made_up_code("J1")
    return Officer(journey.new_enterprise_client(suite, "enterprise-j1", uscc), uscc, today)


@pytest.fixture(scope="module")
def borrower(suite: LaunchedSuite, today: date) -> Officer:
    uscc = journey.made_up_code("J4")
    firm = journey.new_enterprise_client(suite, "enterprise-j4", uscc)
    evaluation = journey.grow_up(suite, firm, uscc, serial=4400, today=today)
    for bank in (BANK_A, BANK_B):
        journey.consent(firm, bank)
    return Officer(firm, uscc, today, evaluation)


def test_j1_can_i_borrow_and_how_much(suite: LaunchedSuite, officer: Officer) -> None:
    firm, uscc, year = officer.firm, officer.uscc, officer.today.year - 1
    demo_body(suite, "city").post("/v1/enterprises", journey.registration(uscc, "示例旅程一有限公司"))

    drafted = firm.put(f"/v1/enterprises/{uscc}/filings/{year}", journey.filing(rd_staff=61))
    assert any(check["pointer"] == "/rd_staff" for check in drafted["checks"]), "R&D staff above staff is told at once"
    firm.refused("POST", f"/v1/enterprises/{uscc}/filings/{year}:submit", status=422, code="filing_inconsistent")
    firm.put(f"/v1/enterprises/{uscc}/filings/{year}", journey.filing())
    key = str(new_id())
    tabs = [firm.call("POST", f"/v1/enterprises/{uscc}/filings/{year}:submit", key=key) for _ in range(2)]
    assert [tab.status_code for tab in tabs] == [200, 200]
    assert tabs[0].content == tabs[1].content
    assert tabs[1].headers["idempotency-replayed"] == "true"

    centre = demo_body(suite, "ip-centre")
    for number in range(4):
        centre.post("/v1/ip-rights", journey.invention(uscc, 110_000 + number, officer.today))
    early = journey.evaluated(firm, uscc, lambda one: one["facts"].get("valid_rights", {}).get("value") == 4)
    assert early["grade"] == "NONE"
    closed = [gate for gate in early["gates"] if not gate["open"]]
    assert [gate["code"] for gate in closed] == ["city_register"] or len(closed) == 1, closed
    refusal = firm.call("POST", "/v1/loan-applications", journey.application(BANK_A, early, 10 * WAN)).json()
    assert refusal["code"] in {"consent_needed", "not_on_city_register"}

    number = journey.put_on_city_register(suite, firm, uscc)
    assert number
    evaluation = journey.evaluated(firm, uscc, lambda one: one["gates_open"])
    assert evaluation["grade"] in "ABCDE"
    assert evaluation["limit_fen"] == evaluation["base_limit_fen"] > 0
    assert evaluation["uplift"]["reason_code"] == "not_tech_sme", "only on the city's register: no uplift, and why"
    assert (
        sum(
            line["points_milli"]
            for line in evaluation["lines"]
            if line["indicator"] in evaluation["result"]["parts"]["ip"]
        )
        == (evaluation["result"]["ip_milli"])
    )
    for line in evaluation["lines"]:
        assert {"label_zh", "label_en", "points_milli", "confidence", "article"} <= set(line)
    quality = next(line for line in evaluation["lines"] if line["indicator"] == "patent_quality")
    assert (quality["status"], quality["points_milli"]) == ("not_assessed", 0)

    firm.refused(
        "POST",
        "/v1/loan-applications",
        journey.application(BANK_A, evaluation, 10 * WAN),
        status=409,
        code="consent_needed",
    )
    consent = journey.consent(firm, BANK_A)
    assert consent["signer_name"] != "示例法定代表人", "the signer's name is masked"
    assert [one["id"] for one in firm.get("/v1/consents")["items"]] == [consent["id"]]
    firm.refused(
        "POST",
        "/v1/loan-applications",
        journey.application(BANK_A, early, 10 * WAN),
        status=409,
        code="evaluation_changed",
    )
    firm.refused(
        "POST",
        "/v1/loan-applications",
        journey.application(BANK_A, evaluation, evaluation["limit_fen"] + 1),
        status=409,
        code="credit_line_exceeded",
    )
    applied = firm.post("/v1/loan-applications", journey.application(BANK_A, evaluation, 10 * WAN))
    assert applied["status"] == "SUBMITTED"
    assert applied["case_no"].startswith(f"KC-{officer.today.year}-")
    overview = firm.get(f"/v1/enterprises/{uscc}/overview")
    assert overview["complete"], overview["missing"]
    assert overview["parts"]["credit"]["data"]["limit_fen"] == evaluation["limit_fen"]


def test_j4_a_banks_morning(suite: LaunchedSuite, borrower: Officer) -> None:
    bank_a, bank_b, firm = demo_body(suite, "bank-a"), demo_body(suite, "bank-b"), borrower.firm
    limit = borrower.evaluation["limit_fen"]
    amount = limit * 6 // 10
    mine = firm.post("/v1/loan-applications", journey.application(BANK_A, borrower.evaluation, amount))
    theirs = firm.post("/v1/loan-applications", journey.application(BANK_B, borrower.evaluation, amount))

    listed = bank_a.get("/v1/loan-applications?limit=200")["items"]
    assert mine["id"] in {one["id"] for one in listed}
    assert theirs["id"] not in {one["id"] for one in listed}
    bank_a.refused("GET", f"/v1/loan-applications/{theirs['id']}", status=404, code="not_found")
    bank_a.refused("GET", f"/v1/loan-applications/{theirs['id']}/dossier", status=404, code="not_found")
    bank_a.refused("GET", f"/v1/enterprises/{borrower.uscc}/overview", status=403, code="forbidden_scope")

    dossier = eventually(lambda: bank_a.get(f"/v1/loan-applications/{mine['id']}/dossier"), lambda one: one["complete"])
    credit_file = dossier["parts"]["credit_file"]["data"]
    assert credit_file["snapshot"]["limit_fen"] == limit
    assert credit_file["days_left"] > 0
    assert not credit_file["superseded"]
    bank_a.post(f"/v1/loan-applications/{mine['id']}:accept")
    bank_a.refused(
        "POST",
        f"/v1/loan-applications/{mine['id']}:reject",
        {"reason_code": "because"},
        status=422,
        code="reason_unknown",
    )
    bank_a.refused(
        "POST",
        f"/v1/loan-applications/{mine['id']}:approve",
        {"amount_fen": limit + 1, "term_months": 12, "bank_ref": "J4-too-much"},
        status=409,
        code="amount_above_application",
    )
    bank_a.post(
        f"/v1/loan-applications/{mine['id']}:approve", {"amount_fen": amount, "term_months": 12, "bank_ref": "J4-A"}
    )
    bank_b.post(f"/v1/loan-applications/{theirs['id']}:accept")
    bank_b.post(
        f"/v1/loan-applications/{theirs['id']}:approve", {"amount_fen": amount, "term_months": 12, "bank_ref": "J4-B"}
    )
    loan = bank_a.post(f"/v1/loan-applications/{mine['id']}:sign", signature(bank_a, "J4-A", amount, borrower.today))
    assert loan["principal_fen"] == amount
    late = bank_b.refused(
        "POST",
        f"/v1/loan-applications/{theirs['id']}:sign",
        signature(bank_b, "J4-B", amount, borrower.today),
        status=409,
        code="credit_line_exceeded",
    )
    assert late["details"]["available_fen"] == limit - amount, "what is left is told"
    assert BANK_A not in str(late), "but not who holds the rest"


async def test_j4_a_consent_that_is_withdrawn_stops_reads_at_once_and_every_read_left_a_trace(
    suite: LaunchedSuite, borrower: Officer
) -> None:
    bank, firm = demo_body(suite, "bank-b"), borrower.firm
    applied = firm.post(
        "/v1/loan-applications", journey.application(BANK_B, borrower.evaluation, 5 * WAN, "撤回授权（示例）")
    )
    path = f"/v1/loan-applications/{applied['id']}/dossier"
    bank.get(path)
    (consent,) = [one for one in firm.get("/v1/consents")["items"] if one["bank_uscc"] == BANK_B]
    revoked = firm.call("DELETE", f"/v1/consents/{consent['id']}")
    assert revoked.status_code == 200, revoked.text
    bank.refused("GET", path, status=403, code="consent_revoked")
    done = await suite.rows(
        "finance",
        "SELECT consent_id, fields, request_id FROM audit_entry"
        f" WHERE subject = 'loan_application/{applied['id']}' AND action = 'credit_file.read'",
    )
    assert [str(read["consent_id"]) for read in done] == [consent["id"]]
    assert done[0]["request_id"]
    refused = await suite.rows(
        "finance",
        "SELECT detail, request_id FROM audit_entry"
        f" WHERE subject LIKE '%{applied['id']}/credit-file' AND outcome = 'refused'",
    )
    assert [json.loads(read["detail"])["code"] for read in refused] == ["consent_revoked"]
    assert refused[0]["request_id"]


def test_a_bank_reads_enterprises_through_finance_only(suite: LaunchedSuite, borrower: Officer) -> None:
    bank = demo_body(suite, "bank-a")
    for path in (
        f"/v1/enterprises/{borrower.uscc}",
        f"/v1/portfolios/{borrower.uscc}",
        "/v1/ip-rights",
        "/v1/achievements",
    ):
        answer = bank.call("GET", path)
        assert answer.status_code == 403, path


def signature(bank: Body, name: str, principal_fen: int, today: date) -> dict[str, Any]:
    """Body of a signed contract."""
    return {
        "contract_no": f"示例合同-{name}",
        "principal_fen": principal_fen,
        "rate_ppm": bank.get("/v1/lpr")["rate_ppm"],
        "term_months": 12,
        "signed_on": today.isoformat(),
    }
