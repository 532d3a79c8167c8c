"""What ipr counted is counted anew by its own rules, and what it told last is held against what stands."""

from collections.abc import AsyncIterator

from services.ipr.right.rules import portfolio as portfolio_rules
from services.ipr.right.rules import right_status as status_rules
from services.ipr.right.store import ledger as store
from services.ipr.right.store import portfolio as portfolios
from services.ipr.right.store import right as rights
from services.ipr.settings import POLICIES
from shared.db.transaction import Transaction
from shared.db.verification import Walk
from shared.policy.book import RuleBook

_AT_ONCE = 500


async def sums_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each firm whose kept sum is not what the rules it names count on its day, from the rights that stand."""
    book = RuleBook.from_folder(POLICIES)
    every = await store.summed(tx)
    for some in (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)):
        held = await portfolios.held_rights(tx, [one.uscc for one in some])
        for one in some:
            rule_set = book.by_sha256(one.rule_set_sha256)
            if rule_set is None:
                yield f"{one.uscc} ({one.rule_set_version}?)"
                continue
            summary = portfolio_rules.summarise(held[one.uscc], rule_set, one.as_of_on)
            counts = {name: getattr(summary, name) for name in portfolios.COUNTS}
            kinds = [kind.model_dump() for kind in summary.kinds]
            kept = {name: getattr(one, name) for name in portfolios.COUNTS}
            if (counts, kinds, summary.next_change_on) != (kept, one.kinds, one.next_change_on):
                yield one.uscc


async def statuses_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each right whose status is not what its recorded moves lead to."""
    rule_set = RuleBook.from_folder(POLICIES).pick(status_rules.POLICY, tx.today)
    every = await store.statuses(tx)
    for some in (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE)):
        moves = await rights.moves(tx, [one.id for one in some])
        for one in some:
            history = [rights.recorded(row) for row in moves[one.id]]
            led = status_rules.fold(history, rule_set) if history else None
            if led is None or (led.status, led.since_on) != (one.legal_status, one.status_since_on):
                yield one.right_no


LEDGERS = (
    *store.LEDGERS,
    Walk("企业知识产权汇总等于按其规则重新计算", "each sum of a firm is what its rules count anew", sums_that_differ),
    Walk("权利状态等于其变更记录的结果", "each status is what its recorded moves lead to", statuses_that_differ),
)
"""What must find nothing."""
