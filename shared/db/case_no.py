"""Case numbers: what a clerk reads over the phone, as in KC-2026-500107-000123."""

from sqlalchemy import text

from shared.db.transaction import Transaction

_NEXT = text("""
INSERT INTO case_number AS counter (prefix, value) VALUES (:prefix, 1)
ON CONFLICT (prefix) DO UPDATE SET value = counter.value + 1 RETURNING value
""")


async def next_case_no(tx: Transaction, unit_id: str, *, mark: str = "KC") -> str:
    """Return the next number of the unit and year of `tx.today`; unique, without gaps unless a transaction rolls back.

    Args:
        tx: the transaction.
        unit_id: reporting unit, or 500000 for the city.
        mark: leading letters that tell the kind of case.
    """
    prefix = f"{mark}-{tx.today.year}-{unit_id}"
    value = (await tx.session.execute(_NEXT, {"prefix": prefix})).scalar_one()
    return f"{prefix}-{value:06d}"
