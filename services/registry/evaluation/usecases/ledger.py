"""Evaluations are made anew from their frozen facts, by the rule set that they name."""

import hashlib
from collections.abc import AsyncIterator

from services.registry.evaluation.models.tech_sme_evaluation import TechSmeEvaluation
from services.registry.evaluation.rules import tech_sme_evaluation as rules
from services.registry.evaluation.store import ledger as store
from services.registry.settings import POLICIES
from shared.db.act import every_row
from shared.db.transaction import Transaction
from shared.db.verification import Walk
from shared.policy.book import RuleBook
from shared.policy.decision import canonical, open_record


async def evaluations_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each evaluation that differs, in its row or a byte of its record, from what its facts and rules make."""
    book = RuleBook.from_folder(POLICIES)
    async for one in every_row(tx, TechSmeEvaluation):
        rule_set = book.by_sha256(one.rule_set_sha256)
        if rule_set is None:
            yield f"{one.id} ({one.rule_set_version}?)"
            continue
        stored = one.record.encode()
        held = open_record(stored)
        again = rules.evaluate(rule_set, held.facts, as_of=held.as_of)
        made = (canonical(again), str(again.result["verdict"]), int(str(again.result["score_milli"])), held.as_of)
        if made != (stored, one.verdict.value, one.score_milli, one.as_of_on):
            yield str(one.id)
        elif hashlib.sha256(stored).hexdigest() != one.record_sha256:
            yield f"{one.id} (sha256)"


LEDGERS = (
    *store.LEDGERS,
    Walk(
        "每次评价等于按其事实与规则重新评价",
        "each evaluation is what its facts and rules make anew",
        evaluations_that_differ,
    ),
)
"""What must find nothing."""
