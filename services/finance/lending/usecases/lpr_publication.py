"""Record a publication of the LPR, and tell the rate of a day."""

from datetime import date, timedelta
from uuid import UUID

from services.finance.lending.models.lpr_publication import LprPublication
from services.finance.lending.rules import lpr as rules
from services.finance.lending.rules import lpr_publication as publication_rules
from services.finance.lending.rules.lpr import DayRate
from services.finance.lending.rules.lpr_publication import HeldPublication, LprPublicationTerms
from services.finance.lending.store import lpr_publication as publications
from services.finance.lending.store.lpr_publication import KnownDays
from shared.db.lock import lock_transaction
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.policy.book import RuleBook

RECORDERS = frozenset({Role.CITY, Role.SYSTEM})


async def rate_of(tx: Transaction, book: RuleBook, on: date) -> DayRate:
    """Return the rate of a day, recorded publications included.

    Raises:
        Refusal: `lpr_unknown`; `rule_set_not_in_force`.
    """
    return rules.on_day(book, on, *await publications.known_on(tx, on))


def known_rate(book: RuleBook, on: date, known: KnownDays) -> DayRate | None:
    """Return the rate of a day by what is known of it, None where no rate is."""
    try:
        return rules.on_day(book, on, *known)
    except Refusal:
        return None


async def record_publication(
    tx: Transaction, terms: LprPublicationTerms, book: RuleBook, *, publication_id: UUID
) -> LprPublication:
    """Record what was published; the city's officer does, on the announcement.

    Raises:
        Refusal: `forbidden_role`; and all of `rules.lpr_publication.record`.
    """
    tx.actor.must_be(RECORDERS)
    lpr_rules = book.pick(rules.POLICY, tx.today)
    # Before any reckoning with it: the first day of the calendar has no day before.
    publication_rules.check_day(terms.published_on, lpr_rules, today=tx.today)
    await lock_transaction(tx.session, "lpr_publication")
    before = terms.published_on - timedelta(days=1)
    held = await publications.of_month(tx, terms.published_on.year * 100 + terms.published_on.month)
    month = publication_rules.record(
        terms,
        lpr_rules,
        before_ppm=await _before(tx, book, before),
        held=None if held is None else HeldPublication(held.id, held.rate_ppm),
        today=tx.today,
    )
    if held is not None:
        held.replaced_at = tx.now
        await tx.session.flush()
    row = LprPublication(
        id=publication_id,
        month=month,
        published_on=terms.published_on,
        rate_ppm=terms.rate_ppm,
        source=terms.source,
        evidence=terms.evidence.model_dump(mode="json"),
        replaces_id=terms.replaces_id,
        replaced_at=None,
        recorded_by=tx.actor.client_id,
        created_at=tx.now,
    )
    tx.session.add(row)
    tx.audit(
        "lpr_publication.record",
        subject=f"lpr_publication/{publication_id}",
        detail={"month": month, "rate_ppm": terms.rate_ppm, "source": terms.source},
    )
    return row


async def _before(tx: Transaction, book: RuleBook, on: date) -> int | None:
    """Return the rate of the day before, None where the series has not begun."""
    found = known_rate(book, on, await publications.known_on(tx, on))
    return None if found is None else found.rate_ppm
