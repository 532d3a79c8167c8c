"""Draws a loan with nothing but the generated client: token, evaluation, consent, application, decision, drawdown."""

import json
import os
import uuid
from datetime import date, timedelta

from kechuang_client import ApiClient, Configuration
from kechuang_client.api import (
    ConsentsApi,
    DrawdownsApi,
    KvcEvaluationsApi,
    LoanApplicationsApi,
    LoansApi,
    LprApi,
    Oauth2Api,
)
from kechuang_client.models import (
    FinanceApprovalTerms,
    FinanceConsentDraft,
    FinanceConsentScope,
    FinanceDrawdownTerms,
    FinanceEvaluationRequest,
    FinanceLoanApplicationTerms,
    FinanceLoanTerms,
)

TERM_MONTHS = 12


def key() -> str:
    """Return a key for one request."""
    return str(uuid.uuid4())  # noqa: TID251  # a partner's program knows nothing of ours


def signed_in(url: str, client_id: str, secret: str) -> ApiClient:
    """Return a client with a token."""
    with ApiClient(Configuration(host=url)) as client:
        token = Oauth2Api(client).issue_token("client_credentials", client_id=client_id, client_secret=secret)
    return ApiClient(Configuration(host=url, access_token=token.access_token))


def main() -> None:
    """Draw a loan and print what was paid out."""
    case = json.loads(os.environ["CLIENT_CASE"])
    firm = signed_in(case["url"], case["firm"], case["firm_secret"])
    bank = signed_in(case["url"], case["bank"], case["bank_secret"])

    evaluation = KvcEvaluationsApi(firm).evaluate_enterprise(key(), FinanceEvaluationRequest(uscc=case["uscc"]))
    print(f"evaluated: grade {evaluation.grade}, limit {evaluation.limit_fen} fen")

    text = ConsentsApi(firm).read_consent_text()
    draft = FinanceConsentDraft(
        bank_uscc=case["bank_uscc"],
        scopes=[FinanceConsentScope.BASIC_REGISTRY, FinanceConsentScope.EVALUATION_RESULT],
        signer_name="示例签署人",
        text_version=text.version,
    )
    consent = ConsentsApi(firm).grant_consent(key(), draft)
    print(f"consented until {consent.expires_at}")

    applied = LoanApplicationsApi(firm).submit_application(
        key(),
        FinanceLoanApplicationTerms(
            bank_uscc=case["bank_uscc"],
            amount_fen=evaluation.limit_fen // 2,
            term_months=TERM_MONTHS,
            purpose="研发投入（示例）",
            evaluation_id=evaluation.id,
        ),
    )
    decisions = LoanApplicationsApi(bank)
    accepted = decisions.accept_application(applied.id, key())
    terms = FinanceApprovalTerms(amount_fen=accepted.amount_fen, term_months=TERM_MONTHS, bank_ref=key())
    approved = decisions.approve_application(applied.id, key(), terms)
    assert approved.approved_fen == accepted.amount_fen  # the check of this script
    print(f"approved: {approved.case_no}, {approved.approved_fen} fen, {approved.status.value}")

    today = date.fromisoformat(case["today"])
    loan = decisions.sign_loan(
        applied.id,
        key(),
        FinanceLoanTerms(
            contract_no=key(),
            principal_fen=accepted.amount_fen,
            rate_ppm=LprApi(bank).read_lpr().rate_ppm,
            term_months=TERM_MONTHS,
            signed_on=today,
        ),
    )
    drawdown = DrawdownsApi(bank).draw_loan(
        loan.id,
        key(),
        FinanceDrawdownTerms(
            note_no=key(), amount_fen=loan.principal_fen, starts_on=today, matures_on=today + timedelta(days=330)
        ),
    )
    after = LoansApi(firm).read_loan(loan.id)
    assert after.drawn_fen == drawdown.amount_fen == loan.principal_fen  # 〃
    assert LoansApi(firm).list_loans().items[0].id == loan.id  # 〃
    print(f"drawn: {drawdown.amount_fen} fen under {drawdown.note_no}, {drawdown.status.value}")


if __name__ == "__main__":
    main()
