"""Evaluations are made anew from their frozen facts, by the rule sets that they name."""

from collections.abc import AsyncIterator

from services.finance.evaluation.models.kv_evaluation import KvEvaluation
from services.finance.evaluation.rules import kv_evaluation as rules
from services.finance.settings import POLICIES
from shared.db.act import every_row
from shared.db.transaction import Transaction
from shared.db.verification import Walk
from shared.policy.book import RuleBook
from shared.policy.decision import open_record


async def evaluations_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each evaluation that differs, in its row or a byte of its record, from what its facts and rules make."""
    book = RuleBook.from_folder(POLICIES)
    async for one in every_row(tx, KvEvaluation):
        scoring, uplift = book.by_sha256(one.rule_set_sha256), book.by_sha256(one.uplift_rule_set_sha256)
        if scoring is None or uplift is None:
            yield f"{one.id} ({one.rule_set_version}?)"
            continue
        held = open_record(one.record.encode())
        again = rules.evaluate(held.facts, scoring, uplift, held.as_of)
        kept = (one.record.encode(), one.uplift_record.encode(), one.limit_fen, one.grade)
        if (again.record, again.uplift_record, again.limit_fen, again.grade) != kept:
            yield str(one.id)


LEDGERS = (
    Walk(
        "每次评价等于按其事实与规则重新评价",
        "each evaluation is what its facts and rules make anew",
        evaluations_that_differ,
    ),
)
"""What must find nothing."""
