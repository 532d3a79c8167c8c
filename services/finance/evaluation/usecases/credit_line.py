"""The credit line of a firm with the evaluation behind it, for the firm itself and the city."""

from dataclasses import dataclass

from services.finance.evaluation.models.credit_line import CreditLine
from services.finance.evaluation.models.kv_evaluation import KvEvaluation
from services.finance.evaluation.rules import credit_line as rules
from services.finance.evaluation.store import credit_line as lines
from services.finance.evaluation.store import kv_evaluation as evaluations
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND


@dataclass(frozen=True, slots=True)
class CreditSummary:
    """A firm's line and the evaluation behind it."""

    line: CreditLine
    evaluation: KvEvaluation


async def left_under(tx: Transaction, uscc: str, limit_fen: int) -> int:
    """Return what a signature under `limit_fen` could still reserve on a firm's line, over all banks, in fen."""
    line = await lines.find(tx, uscc)
    return limit_fen if line is None else rules.available(limit_fen, line.reserved_fen, line.drawn_fen)


async def read_credit_limit(tx: Transaction, uscc: str) -> CreditSummary:
    """Return the credit line of a firm to itself or to the city; banks read the credit file instead.

    Raises:
        Refusal: `not_found` (no evaluation yet, or another firm's).
    """
    line = await lines.find_visible(tx, uscc)
    if line is None:
        raise Refusal(NOT_FOUND, noun="credit_limit")
    return CreditSummary(line, await evaluations.get(tx, line.evaluation_id))
