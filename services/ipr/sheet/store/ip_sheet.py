"""What opens a sheet: applications and consents, written as finance's events come, in whatever order."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, String, Table, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert

from services.ipr.sheet.models.ip_sheet import SheetApplication, SheetConsent
from services.ipr.sheet.rules.ip_sheet import SheetConsent as HeldConsent
from shared.db.transaction import Transaction
from shared.kernel.actor import Role


def _put_application() -> Insert:
    statement = insert(_APPLICATION)
    newer = statement.excluded.version > _APPLICATION.c.version
    changed = {name: statement.excluded[name] for name in ("application_status", "version", "source_time")}
    return statement.on_conflict_do_update(index_elements=["application_id"], set_=changed, where=newer)


def _put_consent() -> Insert:
    statement = insert(_CONSENT)
    told = ("purpose", "scopes", "granted_at", "expires_at", "revoked_at")
    merged = {name: func.coalesce(statement.excluded[name], _CONSENT.c[name]) for name in told}
    return statement.on_conflict_do_update(
        index_elements=["consent_id"], set_={**merged, "source_time": statement.excluded.source_time}
    )


# Made once: a statement costs more to build than to send, and events come by the thousand.
_APPLICATION: Table = SheetApplication.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_CONSENT: Table = SheetConsent.__table__  # type: ignore[attr-defined]
_PUT_APPLICATION = _put_application()
_PUT_CONSENT = _put_consent()


async def put_application(tx: Transaction, row: dict[str, Any]) -> None:
    """Keep an application's newest state; a status that is older than the one held is left."""
    await tx.session.execute(_PUT_APPLICATION, row)


async def put_consent(tx: Transaction, row: dict[str, Any]) -> None:
    """Keep what an event says of a consent; what another event said stays, a withdrawal above all."""
    await tx.session.execute(_PUT_CONSENT, row)


SheetRow = Row[*tuple[Any, ...]]
"""An application with what stands beside it."""
_OPENED_BY = literal_column(
    """coalesce((
    SELECT jsonb_agg(jsonb_build_array(consent_id, purpose, scopes, granted_at, expires_at, revoked_at))
    FROM sheet_consent AS held
    WHERE held.enterprise_uscc = sheet_application.enterprise_uscc AND held.bank_uscc = sheet_application.bank_uscc
        AND held.granted_at IS NOT NULL), '[]')""",
    JSONB,
)
_NAME = literal_column(
    "(SELECT name FROM enterprise WHERE enterprise.uscc = sheet_application.enterprise_uscc)", String
)
_PAGE = select(*_APPLICATION.c, _OPENED_BY.label("consents"), _NAME.label("enterprise_name"))


async def find_application(tx: Transaction, application_id: UUID) -> SheetRow | None:
    """Return an application of the calling bank with the firm's `consents` to it and the firm's `enterprise_name`."""
    if tx.actor.role is not Role.BANK:
        return None
    query = _PAGE.where(_APPLICATION.c.application_id == application_id, _APPLICATION.c.bank_uscc == tx.actor.party)
    return (await tx.session.execute(query)).one_or_none()


def consents_in(consents: Iterable[Sequence[Any]]) -> Sequence[HeldConsent]:
    """Return the consents of an enterprise to a bank that stand beside its application; their grant has arrived."""
    return [
        HeldConsent(
            consent_id=UUID(consent_id),
            purpose=purpose or "",
            scopes=frozenset(scopes or ()),
            granted_at=datetime.fromisoformat(granted_at),
            expires_at=datetime.fromisoformat(expires_at or granted_at),
            revoked_at=None if revoked_at is None else datetime.fromisoformat(revoked_at),
        )
        for consent_id, purpose, scopes, granted_at, expires_at, revoked_at in consents
    ]
