"""What a bank may read of a firm's rights: an open application it holds, and a consent that covers it now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.kernel.errors import Refusal, RefusalCode

SHEET_SCOPE = "IP_PORTFOLIO"
SHEET_PURPOSES = frozenset({"LOAN_APPLICATION", "POST_LOAN"})
CLOSED_STATUSES = frozenset({"REJECTED", "CANCELLED", "LAPSED"})
"""Statuses of an application that no longer opens the sheet."""

SHEET_CONSENT_MISSING = RefusalCode(
    code="sheet_consent_missing",
    status=403,
    title_zh="企业未授权本银行读取知识产权清单，或授权已撤回、过期",
    title_en="No consent of the enterprise covers its IP portfolio now: missing, withdrawn or expired",
    way_out_zh="申请仍保留；请企业签署包含知识产权汇总的授权。",
    way_out_en="The application is kept; ask the enterprise for a consent that covers its IP portfolio.",
    hint_zh="授权范围 IP_PORTFOLIO。",
    hint_en="The scope of the consent is IP_PORTFOLIO.",
)
SHEET_APPLICATION_CLOSED = RefusalCode(
    code="sheet_application_closed",
    status=403,
    title_zh="贷款申请已结束（{status}），知识产权清单不再开放",
    title_en="The application has ended ({status}): its IP sheet is closed",
    way_out_zh="如企业重新申请，清单将随新申请开放。",
    way_out_en="A new application of the enterprise opens a new sheet.",
)


@dataclass(frozen=True, slots=True)
class SheetConsent:
    """A consent of the firm to the bank as ipr holds it."""

    consent_id: UUID
    purpose: str
    scopes: frozenset[str]
    granted_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def open_sheet(uscc: str, status: str, consents: Sequence[SheetConsent], now: datetime) -> SheetConsent:
    """Return the consent under which a bank may read the sheet of an application now.

    A refusal names the firm (`uscc`), so that the audit row of the refused read stands under it.

    Raises:
        Refusal: `sheet_application_closed`; `sheet_consent_missing`.

    Source: I-SHEET-01 (docs/rules/ipr.md).
    """
    if status in CLOSED_STATUSES:
        raise Refusal(SHEET_APPLICATION_CLOSED, status=status, uscc=uscc)
    for consent in sorted(consents, key=lambda one: one.expires_at, reverse=True):
        covers = SHEET_SCOPE in consent.scopes and consent.purpose in SHEET_PURPOSES
        if covers and consent.revoked_at is None and consent.granted_at <= now < consent.expires_at:
            return consent
    raise Refusal(SHEET_CONSENT_MISSING, uscc=uscc)
