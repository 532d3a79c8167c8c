"""Sum up a firm's rights and tell it when it changed: once per firm and transaction, under the firm's lock.

A single right is summed up with its own transaction. A list only marks the firms it touches; they are summed up once,
when all its lines are written.
"""

from collections.abc import Collection
from typing import Any

from services.ipr.right.rules import portfolio as rules
from services.ipr.right.rules.portfolio import Summary
from services.ipr.right.store import portfolio as portfolios
from services.ipr.right.store.portfolio import ToldSummary
from services.ipr.right.store.right import SEES_ALL
from shared.db.bulk import read_by_key
from shared.db.transaction import Transaction
from shared.db.turns import in_turns
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet


async def retell(tx: Transaction, usccs: Collection[str], book: RuleBook) -> list[str]:
    """Sum up these firms anew and emit `ipr.portfolio.changed` for each whose summary changed.

    Called once per transaction, after the rights were changed: their rows are locked before the firms'.

    Returns:
        Codes of the firms whose summary changed.
    """
    rule_set = book.pick(rules.POLICY, tx.today)
    await tx.session.flush()
    held = await portfolios.lock(tx, usccs, rule_set)
    rights = await portfolios.held_rights(tx, held)
    changed, rows = [], []
    async for uscc in in_turns(sorted(held)):
        summary = rules.summarise(rights[uscc], rule_set, tx.today)
        row = _row(uscc, summary)
        if _differs(held[uscc], row, rule_set):
            tx.emit(summary.told(uscc, tx.today, rule_set))
            changed.append(uscc)
        rows.append({**row, "changed": uscc in changed[-1:]})
    await portfolios.save(tx, rows, rule_set)
    return changed


async def mark_stale(tx: Transaction, usccs: Collection[str], book: RuleBook) -> None:
    """Leave these firms to `retell_stale`: their rights were changed by a list in this transaction."""
    await portfolios.mark_stale(tx, usccs, book.pick(rules.POLICY, tx.today))


async def retell_stale(tx: Transaction, book: RuleBook, *, limit: int) -> int:
    """Sum up firms that lists have touched, at most `limit`, and tell each whose summary changed.

    Returns:
        How many firms were summed up; 0 only if none waits any more, whoever else sums firms up meanwhile.
    """
    await read_by_key(tx)
    firms = await portfolios.lock_stale(tx, limit)
    if firms:
        await retell(tx, firms, book)
    return len(firms)


async def read_portfolio(tx: Transaction, uscc: str, book: RuleBook) -> tuple[Summary, RuleSet, str | None]:
    """Return a firm's summary as of today, the rule set behind it and the firm's name.

    Raises:
        Refusal: `not_found` for a firm that is unknown or not the caller's to see.
    """
    own = tx.actor.role is Role.ENTERPRISE and tx.actor.party == uscc
    sees_all = tx.actor.role in SEES_ALL
    firm = await portfolios.seen_firm(tx, uscc, sees_all=sees_all)
    if not (firm.registered or own or (sees_all and firm.summed_up)):
        raise Refusal(NOT_FOUND, noun="portfolio")
    rule_set = book.pick(rules.POLICY, tx.today)
    return rules.summarise(firm.rights, rule_set, tx.today), rule_set, firm.name


def _row(uscc: str, summary: Summary) -> dict[str, Any]:
    counts = {name: getattr(summary, name) for name in portfolios.COUNTS}
    kinds = [kind.model_dump() for kind in summary.kinds]
    return {"uscc": uscc, **counts, "kinds": kinds, "next_change_on": summary.next_change_on}


def _differs(told: ToldSummary, row: dict[str, Any], rule_set: RuleSet) -> bool:
    if told.told_at is None:
        # Nothing was told yet: an empty summary says no more than silence does.
        return bool(row["kinds"] or row["blemished_count"])
    same = all(getattr(told, name) == row[name] for name in (*portfolios.COUNTS, "kinds"))
    return not same or told.rule_set_sha256 != rule_set.sha256
