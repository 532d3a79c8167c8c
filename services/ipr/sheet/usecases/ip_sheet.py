"""Let a bank read the rights behind an application it holds; every read is audited with its consent."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.ipr.right.rules import portfolio as portfolio_rules
from services.ipr.right.rules.portfolio import Summary
from services.ipr.right.store import right as rights
from services.ipr.right.store.right import RightRow
from services.ipr.sheet.rules import ip_sheet as rules
from services.ipr.sheet.store import ip_sheet as sheets
from services.ipr.sheet.store.ip_sheet import SheetRow
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet

FIELDS = ("summary", "rights")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a bank sees: the firm's summary and its rights today."""

    application: SheetRow
    consent_id: UUID
    enterprise_name: str | None
    summary: Summary
    rule_set: RuleSet
    rights: Sequence[RightRow]


async def read_sheet(tx: Transaction, application_id: UUID, book: RuleBook) -> Sheet:
    """Return the IP sheet of an application of the calling bank.

    Raises:
        Refusal: `not_found`, also for another bank's application; `sheet_application_closed`; `sheet_consent_missing`.
    """
    application = await sheets.find_application(tx, application_id)
    if application is None:
        raise Refusal(NOT_FOUND, noun="ip_sheet")
    uscc = application.enterprise_uscc
    held = sheets.consents_in(application.consents)
    consent = rules.open_sheet(uscc, application.application_status, held, tx.now)
    rule_set = book.pick(portfolio_rules.POLICY, tx.today)
    owned = await rights.owned_by(tx, uscc)
    counted = [rights.held_right(row, share_ppm=row.share_ppm) for row in owned]
    tx.audit(
        "ip_sheet.read",
        subject=f"loan_application/{application_id}",
        uscc=uscc,
        purpose=consent.purpose,
        consent_id=consent.consent_id,
        fields=FIELDS,
    )
    return Sheet(
        application=application,
        consent_id=consent.consent_id,
        enterprise_name=application.enterprise_name,
        summary=portfolio_rules.summarise(counted, rule_set, tx.today),
        rule_set=rule_set,
        rights=owned,
    )
