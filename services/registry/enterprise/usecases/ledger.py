"""What the registry computed is computed anew by the rules that it names."""

from collections.abc import AsyncIterator

from services.registry.enterprise.models.filing import Filing
from services.registry.enterprise.rules.size_class import POLICY, size_class
from services.registry.enterprise.store import filing as filings
from services.registry.enterprise.store import ledger as store
from services.registry.settings import POLICIES
from shared.db.transaction import Transaction
from shared.db.verification import Walk
from shared.policy.book import RuleBook

_AT_ONCE = 1_000


async def classes_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each firm whose size class is not what the rules it names make of its newest accepted filing."""
    book = RuleBook.from_folder(POLICIES)
    every = await store.sized(tx)
    for some in (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)):
        newest = {one.uscc: one for one in sorted(await filings.accepted_of(tx, [one.uscc for one in some]), key=_year)}
        for one in some:
            rule_set, filing = book.version(POLICY, one.size_class_version), newest.get(one.uscc)
            if rule_set is None or filing is None or filing.year != one.size_class_filing_year:
                yield one.uscc
                continue
            anew = size_class(
                rule_set,
                industry_code=one.industry_code,
                staff=filing.staff,
                revenue_fen=filing.revenue_fen,
                assets_fen=filing.assets_fen,
            )
            if anew != one.size_class:
                yield one.uscc


def _year(filing: Filing) -> int:
    return filing.year


LEDGERS = (
    *store.LEDGERS,
    Walk("规模等于按其标准重新划型", "each size class is what its rules say of the filing", classes_that_differ),
)
"""What must find nothing."""
