"""The IP sheet of a loan application: what a bank may read, by consent, audited."""

from datetime import date
from uuid import UUID

from fastapi import Response

from services.ipr.right.rules.portfolio import is_high_value
from services.ipr.right.rules.portfolio_read import PortfolioRead
from services.ipr.right.rules.right_kind import KIND_ZH, RightKind, display_number
from services.ipr.right.rules.right_status import LegalStatus
from services.ipr.right.rules.right_term import months_left
from services.ipr.right.store.right import held_right
from services.ipr.sheet.rules import ip_sheet as rules
from services.ipr.sheet.usecases import ip_sheet as usecases
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Read
from shared.web.answer import answered
from shared.web.edge import Book, Tx, edge, edge_router, refusals

router = edge_router(tags=["ip-sheets"])


class SheetRight(Read):
    """One right as a bank sees it: the firm's own share, never who else owns it."""

    kind: RightKind
    kind_zh: str
    right_no: str
    right_no_display: str
    title: str
    legal_status: LegalStatus
    status_since_on: date
    filed_on: date | None
    granted_on: date | None
    ends_on: date | None
    months_left: int | None
    share_ppm: int
    co_owners: int
    high_value: bool
    blemished: bool
    evidence_level: EvidenceLevel


class SheetRead(Read):
    """The IP sheet of one application, as of today, under the consent that opened it."""

    application_id: UUID
    case_no: str
    application_status: str
    consent_id: UUID
    summary: PortfolioRead
    rights: list[SheetRight]


@router.get(
    "/ip-sheets/{application_id}",
    response_model=SheetRead,
    responses=refusals(NOT_FOUND, rules.SHEET_CONSENT_MISSING, rules.SHEET_APPLICATION_CLOSED),
)
@edge(scope="ipr.sheet:read", row="bank", summary_zh="贷款申请的知识产权清单", audited=True)
async def read_sheet(application_id: UUID, tx: Tx, book: Book) -> Response:
    """Show a bank the rights of the firm behind an application it holds, if the firm consents; the read is audited."""
    sheet = await usecases.read_sheet(tx, application_id, book)
    uscc = sheet.application.enterprise_uscc
    rights = [
        SheetRight.of(
            right,
            kind_zh=KIND_ZH[right.kind],
            right_no_display=display_number(right.kind, right.right_no),
            months_left=months_left(right.ends_on, tx.today),
            high_value=is_high_value(held_right(right, share_ppm=right.share_ppm), sheet.rule_set, tx.today),
        )
        for right in sheet.rights
    ]
    return answered(
        SheetRead.of(
            sheet.application,
            consent_id=sheet.consent_id,
            summary=PortfolioRead.of(uscc, sheet.enterprise_name, tx.today, sheet.summary, sheet.rule_set),
            rights=rights,
        )
    )
