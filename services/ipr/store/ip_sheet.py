"""What opens a sheet: applications and consents, written as finance's events come, in whatever order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.ipr.models.ip_sheet import SheetApplication, SheetConsent
from services.ipr.rules.ip_sheet import SheetConsent as HeldConsent
from shared.db.transaction import Transaction
from shared.kernel.actor import Role


async def put_application(tx: Transaction, row: dict[str, Any]) -> None:
    """Keep an application's newest state; a status that is older than the one held is left."""
    statement = insert(SheetApplication).values(row)
    newer = statement.excluded.version > col(SheetApplication.version)
    changed = {name: statement.excluded[name] for name in ("application_status", "version", "source_time")}
    await tx.session.execute(
        statement.on_conflict_do_update(index_elements=["application_id"], set_=changed, where=newer)
    )


async def put_consent(tx: Transaction, row: dict[str, Any]) -> None:
    """Keep what an event says of a consent; what another event said stays, a withdrawal above all."""
    statement = insert(SheetConsent).values(row)
    held = {
        name: getattr(SheetConsent, name) for name in ("purpose", "scopes", "granted_at", "expires_at", "revoked_at")
    }
    merged = {name: func.coalesce(statement.excluded[name], column) for name, column in held.items()}
    await tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=["consent_id"], set_={**merged, "source_time": statement.excluded.source_time}
        )
    )


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
        col(SheetConsent.recipient_uscc) == bank_uscc,
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
