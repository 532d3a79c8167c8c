"""The application machine: what is refused, what moves, which clocks run."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.finance.lending.rules import loan_application as rules
from services.finance.lending.rules.loan_application import (
    ApplicationFlag,
    ApplicationStatus,
    ApprovalTerms,
    EvaluationInForce,
    LoanApplicationTerms,
)
from shared.kernel.errors import Refusal
from shared.kernel.workday import PUBLISHED
from shared.policy.reason import REJECT, check_reason, reasons
from tests.unit.finance.builders import BANK, BOOK, TODAY, WAN

POLICY = BOOK.pick(rules.POLICY, TODAY)
EVALUATION = UUID(int=7)
IN_FORCE = EvaluationInForce(EVALUATION, "B", 400 * WAN, TODAY, on_city_register=True)
S = ApplicationStatus
VERBS = {
    "accept": (rules.accept, {S.SUBMITTED}, S.BANK_REVIEW),
    "return": (rules.send_back, {S.SUBMITTED, S.BANK_REVIEW}, S.RETURNED),
    "resubmit": (rules.resubmit, {S.RETURNED}, S.SUBMITTED),
    "cancel": (
        rules.cancel,
        {S.SUBMITTED, S.BANK_REVIEW, S.RETURNED, S.APPROVED},
        S.CANCELLED,
    ),
    "reject": (lambda status: rules.reject(status, "poor_credit_record", POLICY), {S.BANK_REVIEW}, S.REJECTED),
    "sign": (lambda status: rules.signable(status, TODAY, TODAY), {S.APPROVED}, S.SIGNED),
}


def terms(**fields: object) -> LoanApplicationTerms:
    given = {
        "bank_uscc": BANK,
        "amount_fen": 100 * WAN,
        "term_months": 12,
        "purpose": "研发",
        "evaluation_id": EVALUATION,
    }
    return LoanApplicationTerms.model_validate(given | fields)


def submit(
    available_fen: int = 400 * WAN, evaluation: EvaluationInForce = IN_FORCE, **fields: object
) -> rules.Submission:
    return rules.submit(
        terms(**fields), POLICY, evaluation=evaluation, available_fen=available_fen, today=TODAY, calendar=PUBLISHED
    )


def test_a_submission_freezes_the_limit_and_starts_a_clock_of_ten_working_days() -> None:
    found = submit()
    assert (found.snapshot_limit_fen, found.snapshot_grade) == (400 * WAN, "B")
    assert (found.answer_due.on, found.answer_due.assumed) == (date(2026, 12, 7), False)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"amount_fen": 0}, "amount_not_positive"),
        ({"term_months": 13}, "term_too_long"),
        ({"evaluation_id": UUID(int=8)}, "evaluation_changed"),
        ({"amount_fen": 400 * WAN + 1}, "credit_line_exceeded"),
    ],
)
def test_a_bad_submission_is_refused_with_its_code(fields: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        submit(**fields)  # type: ignore[arg-type]  # a table of fields


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"valid_until_on": TODAY - timedelta(days=1)}, "evaluation_expired"),
        ({"on_city_register": False, "limit_fen": 0, "grade": "NONE"}, "not_on_city_register"),
        ({"limit_fen": 0, "grade": "NONE"}, "no_credit_limit"),
    ],
)
def test_an_evaluation_that_gives_no_loan_says_why(change: dict[str, object], code: str) -> None:
    with pytest.raises(Refusal, match=code):
        submit(evaluation=replace(IN_FORCE, **change))  # type: ignore[arg-type]  # a table of fields


def test_a_changed_evaluation_names_the_current_one_and_its_limit() -> None:
    with pytest.raises(Refusal) as refused:
        submit(evaluation_id=UUID(int=8))
    assert refused.value.details == {"evaluation_id": str(EVALUATION), "limit_fen": 400 * WAN}


@given(st.integers(1, 400 * WAN), st.integers(0, 400 * WAN))
def test_an_application_passes_exactly_up_to_what_is_left(amount_fen: int, available_fen: int) -> None:
    if amount_fen <= available_fen:
        assert submit(available_fen, amount_fen=amount_fen).snapshot_limit_fen == 400 * WAN
    else:
        with pytest.raises(Refusal, match="credit_line_exceeded"):
            submit(available_fen, amount_fen=amount_fen)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", list(ApplicationStatus))
def test_each_verb_moves_only_from_its_own_states(verb: str, status: ApplicationStatus) -> None:
    move, allowed, after = VERBS[verb]
    if status in allowed:
        assert move(status) is after
    else:
        with pytest.raises(Refusal, match="application_state_conflict"):
            move(status)


def approval(**fields: object) -> ApprovalTerms:
    given = {"amount_fen": 100 * WAN, "term_months": 12, "bank_ref": "A-1"}
    return ApprovalTerms.model_validate(given | fields)


def approve(
    given: ApprovalTerms,
    *,
    status: ApplicationStatus = S.BANK_REVIEW,
    flag: ApplicationFlag | None = None,
    snapshot_fen: int = 400 * WAN,
) -> rules.Approval:
    return rules.approve(
        status,
        POLICY,
        terms=given,
        applied_fen=100 * WAN,
        snapshot_limit_fen=snapshot_fen,
        open_flag=flag,
        today=TODAY,
    )


def test_an_approval_lasts_thirty_days_unless_the_bank_says_less() -> None:
    assert approve(approval()).valid_until_on == TODAY + timedelta(days=30)
    assert approve(approval(valid_until_on=TODAY)).valid_until_on == TODAY
    for bad in (TODAY - timedelta(days=1), TODAY + timedelta(days=31)):
        with pytest.raises(Refusal, match="approval_period_invalid"):
            approve(approval(valid_until_on=bad))


def test_a_bank_approves_at_most_what_was_asked_and_what_the_evaluation_allows() -> None:
    assert approve(approval(amount_fen=1)).amount_fen == 1
    for bad, snapshot, code in (
        (approval(amount_fen=100 * WAN + 1), 400 * WAN, "amount_above_application"),
        (approval(), 100 * WAN - 1, "amount_above_limit"),
        (approval(amount_fen=0), 400 * WAN, "amount_not_positive"),
        (approval(term_months=13), 400 * WAN, "term_too_long"),
    ):
        with pytest.raises(Refusal, match=code):
            approve(bad, snapshot_fen=snapshot)


def test_a_flag_must_be_acknowledged_before_the_approval() -> None:
    with pytest.raises(Refusal, match="flag_not_acknowledged"):
        approve(approval(), flag=ApplicationFlag.EVALUATION_SUPERSEDED)
    rules.acknowledge(ApplicationFlag.EVALUATION_SUPERSEDED, acknowledged=False)
    for flag, acknowledged in ((None, False), (ApplicationFlag.EVALUATION_SUPERSEDED, True)):
        with pytest.raises(Refusal, match="nothing_to_acknowledge"):
            rules.acknowledge(flag, acknowledged=acknowledged)


def test_an_approval_starts_from_review_only() -> None:
    for status in set(ApplicationStatus) - {S.BANK_REVIEW}:
        with pytest.raises(Refusal, match="application_state_conflict"):
            approve(approval(), status=status)


def test_a_rejection_needs_a_reason_of_the_catalogue() -> None:
    with pytest.raises(Refusal, match="reason_unknown"):
        rules.reject(S.BANK_REVIEW, "because", POLICY)
    found = reasons(POLICY, REJECT)
    assert all(zh and en for zh, en in found.values())
    for code in found:
        check_reason(code, POLICY, REJECT)


def test_an_approval_lapses_the_day_after_its_last() -> None:
    assert rules.lapse(S.APPROVED, TODAY, TODAY) is None
    assert rules.lapse(S.APPROVED, TODAY, TODAY + timedelta(days=1)) is S.LAPSED
    assert rules.lapse(S.SIGNED, TODAY, TODAY + timedelta(days=1)) is None
    with pytest.raises(Refusal, match="approval_lapsed"):
        rules.signable(S.APPROVED, TODAY, TODAY + timedelta(days=1))
