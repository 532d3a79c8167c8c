"""A change in one statement: decided on what was read without a lock, made only if that still stands.

The read brings all that the rule needs and the versions of the rows it stands on. The write names those versions again:
it holds the rows first, and if one has moved on it changes nothing, and the call reads and decides anew. A transaction
that holds its rows from the read on (see `Transaction.read_versions`) makes the same change with the same statement.
"""

from dataclasses import dataclass

from shared.db import bookkeeping
from shared.db.statement import Statement

_UNIQUE_VIOLATION = "23505"
_KEYED = """
SELECT kept.fingerprint, kept.status, kept.headers, kept.body, own.*
FROM (VALUES (TRUE)) AS one (call)
LEFT JOIN ({kept}) AS kept ON TRUE
LEFT JOIN ({own}) AS own ON TRUE
"""
# `turn` lets nobody wait for a request under the same key: who finds it taken is told so at once. `claim` has a row if
# everything was made; a word that is taken otherwise (a bank's reference) ends the statement, and nothing was made.
_WHOLE = """
WITH turn AS (
    SELECT pg_try_advisory_xact_lock(:turn_number) AS is_free
), held AS MATERIALIZED (
    {held}
), claim AS (
    {answer}
    ON CONFLICT (client_id, route, key) DO NOTHING RETURNING TRUE AS made
), {parts}, {bookkeeping}
SELECT EXISTS (SELECT FROM claim) AS is_made, (SELECT is_free FROM turn) AS is_free
"""
_WITHIN = """
WITH held AS MATERIALIZED (
    {held}
), claim AS MATERIALIZED (
    SELECT FROM held
), {parts}
SELECT EXISTS (SELECT FROM claim) AS is_made
"""


class Overtaken(Exception):  # noqa: N818  # a state of the world: the call reads and decides anew
    """What was read is no longer so, or a word that must be used once was taken meanwhile; nothing was changed."""


def is_taken(fault: object) -> bool:
    """Tell whether the server refused a row since another has its word already."""
    return getattr(fault, "sqlstate", None) == _UNIQUE_VIOLATION


class VersionedRead:
    """One SELECT for all that a rule needs, and what holds its rows where the call cannot do without.

    Args:
        sql: the SELECT; its first column is never null, so that a row is told from none.
        locks: statements that hold the rows, in the order in which everybody holds them.
    """

    def __init__(self, sql: str, *, locks: tuple[str, ...]) -> None:
        """Number the names of every form."""
        self.plain = Statement(sql)
        self.keyed = Statement(_KEYED.format(kept=bookkeeping.KEPT_ANSWER, own=sql))
        self.locks = tuple(Statement(lock) for lock in locks)


@dataclass(frozen=True, slots=True)
class Held:
    """The rows that a change stands on.

    Attributes:
        rows: what stands behind FROM.
        condition: which rows, with the versions that were read.
        tables: names that are held, in the order in which everybody holds them.
    """

    rows: str
    condition: str
    tables: str

    def select(self, *, also: str = "TRUE") -> str:
        """Return the SELECT that gives one row and holds it, or none."""
        if not self.tables:
            return f"SELECT TRUE WHERE {also}"  # constant text
        return f"SELECT TRUE FROM {self.rows} WHERE {also} AND {self.condition} FOR NO KEY UPDATE OF {self.tables}"  # noqa: S608  # constant text


NOTHING_HELD = Held("", "", "")
"""Of a change that makes its first row: who comes second finds the row's name taken."""


class VersionedWrite:
    """One statement for a whole change.

    Args:
        held: the rows that it stands on.
        parts: parts of a WITH statement that change rows, each on the condition that part `claim` gave a row.
    """

    def __init__(self, held: Held, parts: str) -> None:
        """Compose both forms: with events, audit rows and answer, and as a part of a transaction."""
        parts = parts.strip().removesuffix(",")
        self.whole = Statement(
            _WHOLE.format(
                held=held.select(also="(SELECT is_free FROM turn)"),
                answer=bookkeeping.answer(after="held"),
                parts=parts,
                bookkeeping=bookkeeping.parts(after="claim"),
            )
        )
        self.within = Statement(_WITHIN.format(held=held.select(), parts=parts))
