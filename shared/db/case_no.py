"""Case numbers: what a clerk reads over the phone, as in KC-2026-500107-000123."""

from enum import IntEnum

from sqlalchemy import text

from shared.db.transaction import Transaction

_PER_SERIES = 100_000
_NEXT = text("""
INSERT INTO case_number AS counter (prefix, value) VALUES (:prefix, 1)
ON CONFLICT (prefix) DO UPDATE SET value = counter.value + 1 RETURNING value
""")


class CaseSeries(IntEnum):
    """The first digit of the serial: services count apart, yet a number names one case of the whole suite."""

    REGISTRY = 0
    FINANCE = 3
    TECHTRANSFER = 6
    IPR = 9


class CaseSeriesExhausted(Exception):  # noqa: N818  # says what happened
    """A unit has used up the 99,999 numbers of one series and year."""


async def next_case_no(tx: Transaction, unit_id: str, *, series: CaseSeries) -> str:
    """Return the next number of the unit, series and year of `tx.today`; a roll-back gives the number back.

    Args:
        tx: the transaction.
        unit_id: reporting unit, or 500000 for the city.
        series: of the service that keeps the case.

    Raises:
        CaseSeriesExhausted: above 99,999 cases of one series in one unit and year.
    """
    prefix = f"KC-{tx.today.year}-{unit_id}"
    value = int((await tx.session.execute(_NEXT, {"prefix": prefix})).scalar_one())
    if value >= _PER_SERIES:
        raise CaseSeriesExhausted(prefix)
    return f"{prefix}-{series * _PER_SERIES + value:06d}"
