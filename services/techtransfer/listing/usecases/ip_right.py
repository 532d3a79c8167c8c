"""Holding ipr's rights, and what they say of the numbers that an achievement claims."""

from collections.abc import Sequence

from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.rules import ip_right as rules
from services.techtransfer.listing.rules.achievement import AchievementTerms
from services.techtransfer.listing.rules.ip_right import RightCheck
from services.techtransfer.listing.store import ip_right as store
from services.techtransfer.listing.usecases.standing import Standing
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.ipr import RightChanged


async def hold_rights(tx: Transaction, events: Sequence[Envelope[RightChanged]]) -> None:
    """Hold what ipr told, each right only if it is newer than what is held."""
    await store.hold(
        tx,
        [
            {
                "right_id": event.data.right_id,
                "version": event.version,
                "source_time": event.time,
                "withdrawn": event.data.withdrawn,
                "right_no": event.data.right_no,
                "kind": event.data.kind,
                "legal_status": event.data.legal_status,
                "owner_usccs": [owner.uscc for owner in event.data.owners],
                "ends_on": event.data.ends_on,
            }
            for event in events
        ],
    )


async def check_rights(
    tx: Transaction, terms: AchievementTerms | Achievement, standing: Standing | None = None
) -> tuple[RightCheck, ...]:
    """Return what is known today of the rights that an achievement claims."""
    if not terms.ip_right_nos:
        return ()
    numbers = [rules.number_key(number) for number in terms.ip_right_nos]
    held = await (standing.rights_of(terms.ip_right_nos) if standing else store.of_numbers(tx, numbers))
    return rules.check_claims(terms.ip_right_nos, held, party_uscc=terms.party_uscc, today=tx.today)


async def require_rights(
    tx: Transaction, terms: AchievementTerms | Achievement, standing: Standing | None = None
) -> None:
    """Refuse an achievement that claims a right that has ended, or another's without a letter of authority.

    Raises:
        Refusal: `claimed_right_lapsed`, `claimed_right_of_others`.
    """
    rules.require_claims(await check_rights(tx, terms, standing), has_authority=terms.authority_sha256 is not None)
