"""What the role that a service runs as may do too much: looked at when the service starts."""

from dataclasses import dataclass

from sqlalchemy import text

from shared.db.engine import Database
from shared.db.role import TIMEOUTS, owner_of

_OWNS = text("""
SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
               AND pg_has_role(current_user, relowner, 'MEMBER'))
    OR has_schema_privilege(current_user, 'public', 'CREATE')
""")
_OPEN = text("""
SELECT datname FROM pg_database
WHERE datallowconn AND NOT datistemplate AND datname <> current_database() AND has_database_privilege(oid, 'CONNECT')
ORDER BY datname
""")
_LIMITED = text("SELECT bool_and(setting <> '0') FROM pg_settings WHERE name = ANY(CAST(:names AS text[]))")


class RunsAsOwner(Exception):  # noqa: N818  # says what is wrong
    """The service's role could empty its ledgers and drop their triggers."""


class RoleUnlimited(Exception):  # noqa: N818  # says what is wrong
    """Sessions of the service's role have no limits, and behind a pooler they cannot be set for each."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role may do beyond its work.

    Attributes:
        owns: whether it owns the tables, is a member of the role that does, or makes tables.
        foreign: databases besides its own that it may enter.
    """

    owns: bool
    foreign: tuple[str, ...]


async def rights_too_many(database: Database) -> Rights:
    """Return what the role of `database` may do beyond its work.

    Raises:
        DatabaseUnavailable: it does not answer.
    """
    with database.guard():
        async with database.engine.connect() as connection:
            owns = bool((await connection.execute(_OWNS)).scalar_one())
            return Rights(owns, tuple((await connection.execute(_OPEN)).scalars()))


async def _is_limited(database: Database) -> bool:
    with database.guard():
        async with database.engine.connect() as connection:
            return bool((await connection.execute(_LIMITED, {"names": sorted(TIMEOUTS)})).scalar_one())


async def refuse_owner(database: Database) -> list[str]:
    """Return warnings about the role; refuse one that owns what it works on.

    Raises:
        RunsAsOwner: the role owns the tables; the message says in both languages what to do.
        RoleUnlimited: 〃 a statement or a lock might last for ever.
        DatabaseUnavailable: the database does not answer.
    """
    found, service = await rights_too_many(database), database.service
    if found.owns:
        prefix, command = service.upper(), f"`python -m shared.db.role {service}`"
        raise RunsAsOwner(
            f"{prefix}_DATABASE_URL names a role that owns the tables: it could empty ledgers and the audit. Give the "
            f"administrator of the database what {command} prints, and migrate with {prefix}_OWNER_DATABASE_URL "
            f"({owner_of(service)})\n"
            f"{prefix}_DATABASE_URL 的角色拥有数据表，可能清空台账与审计；请由数据库管理员执行 {command} 输出的语句，"
            f"并以 {prefix}_OWNER_DATABASE_URL 迁移"
        )
    if database.is_pooled and not await _is_limited(database):
        raise RoleUnlimited(
            f"behind a pooler the limits of a session must belong to the role {service}: give the administrator of the "
            f"database what `python -m shared.db.role {service}` prints\n"
            f"经连接池访问时，会话限制须设置在角色 {service} 上；"
            f"请由数据库管理员执行 `python -m shared.db.role {service}` 的输出"
        )
    if found.foreign:
        return [
            f"the database role may enter databases of others: {', '.join(found.foreign)}; revoke CONNECT from PUBLIC"
        ]
    return []
