"""A PostgreSQL that one run lends to another: the judge of the mutants pays for one server and one migration."""

import json
import os
from pathlib import Path

from deploy.embedded.postgres import PostgresServer
from tests.support.postgres import DatabaseServer

SETTING = "FAULT_POSTGRES"


def lend(server: DatabaseServer, first_number: int) -> dict[str, str]:
    """Return the environment in which another run finds `server`.

    Args:
        server: whose templates are made.
        first_number: where the numbers of the borrower's databases begin, so that no two runs take one name.
    """
    told = {
        "port": server.server.port,
        "password": server.server._password,
        "passwords": server._passwords,
        "templates": server._templates,
        "count": first_number,
    }
    return {SETTING: json.dumps(told)}


def borrowed() -> DatabaseServer | None:
    """Return the server that was lent to this run, if one was."""
    if not (told := os.environ.get(SETTING)):
        return None
    lent = json.loads(told)
    nowhere = Path("/nonexistent")
    server = DatabaseServer(PostgresServer(nowhere, port=lent["port"], password=lent["password"], log=nowhere))
    server._passwords, server._templates, server._count = lent["passwords"], lent["templates"], lent["count"]
    return server
