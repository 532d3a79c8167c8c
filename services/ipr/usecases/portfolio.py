"""Sum up a firm's rights and tell it when it changed: once per firm and transaction, under the firm's lock."""

from collections.abc import Collection

from services.ipr.models.portfolio import Portfolio
from services.ipr.rules import portfolio as rules
from services.ipr.rules.portfolio import Summary
from services.ipr.store import enterprise as enterprises
from services.ipr.store import portfolio as portfolios
from services.ipr.store.right import SEES_ALL
from shared.db.transaction import Transaction
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
    changed = []
    for uscc in sorted(held):
        row, summary = held[uscc], rules.summarise(rights[uscc], rule_set, tx.today)
        if _differs(row, summary, rule_set):
            tx.emit(summary.told(uscc, tx.today, rule_set))
            row.told_at = tx.now
            changed.append(uscc)
        _apply(row, summary, rule_set, tx)
    return changed


async def read_portfolio(tx: Transaction, uscc: str, book: RuleBook) -> tuple[Summary, RuleSet, str | None]:
    """Return a firm's summary as of today, the rule set behind it and the firm's name.

    Raises:
        Refusal: `not_found` for a firm that is unknown or not the caller's to see.
    """
    enterprise = await enterprises.find_visible(tx, uscc)
    own = tx.actor.role is Role.ENTERPRISE and tx.actor.party == uscc
    sees_all = tx.actor.role in SEES_ALL
    known = enterprise is not None or own or (sees_all and await portfolios.find(tx, uscc) is not None)
    if not known:
        raise Refusal(NOT_FOUND, noun="portfolio")
    rule_set = book.pick(rules.POLICY, tx.today)
    rights = await portfolios.held_rights(tx, [uscc])
    return rules.summarise(rights[uscc], rule_set, tx.today), rule_set, enterprise.name if enterprise else None


def _differs(row: Portfolio, summary: Summary, rule_set: RuleSet) -> bool:
    if row.told_at is None:
        # Nothing was told yet: an empty summary says no more than silence does.
        return bool(summary.kinds or summary.blemished_count)
    counts = ("class_1_count", "class_2_count", "high_value_count", "blemished_count")
    same = all(getattr(row, name) == getattr(summary, name) for name in counts)
    kinds = [kind.model_dump() for kind in summary.kinds]
    return not same or row.kinds != kinds or row.rule_set_sha256 != rule_set.sha256


def _apply(row: Portfolio, summary: Summary, rule_set: RuleSet, tx: Transaction) -> None:
    row.as_of = tx.today
    row.class_1_count = summary.class_1_count
    row.class_2_count = summary.class_2_count
    row.high_value_count = summary.high_value_count
    row.blemished_count = summary.blemished_count
    row.kinds = [kind.model_dump() for kind in summary.kinds]
    row.rule_set_version = rule_set.version
    row.rule_set_sha256 = rule_set.sha256
    row.next_change_on = summary.next_change_on
    row.updated_at = tx.now
