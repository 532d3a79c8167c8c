"""The credit line of a firm with the evaluation behind it, for the firm itself and the city."""

from services.finance.evaluation.models.credit_line import CreditLine
from services.finance.evaluation.rules import credit_line as rules
from services.finance.evaluation.store import credit_line as lines
from services.finance.evaluation.store.credit_line import LineRow
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND


def left_under(line: CreditLine | None, limit_fen: int) -> int:
    """Return what a signature under `limit_fen` could still reserve on a firm's line, over all banks, in fen."""
    return limit_fen if line is None else rules.available(limit_fen, line.reserved_fen, line.drawn_fen)


async def read_credit_limit(tx: Transaction, uscc: str) -> LineRow:
    """Return the line of a firm and the result behind it to itself or to the city; banks read the credit file instead.

    Raises:
        Refusal: `not_found` (no evaluation yet, or another firm's).
    """
    found = await lines.find_page(tx, uscc)
    if found is None:
        raise Refusal(NOT_FOUND, noun="credit_limit")
    return found
