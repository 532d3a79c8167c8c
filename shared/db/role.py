"""The two database roles of a service, in the statements that an administrator runs once.

`finance_owner` owns the database and its tables and migrates them; `finance` is what the service runs as. The embedded
servers run these statements by themselves. `python -m shared.db.role finance` prints them for psql.
"""

import argparse
import sys
from urllib.parse import unquote, urlsplit

SERVICES = ("registry", "finance", "techtransfer", "ipr", "gateway")
TIMEOUTS = {
    "lock_timeout": "3000",
    "statement_timeout": "10000",
    "idle_in_transaction_session_timeout": "15000",
}
"""Limits in milliseconds of every session of the service, also of a person's under its role."""
# A line that goes silent resets nothing: the server looks after its own end, or a lock would outlive its holder.
KEEPALIVES = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}


def owner_of(service: str) -> str:
    """Return the role that owns the database of `service`; the runner carries the service's own name."""
    return f"{service}_owner"


def role_statements(service: str) -> list[str]:
    """Return what makes both roles and closes the server to strangers; run as an administrator in any database.

    Passwords are set apart. They may be run again, and on a server where one role was both.
    """
    owner = owner_of(service)
    said = [_make_role(role) for role in (owner, service)]
    said += [
        f'ALTER ROLE "{role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS'
        for role in (owner, service)
    ]
    # A pooler refuses them as start-up parameters, so the role carries them.
    limits = {**TIMEOUTS, **KEEPALIVES}
    said += [
        f"ALTER ROLE \"{role}\" SET {name} = '{value}'" for role in (owner, service) for name, value in limits.items()
    ]
    return said


def database_statements(service: str, database: str | None = None) -> list[str]:
    """Return what gives the database to its owner and lets nobody in but both roles; run as an administrator.

    Args:
        service: whose database it is.
        database: its name, that of the service unless given.
    """
    name = database or service
    return [
        f'ALTER DATABASE "{name}" OWNER TO "{owner_of(service)}"',
        f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC, "{service}"',
        f'GRANT CONNECT ON DATABASE "{name}" TO "{service}"',
    ]


def ownership_statements(service: str) -> list[str]:
    """Return what takes every table from the runner; run as an administrator in the service's own database.

    A database that was made when one role was both is brought on by this.
    """
    return [
        f'REASSIGN OWNED BY "{service}" TO "{owner_of(service)}"',
        f'ALTER SCHEMA public OWNER TO "{owner_of(service)}"',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    ]


def script(service: str) -> str:
    """Return all of it for psql: an administrator pipes it in and types two passwords."""
    said = [*role_statements(service)]
    lines = [f"{one};" for one in said]
    lines += [f'\\password "{owner_of(service)}"', f'\\password "{service}"']
    missing = f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{service}')"
    made = f"SELECT 'CREATE DATABASE \"{service}\"' {missing}"  # one of five names
    lines += [f"{made} \\gexec"]
    lines += [f"{one};" for one in database_statements(service)]
    # On a server of one's own; on a shared one whoever else uses these databases must be given CONNECT by name.
    lines += ["REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;"]
    lines += [f'\\connect "{service}"', *(f"{one};" for one in ownership_statements(service))]
    return "\n".join(lines) + "\n"


def role_in(url: str) -> str:
    """Return the role that a database address names.

    Raises:
        ValueError: it names none.
    """
    name = urlsplit(url).username
    if not name:
        raise ValueError("the database address names no role 数据库地址未写明角色")
    return unquote(name)


def _make_role(role: str) -> str:
    exists = f"SELECT FROM pg_roles WHERE rolname = '{role}'"
    return f'DO $role$ BEGIN IF NOT EXISTS ({exists}) THEN CREATE ROLE "{role}"; END IF; END $role$'


def main(arguments: list[str]) -> int:
    """Print the statements of one service."""
    parser = argparse.ArgumentParser(prog="python -m shared.db.role", description=__doc__)
    parser.add_argument("service", choices=SERVICES)
    sys.stdout.write(script(parser.parse_args(arguments).service))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
