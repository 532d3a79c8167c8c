"""Draws a loan with nothing but the client of openapi-python-client: the same deeds as draw_loan_pydantic.py."""

import json
import os
import uuid
from datetime import date, timedelta
from typing import TypeVar

from kechuang_attrs_client import AuthenticatedClient, Client
from kechuang_attrs_client.api.consents import grant_consent, read_consent_text
from kechuang_attrs_client.api.drawdowns import draw_loan
from kechuang_attrs_client.api.kvc_evaluations import evaluate_enterprise
from kechuang_attrs_client.api.loan_applications import (
    accept_application,
    approve_application,
    sign_loan,
    submit_application,
)
from kechuang_attrs_client.api.loans import list_loans, read_loan
from kechuang_attrs_client.api.lpr import read_lpr
from kechuang_attrs_client.api.oauth2 import issue_token
from kechuang_attrs_client.models import (
    FinanceApprovalRead,
    FinanceApprovalTerms,
    FinanceConsentDraft,
    FinanceConsentRead,
    FinanceConsentScope,
    FinanceConsentTextRead,
    FinanceDrawdownRead,
    FinanceDrawdownTerms,
    FinanceEvaluationRead,
    FinanceEvaluationRequest,
    FinanceLoanApplicationRead,
    FinanceLoanApplicationTerms,
    FinanceLoanRead,
    FinanceLoanTerms,
    FinanceLprRead,
    FinancePageOfLoanListed,
    IssueTokenBody,
    Problem,
    TokenRead,
)

TERM_MONTHS = 12
Wanted = TypeVar("Wanted")


def key() -> str:
    """Return a key for one deed."""
    return str(uuid.uuid4())  # noqa: TID251  # a partner's program knows nothing of ours


def good(answer: object, wanted: type[Wanted]) -> Wanted:
    """Return the answer as `wanted`; stop at a problem document and tell what it says."""
    if isinstance(answer, Problem):
        raise SystemExit(f"{answer.code}: {answer.detail}")
    if not isinstance(answer, wanted):
        raise SystemExit(f"{wanted.__name__} was to come, not {answer!r}")
    return answer


def signed_in(url: str, client_id: str, secret: str) -> AuthenticatedClient:
    """Return a client with a token; an answer that the contract does not name is an error."""
    body = IssueTokenBody(grant_type="client_credentials", client_id=client_id, client_secret=secret)
    token = good(issue_token.sync(client=Client(base_url=url), body=body), TokenRead)
    return AuthenticatedClient(base_url=url, token=token.access_token, raise_on_unexpected_status=True)


def apply(firm: AuthenticatedClient, case: dict[str, str]) -> FinanceLoanApplicationRead:
    """Let the firm be evaluated, consent and apply for half of its limit."""
    ask = FinanceEvaluationRequest(uscc=case["uscc"])
    evaluated = evaluate_enterprise.sync(client=firm, idempotency_key=key(), body=ask)
    evaluation = good(evaluated, FinanceEvaluationRead)
    print(f"evaluated: grade {evaluation.grade}, limit {evaluation.limit_fen} fen")
    text = good(read_consent_text.sync(client=firm), FinanceConsentTextRead)
    draft = FinanceConsentDraft(
        bank_uscc=case["bank_uscc"],
        scopes=[FinanceConsentScope.BASIC_REGISTRY, FinanceConsentScope.EVALUATION_RESULT],
        signer_name="示例签署人",
        text_version=text.version,
    )
    consent = good(grant_consent.sync(client=firm, idempotency_key=key(), body=draft), FinanceConsentRead)
    print(f"consented until {consent.expires_at}")
    terms = FinanceLoanApplicationTerms(
        bank_uscc=case["bank_uscc"],
        amount_fen=evaluation.limit_fen // 2,
        term_months=TERM_MONTHS,
        purpose="研发投入（示例）",
        evaluation_id=evaluation.id,
    )
    return good(
        submit_application.sync(client=firm, idempotency_key=key(), body=terms),
        FinanceLoanApplicationRead,
    )


def lend(bank: AuthenticatedClient, applied: FinanceLoanApplicationRead, today: date) -> FinanceLoanRead:
    """Let the bank accept, approve and sign."""
    accepted = good(
        accept_application.sync(applied.id, client=bank, idempotency_key=key()),
        FinanceLoanApplicationRead,
    )
    terms = FinanceApprovalTerms(amount_fen=accepted.amount_fen, term_months=TERM_MONTHS, bank_ref=key())
    approved = good(
        approve_application.sync(applied.id, client=bank, idempotency_key=key(), body=terms),
        FinanceApprovalRead,
    )
    assert approved.approved_fen == accepted.amount_fen  # the check of this script
    print(f"approved: {approved.case_no}, {approved.approved_fen} fen, {approved.status.value}")
    signing = FinanceLoanTerms(
        contract_no=key(),
        principal_fen=accepted.amount_fen,
        rate_ppm=good(read_lpr.sync(client=bank), FinanceLprRead).rate_ppm,
        term_months=TERM_MONTHS,
        signed_on=today,
    )
    return good(sign_loan.sync(applied.id, client=bank, idempotency_key=key(), body=signing), FinanceLoanRead)


def main() -> None:
    """Draw a loan and print what was paid out."""
    case = json.loads(os.environ["CLIENT_CASE"])
    firm = signed_in(case["url"], case["firm"], case["firm_secret"])
    bank = signed_in(case["url"], case["bank"], case["bank_secret"])
    today = date.fromisoformat(case["today"])

    loan = lend(bank, apply(firm, case), today)
    note = FinanceDrawdownTerms(
        note_no=key(), amount_fen=loan.principal_fen, starts_on=today, matures_on=today + timedelta(days=330)
    )
    paid = draw_loan.sync(loan.id, client=bank, idempotency_key=key(), body=note)
    drawdown = good(paid, FinanceDrawdownRead)
    after = good(read_loan.sync(loan.id, client=firm), FinanceLoanRead)
    assert after.drawn_fen == drawdown.amount_fen == loan.principal_fen  # the check of this script
    listed = good(list_loans.sync(client=firm), FinancePageOfLoanListed)
    assert [one.id for one in listed.items] == [loan.id]  # 〃
    print(f"drawn: {drawdown.amount_fen} fen under {drawdown.note_no}, {drawdown.status.value}")


if __name__ == "__main__":
    main()
