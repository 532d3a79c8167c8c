"""What a consent was used for: the reads that the audit keeps under it."""

from typing import Any

from sqlalchemy import select

from services.finance.base import metadata
from services.finance.partner.models.consent import Consent
from shared.db.keyset import KeyPart, Keyset, Page, PageWanted
from shared.db.transaction import Transaction

_ENTRY = metadata.tables["audit_entry"]
_ORDER = Keyset(KeyPart(_ENTRY.c.at, "at", descending=True), KeyPart(_ENTRY.c.position, "position", descending=True))
READ = "credit_file.read"
"""Act of the audit that reads under a consent."""


async def page_of(tx: Transaction, consent: Consent, wanted: PageWanted) -> Page[Any]:
    """Return a page of the reads under a consent, newest first; each row with `at`, `party` and `fields`.

    Raises:
        Refusal: `cursor_invalid`.
    """
    rows = select(_ENTRY.c.at, _ENTRY.c.position, _ENTRY.c.party, _ENTRY.c.fields).where(
        _ENTRY.c.uscc == consent.enterprise_uscc, _ENTRY.c.consent_id == consent.id, _ENTRY.c.action == READ
    )
    return await _ORDER.page(tx, rows, wanted)
