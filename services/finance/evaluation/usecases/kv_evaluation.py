"""Evaluate a firm, replay an evaluation, and settle changed facts into one new evaluation per firm."""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import orjson

from services.finance.evaluation.models.kv_evaluation import KvEvaluation
from services.finance.evaluation.rules import credit_line as line_rules
from services.finance.evaluation.rules import kv_evaluation as rules
from services.finance.evaluation.rules import kv_fact
from services.finance.evaluation.rules.kv_evaluation import Evaluation
from services.finance.evaluation.rules.kv_fact import Facts
from services.finance.evaluation.store import credit_line as lines
from services.finance.evaluation.store import kv_evaluation as evaluations
from shared.db.rule_set import load
from shared.db.transaction import Transaction
from shared.events.finance import EvaluationCompleted
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook
from shared.policy.decision import open_record
from shared.policy.rule_set import RuleSet

_EVALUATING = frozenset({Role.CITY, Role.ENTERPRISE, Role.SYSTEM})
"""Who has a firm evaluated; an enterprise itself alone."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Whether recomputing from the frozen facts gave the same bytes."""

    evaluation: KvEvaluation
    record: bytes
    uplift_record: bytes
    same: bool


class Decided(Protocol):
    """What tells by which rule sets an evaluation was made: its row, or some columns of it."""

    @property
    def rule_set_sha256(self) -> str:
        """Those of the score."""

    @property
    def uplift_rule_set_sha256(self) -> str:
        """Those of the uplift."""


def _entitled(tx: Transaction, uscc: str) -> None:
    """Refuse whoever is neither the city nor the firm itself."""
    tx.actor.must_be(_EVALUATING)
    if tx.actor.role is Role.ENTERPRISE and tx.actor.party != uscc:
        raise Refusal(NOT_FOUND, noun="enterprise")


async def evaluate_enterprise(tx: Transaction, uscc: str, book: RuleBook, *, evaluation_id: UUID) -> KvEvaluation:
    """Evaluate a firm on what finance holds of it today; the new evaluation binds new applications.

    Serialises with other evaluations and with applications of the same firm.

    Raises:
        Refusal: `forbidden_role`; `not_found` (a firm that the registry never told of).
    """
    _entitled(tx, uscc)
    await lines.lock_firm(tx, uscc)
    await evaluations.claim(tx, uscc)  # what is queued by now is read below; what comes later is queued again
    facts, evaluation = await _decide(tx, uscc, book)
    if facts["enterprise_known"].value is not True:
        raise Refusal(NOT_FOUND, pointer="/uscc", noun="enterprise")
    return await _keep(tx, uscc, facts, evaluation, evaluation_id=evaluation_id)


async def _decide(tx: Transaction, uscc: str, book: RuleBook) -> tuple[Facts, Evaluation]:
    scoring = book.pick(rules.POLICY, tx.today)
    facts = kv_fact.gather(await evaluations.firm_view(tx, uscc), scoring, tx.today)
    return facts, rules.evaluate(facts, scoring, book.pick(rules.UPLIFT_POLICY, tx.today), tx.today)


async def _keep(
    tx: Transaction, uscc: str, facts: Facts, evaluation: Evaluation, *, evaluation_id: UUID
) -> KvEvaluation:
    """Add the evaluation, move the line's limit, tell; what hangs on it follows as reactions of app.py."""
    line = await lines.lock(tx, uscc)
    before = None if line is None else await evaluations.get(tx, line.evaluation_id)
    record = open_record(evaluation.record)
    uplift = open_record(evaluation.uplift_record)
    row = KvEvaluation(
        id=evaluation_id,
        uscc=uscc,
        created_at=tx.now,
        created_by=tx.actor.client_id,
        causation_id=tx.causation_id,
        as_of_on=record.as_of,
        valid_until_on=evaluation.valid_until_on,
        score_milli=evaluation.score_milli,
        grade=evaluation.grade,
        base_limit_fen=evaluation.base_limit_fen,
        uplift_fen=evaluation.uplift_fen,
        limit_fen=evaluation.limit_fen,
        gates_open=evaluation.gates_open,
        on_city_register=evaluation.on_city_register,
        supersedes_id=None if before is None else before.id,
        rule_set_version=record.version,
        rule_set_sha256=record.rule_set_sha256,
        uplift_rule_set_sha256=uplift.rule_set_sha256,
        facts_sha256=kv_fact.fingerprint(facts),
        record=evaluation.record.decode(),
        uplift_record=evaluation.uplift_record.decode(),
    )
    tx.session.add(row)
    await tx.session.flush()
    after = await lines.set_limit(tx, uscc, evaluation_id=evaluation_id, limit_fen=row.limit_fen, now=tx.now)
    tx.audit("kv_evaluation.complete", subject=f"kv_evaluation/{evaluation_id}", uscc=uscc)
    tx.emit(_completed(row), line_rules.limit_changed(after))
    return row


