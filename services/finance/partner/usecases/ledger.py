"""Consents are granted and withdrawn anew, by the terms that the record names."""

from collections.abc import AsyncIterator
from functools import partial

from services.finance.partner.models.consent import Consent
from services.finance.partner.rules import consent as rules
from services.finance.partner.rules.consent import ConsentScope
from services.finance.settings import POLICIES
from shared.db.act import every_row, is_decided_alike, last_acts
from shared.db.transaction import Transaction
from shared.db.verification import Walk
from shared.kernel.clock import shanghai_date
from shared.policy.book import RuleBook


async def consents_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each consent that its terms would not have granted, or not have ended, as it stands."""
    book = RuleBook.from_folder(POLICIES)
    granted, revoked = await last_acts(tx, "consent.grant"), await last_acts(tx, "consent.revoke")
    async for one in every_row(tx, Consent):
        subject = f"consent/{one.id}"
        if not is_decided_alike(granted.get(subject), book, partial(_grants, one)):
            yield f"{one.id} (grant)"
        if not is_decided_alike(revoked.get(subject), book, partial(_revokes, one)):
            yield f"{one.id} (revoke)"


def _grants(one: Consent, book: RuleBook) -> bool:
    again = rules.grant(
        book.pick(rules.POLICY, shanghai_date(one.granted_at)),
        scopes=[ConsentScope(scope) for scope in one.scopes],
        text_version=one.text_version,
        capacity=one.signer_capacity,
        mandate_sha256=one.mandate_sha256,
        expires_at=one.expires_at,
        now=one.granted_at,
    )
    return (list(again.scopes), again.text.sha256) == (one.scopes, one.text_sha256)


def _revokes(one: Consent, book: RuleBook) -> bool:
    if one.revoked_at is None:
        return True
    on = shanghai_date(one.revoked_at)
    again = rules.revoke(book.pick(rules.POLICY, on), revoked_at=None, now=one.revoked_at, today=on)
    return again.purge_by_on == one.purge_by_on


LEDGERS = (
    Walk("每份授权等于按其条款重新办理", "each consent is what its terms grant and end anew", consents_that_differ),
)
"""What must find nothing."""
