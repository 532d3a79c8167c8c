"""What opens a sheet: applications and consents, written as finance's events come, in whatever order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlmodel import col

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


async def find_application(tx: Transaction, application_id: UUID) -> SheetApplication | None:
    """Return an application of the calling bank."""
    if tx.actor.role is not Role.BANK:
        return None
    query = select(SheetApplication).where(
        col(SheetApplication.application_id) == application_id, col(SheetApplication.bank_uscc) == tx.actor.party
    )
    return (await tx.session.execute(query)).scalar_one_or_none()


async def consents(tx: Transaction, *, enterprise_uscc: str, bank_uscc: str) -> Sequence[HeldConsent]:
    """Return the consents of an enterprise to a bank whose grant has arrived."""
    query = select(SheetConsent).where(
        col(SheetConsent.enterprise_uscc) == enterprise_uscc,
        col(SheetConsent.bank_uscc) == bank_uscc,
        col(SheetConsent.granted_at).is_not(None),
    )
    return [
        HeldConsent(
            consent_id=row.consent_id,
            purpose=row.purpose or "",
            scopes=frozenset(row.scopes or ()),
            granted_at=row.granted_at or datetime.max.replace(tzinfo=tx.now.tzinfo),
            expires_at=row.expires_at or tx.now,
            revoked_at=row.revoked_at,
        )
        for row in (await tx.session.execute(query)).scalars()
    ]