def _completed(row: KvEvaluation) -> EvaluationCompleted:
    return EvaluationCompleted.of(row, evaluation_id=row.id)


async def settle_firm(tx: Transaction, uscc: str, book: RuleBook) -> KvEvaluation | None:
    """Make the one new evaluation of a firm whose facts changed, or none if they say the same as before.

    The transaction carries the causation id of the first change.
    """
    await lines.lock_firm(tx, uscc)
    if not await evaluations.claim(tx, uscc):
        return None
    current = await evaluations.current_of(tx, uscc)
    if current is None:
        return None
    facts, evaluation = await _decide(tx, uscc, book)
    record, uplift = open_record(evaluation.record), open_record(evaluation.uplift_record)
    held = (current.facts_sha256, current.rule_set_sha256, current.uplift_rule_set_sha256)
    if held == (kv_fact.fingerprint(facts), record.rule_set_sha256, uplift.rule_set_sha256):
        return None
    return await _keep(tx, uscc, facts, evaluation, evaluation_id=new_id())


async def replay_evaluation(tx: Transaction, evaluation_id: UUID) -> Replay:
    """Recompute an evaluation from its frozen facts with the rule sets of the database, and compare the bytes.

    Raises:
        Refusal: `not_found`; `rule_set_not_held`.
    """
    row = await evaluations.find(tx, evaluation_id)
    if row is None:
        raise Refusal(NOT_FOUND, noun="kvc_evaluation")
    held = open_record(row.record.encode())
    scoring = await load(tx, row.rule_set_sha256)
    uplift = await load(tx, row.uplift_rule_set_sha256)
    if scoring is None or uplift is None:
        raise Refusal(rules.RULE_SET_NOT_HELD, sha256=row.rule_set_sha256)
    again = rules.evaluate(held.facts, scoring, uplift, held.as_of)
    same = again.record == row.record.encode() and again.uplift_record == row.uplift_record.encode()
    return Replay(row, again.record, again.uplift_record, same)


async def rule_sets_of(tx: Transaction, evaluation: Decided, book: RuleBook) -> tuple[RuleSet, RuleSet]:
    """Return the rule sets that an evaluation was made by: for the score and for the uplift.

    Raises:
        Refusal: `rule_set_not_held`.
    """
    found = []
    for sha256 in (evaluation.rule_set_sha256, evaluation.uplift_rule_set_sha256):
        rule_set = book.by_sha256(sha256) or await load(tx, sha256)
        if rule_set is None:
            raise Refusal(rules.RULE_SET_NOT_HELD, sha256=sha256)
        found.append(rule_set)
    return found[0], found[1]


def explanation(evaluation: KvEvaluation) -> dict[str, Any]:
    """Return the record of an evaluation as data: facts with origins, lines, gates, result; and the uplift's."""
    return {"score": orjson.loads(evaluation.record), "uplift": orjson.loads(evaluation.uplift_record)}


def records_of(replay: Replay) -> dict[str, Any]:
    """Return the recomputed records as data."""
    return {"score": orjson.loads(replay.record), "uplift": orjson.loads(replay.uplift_record)}
