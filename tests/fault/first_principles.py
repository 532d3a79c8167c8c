"""Balances counted anew from what was paid, signed and received, and held against every balance that is stored.

The questions are those of `make verify`, so that every scenario proves them too; beside them stands what only a test
may know: that the fund carries 80 % of what is owed, and that no posting of any kind lies beyond its capacity.
"""

from services.finance.lending.store.ledger import LEDGERS

_LETTERS = ("K1", "K1", "K3", "K3", "K2", "K2", "K2")
"""Of each question of the product, in its order: lines, loans with their notes, covers and the fund."""

_EXPOSURE = """
WITH owed AS (
    SELECT id, amount_fen - coalesce(
        (SELECT sum(amount_fen) FROM repayment WHERE drawdown_id = note.id), 0)::bigint AS fen
    FROM drawdown AS note
)
SELECT cover.id || ' is not exposed with 80 % of its note' FROM cover JOIN owed ON owed.id = cover.drawdown_id
WHERE status = 'COVERED' AND exposure_fen <> (owed.fen * 8 + 5) / 10 OR status = 'RELEASED' AND exposure_fen <> 0
"""
_CAPACITY = "SELECT unit_id || ' is beyond its capacity' FROM fund_posting WHERE exposure_after_fen > capacity_fen"
_APPROVAL = "SELECT case_no || ' is approved for more' FROM loan_application WHERE approved_fen > amount_fen"
_BELOW_NOTHING = """
SELECT uscc || ' is below nothing at movement ' || version FROM credit_movement
WHERE reserved_after_fen < 0 OR drawn_after_fen < 0
"""
MONEY = (
    *((letter, check.en, check.query) for letter, check in zip(_LETTERS, LEDGERS, strict=True)),
    ("K1", "a line", _BELOW_NOTHING),
    ("K2", "a cover", _EXPOSURE),
    ("K2", "a posting", _CAPACITY),
    ("K3", "an application", _APPROVAL),
)
"""What must find nothing in finance's database: the checker's letter, what is asked, and the statement."""
