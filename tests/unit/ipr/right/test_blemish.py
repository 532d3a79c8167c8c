"""Blemishes come from accepted cases alone."""

from datetime import date

import pytest
from pydantic import ValidationError

from services.ipr.right.rules.blemish import BlemishClearance, BlemishKind, BlemishMark, OpenBlemish, clear, mark
from services.ipr.right.rules.right_status import LegalStatus
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from tests.unit.ipr.builders import evidence, evidence_body
from tests.unit.ipr.rule_sets import book

TODAY = date(2026, 11, 23)
RULES = book().pick("right_status", TODAY)
DISPUTE = BlemishKind.OWNERSHIP_DISPUTE
OPEN = OpenBlemish(DISPUTE, date(2026, 6, 1))


def marked(
    *,
    level: EvidenceLevel = EvidenceLevel.DOCUMENT,
    on: date = date(2026, 6, 1),
    status: LegalStatus = LegalStatus.GRANTED,
    held: OpenBlemish | None = None,
) -> OpenBlemish:
    draft = BlemishMark(kind=DISPUTE, effective_on=on, evidence=evidence(level))
    return mark(held, draft, status=status, rules=RULES, today=TODAY)


def cleared(*, on: date = date(2026, 7, 1), held: OpenBlemish | None = OPEN) -> date:
    draft = BlemishClearance(kind=DISPUTE, effective_on=on, evidence=evidence())
    return clear(held, draft, rules=RULES, today=TODAY)


def test_an_accepted_case_blemishes_and_its_end_clears() -> None:
    assert marked() == OPEN
    assert cleared() == date(2026, 7, 1)
    assert cleared(on=date(2026, 6, 1)) == date(2026, 6, 1)


def test_a_paper_that_was_merely_filed_blemishes_nothing() -> None:
    with pytest.raises(Refusal, match="status_evidence_too_weak"):
        marked(level=EvidenceLevel.DECLARED)


@pytest.mark.parametrize("kind", ["INFRINGEMENT_CLAIM", "ENFORCEMENT", "ANNUITY_LATE", ""])
def test_enforcing_a_right_is_no_kind_of_blemish(kind: str) -> None:
    with pytest.raises(ValidationError):
        BlemishMark.model_validate({"kind": kind, "effective_on": "2026-06-01", "evidence": evidence_body()})


def test_a_case_is_open_once_and_not_in_the_future_and_only_on_a_right_in_force() -> None:
    with pytest.raises(Refusal, match="blemish_open"):
        marked(held=OPEN)
    with pytest.raises(Refusal, match="status_move_in_future"):
        marked(on=date(2026, 11, 24))
    for status in (LegalStatus.FILED, LegalStatus.EXPIRED, LegalStatus.INVALID_FULL):
        with pytest.raises(Refusal, match="blemish_right_not_in_force"):
            marked(status=status)


def test_only_an_open_case_is_closed_and_not_before_it_was_accepted() -> None:
    with pytest.raises(Refusal, match="blemish_not_open"):
        cleared(held=None)
    with pytest.raises(Refusal, match="blemish_cleared_before_opened"):
        cleared(on=date(2026, 5, 31))
