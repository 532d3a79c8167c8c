"""Reads without a transaction around them: each statement stands alone, and none may write.

A page that is one statement needs no BEGIN and no ROLLBACK: two more round trips than the read itself. What PostgreSQL
refuses in a read-only transaction is refused here before it is sent.
"""

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

_BY_STATEMENT = "kechuang_by_statement"
BY_STATEMENT: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", _BY_STATEMENT: True}
"""Options of a connection whose statements stand alone and may only read."""
READ_ONLY: dict[str, Any] = {"postgresql_readonly": True}
"""Options of a connection that reads in one transaction; part of BEGIN, no statement of its own."""
_READS = re.compile(r"\s*\(?\s*(SELECT|WITH|VALUES)\b", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|FOR\s+(NO\s+KEY\s+UPDATE|KEY\s+SHARE|SHARE)|INTO\s+TABLE"
    r"|nextval|setval|set_config|pg_(try_)?advisory_\w+)\b",
    re.IGNORECASE,
)


class WriteInRead(Exception):  # noqa: N818  # a mistake of ours, found before it does harm
    """A call that changes nothing would have written, or locked, a row (read-only)."""


def guard_reads(engine: Engine) -> None:
    """Refuse every statement that is no read where statements stand alone."""

    def check(connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if _BY_STATEMENT in connection.get_execution_options() and not _only_reads(statement):
            raise WriteInRead(f"a read-only call does not send: {statement.split(maxsplit=1)[0]} …")

    event.listen(engine, "before_cursor_execute", check)


@lru_cache(maxsize=4096)
def _only_reads(statement: str) -> bool:
    return _READS.match(statement) is not None and _WRITES.search(statement) is None
