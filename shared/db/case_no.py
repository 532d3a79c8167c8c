"""Case numbers: what a clerk reads over the phone, as in KC-2026-500107-000123."""

from collections.abc import Collection, Mapping
from enum import IntEnum

from sqlalchemy import text

from shared.db.transaction import Transaction

# In order of their names: two transactions that hold several counters wait for one another, never in a circle.
_HELD = text("""
INSERT INTO case_number AS counter (prefix, value)
SELECT prefix, 0 FROM unnest(CAST(:prefixes AS text[])) AS prefix ORDER BY prefix
ON CONFLICT (prefix) DO UPDATE SET value = counter.value RETURNING prefix, value
""")
_KEEP = text("""
UPDATE case_number AS counter SET value = reached.value
FROM unnest(CAST(:prefixes AS text[]), CAST(:values AS bigint[])) AS reached (prefix, value)
WHERE counter.prefix = reached.prefix
""")
_NEXT = text("""
INSERT INTO case_number AS counter (prefix, value) VALUES (:prefix, 1)
ON CONFLICT (prefix) DO UPDATE SET value = counter.value + 1 RETURNING value
""")


# What a lost event told is known to others; of what no event told nobody here knows how many there were.
_RAISE = text("""
INSERT INTO case_number AS counter (prefix, value)
SELECT substring(case_no from '^(.*)-'), max(CAST(substring(case_no from '-[0-9]([0-9]+)$') AS bigint))
FROM unnest(CAST(:numbers AS text[])) AS case_no
WHERE case_no ~ '^KC-[0-9]{4}-[0-9]{6}-[0-9]{6,18}$' GROUP BY 1 ORDER BY 1
ON CONFLICT (prefix) DO UPDATE SET value = greatest(counter.value, excluded.value)
""")
LEAP = 1_000
"""So many numbers at least are left out after a restoration: more than a unit gives between two copies of the log."""


class CaseSeries(IntEnum):
    """The first digit of the serial: services count apart, yet a number names one case of the whole suite."""

    REGISTRY = 0
    FINANCE = 3
    TECHTRANSFER = 6
    IPR = 9


async def next_case_no(tx: Transaction, unit_id: str, *, series: CaseSeries) -> str:
    """Return the next number of the unit, series and year of `tx.today`; a roll-back gives the number back.

    Args:
        tx: the transaction.
        unit_id: reporting unit, or 500000 for the city.
        series: of the service that keeps the case.
    """
    prefix = _prefix(tx, unit_id)
    value = int((await tx.session.execute(_NEXT, {"prefix": prefix})).scalar_one())
    return _number(prefix, value, series)


class CaseNumbers:
    """Numbers of one series for many cases of one transaction: a unit's counter is read once and written once.

    A counter is locked from `hold` or its first number to the end of the transaction, as by `next_case_no`. The
    transaction must call `keep` after the last number; a roll-back gives all of them back.
    """

    def __init__(self, tx: Transaction, series: CaseSeries) -> None:
        """Start without a number taken."""
        self._tx = tx
        self._series = series
        self._values: dict[str, int] = {}

    async def hold(self, unit_ids: Collection[str]) -> None:
        """Lock the counters of all units that may need a number, in one statement and in order.

        Whoever takes numbers of several units holds them first: units locked one by one, as they come, may lie
        crosswise to those of another transaction.
        """
        prefixes = {_prefix(self._tx, unit_id) for unit_id in unit_ids} - self._values.keys()
        if prefixes:
            rows = await self._tx.session.execute(_HELD, {"prefixes": sorted(prefixes)})
            self._values |= {row.prefix: int(row.value) for row in rows}

    async def take(self, unit_id: str) -> str:
        """Return the next number of the unit, as `next_case_no` would."""
        await self.hold([unit_id])
        prefix = _prefix(self._tx, unit_id)
        self._values[prefix] += 1
        return _number(prefix, self._values[prefix], self._series)

    async def keep(self) -> None:
        """Write how far each counter has come."""
        if self._values:
            given = {"prefixes": list(self._values), "values": list(self._values.values())}
            await self._tx.session.execute(_KEEP, given)


async def raise_above(tx: Transaction, numbers: Collection[str]) -> None:
    """Let no number be given again that others know: after a restored backup the counters are older than the cases."""
    if numbers:
        await tx.session.execute(_RAISE, {"numbers": sorted(numbers)})


COUNTERS = """
SELECT array_agg(ARRAY[prefix, value::text] ORDER BY prefix)
FROM (SELECT * FROM case_number WHERE value > 0) AS given
"""
"""Each counter from which a number was given, as [prefix, value]; asks a database that has the table."""


def leapt(value: int) -> int:
    """Return where a counter goes on after a restoration: a full thousand, and `LEAP` numbers on at the least."""
    return (value + 2 * LEAP - 1) // LEAP * LEAP


def left_out(series: CaseSeries, prefix: str, value: int, known: int) -> str:
    """Return the numbers that a restored counter does not give again, such as KC-2026-500107-300008…302000.

    Args:
        series: of the service.
        prefix: of the counter.
        value: that it was restored with.
        known: that it is known to have had since, if it is more.
    """
    last = _number(prefix, leapt(max(value, known)), series)
    return f"{_number(prefix, value + 1, series)}…{last.rpartition('-')[2]}"


def leap_statement(unit_ids: Collection[str], year: int, known: Mapping[str, int]) -> str:
    """Return what an administrator does to a restored database before anybody takes a number from it.

    Each counter goes on as `leapt` says, also that of a unit whose first case of the year was lost. On a database
    without the table nothing is done.

    Args:
        unit_ids: of all reporting units, and of the city.
        year: of today.
        known: prefix → how far its counter is known to have come, of the database that is given up.
    """
    begun = {**dict.fromkeys((f"KC-{year}-{unit_id}" for unit_id in unit_ids), 0), **known}
    rows = ", ".join(f"('{prefix}', {value:d})" for prefix, value in sorted(begun.items()))
    return f"""
        DO $leap$ BEGIN
            IF to_regclass('public.case_number') IS NOT NULL THEN
                INSERT INTO public.case_number AS counter (prefix, value)
                SELECT prefix, value FROM (VALUES {rows}) AS known (prefix, value)
                ON CONFLICT (prefix) DO UPDATE SET value = greatest(counter.value, excluded.value);
                UPDATE public.case_number SET value = (value + {2 * LEAP - 1}) / {LEAP} * {LEAP};
            END IF;
        END $leap$
    """  # noqa: S608  # units of the kernel, counters of our own and numbers


def _prefix(tx: Transaction, unit_id: str) -> str:
    return f"KC-{tx.today.year}-{unit_id}"


def _number(prefix: str, value: int, series: CaseSeries) -> str:
    # Beyond 99,999 cases of one unit and year a serial grows by a digit: a city's list may be that long.
    return f"{prefix}-{series:d}{value:05d}"
