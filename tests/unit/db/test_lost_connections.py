"""What is raised while a connection is made means that the database is away, whoever raises it."""

import asyncpg
import pytest
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi

from shared.db.engine import Database, DatabaseUnavailable

_AWAY = (asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, asyncpg.AdminShutdownError)


@pytest.mark.parametrize("fault", _AWAY)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_database_that_takes_no_connection_now_is_away(fault: type[asyncpg.PostgresError], wrapped: bool) -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none", service="finance")
    raised: Exception = fault("not now")
    if wrapped:
        raised = AsyncAdapt_asyncpg_dbapi.Error("not now", raised)
        raised.__cause__ = fault("not now")
    with pytest.raises(DatabaseUnavailable), database.guard():
        raise raised


def test_a_mistake_of_ours_is_not_taken_for_a_database_that_is_away() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none", service="finance")
    with pytest.raises(asyncpg.UndefinedColumnError), database.guard():
        raise asyncpg.UndefinedColumnError("no such column")
