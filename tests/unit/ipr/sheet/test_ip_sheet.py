"""A sheet opens by consent: recipient, purpose, scope and time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.ipr.sheet.rules.ip_sheet import SheetConsent, open_sheet
from shared.kernel.errors import Refusal
from tests.unit.ipr.builders import FIRM_A

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CONSENT = SheetConsent(
    consent_id=UUID(int=1),
    purpose="LOAN_APPLICATION",
    scopes=frozenset({"IP_PORTFOLIO"}),
    granted_at=NOW,
    expires_at=NOW + timedelta(seconds=1),
    revoked_at=None,
)


def test_the_consent_that_lasts_longest_opens_the_sheet() -> None:
    longer = replace(CONSENT, consent_id=UUID(int=2), expires_at=NOW + timedelta(days=1))
    assert open_sheet(FIRM_A, "SUBMITTED", [CONSENT, longer], NOW) is longer
    assert open_sheet(FIRM_A, "APPROVED", [replace(longer, revoked_at=NOW), CONSENT], NOW) is CONSENT


@pytest.mark.parametrize(
    "consent",
    [
        replace(CONSENT, scopes=frozenset({"EVALUATION_DETAIL"})),
        replace(CONSENT, purpose="MARKETING"),
        replace(CONSENT, revoked_at=NOW - timedelta(days=1)),
        replace(CONSENT, expires_at=NOW),
        replace(CONSENT, granted_at=NOW + timedelta(seconds=1)),
    ],
)
def test_a_consent_that_does_not_cover_the_read_opens_nothing(consent: SheetConsent) -> None:
    with pytest.raises(Refusal, match="sheet_consent_missing"):
        open_sheet(FIRM_A, "SUBMITTED", [consent], NOW)


@pytest.mark.parametrize("status", ["REJECTED", "CANCELLED", "LAPSED"])
def test_an_ended_application_closes_its_sheet(status: str) -> None:
    with pytest.raises(Refusal) as refusal:
        open_sheet(FIRM_A, status, [CONSENT], NOW)
    assert refusal.value.details == {"status": status, "uscc": FIRM_A}
