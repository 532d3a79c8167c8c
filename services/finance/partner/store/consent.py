"""Consents of enterprises to banks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from services.finance import party
from services.finance.partner.models.consent import Consent
from services.finance.partner.rules.consent import ConsentPurpose, ConsentScope, HeldConsent
from services.finance.scope import visible
from shared.db.keyset import ascending
from shared.db.selection import Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.sort import Sort


async def held(tx: Transaction, *, enterprise_uscc: str, bank_uscc: str) -> list[HeldConsent]:
    """Return all consents that one firm ever gave to one bank, newest first; rules judge which of them hold."""
    query = select(Consent).where(col(Consent.enterprise_uscc) == enterprise_uscc, col(Consent.bank_uscc) == bank_uscc)
    rows = (await tx.session.execute(query.order_by(col(Consent.granted_at).desc()))).scalars()
    return [
        HeldConsent(
            consent_id=row.id,
            purpose=row.purpose,
            scopes=frozenset(ConsentScope(scope) for scope in row.scopes),
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )
        for row in rows
    ]


def held_beside(table: str) -> ColumnElement[Any]:
    """Return what the firm of a row ever gave to its bank, as a part of the statement of that row: see `held_in`."""
    sql = f"""coalesce((
        SELECT jsonb_agg(jsonb_build_array(id, purpose, scopes, expires_at, revoked_at) ORDER BY granted_at DESC)
        FROM consent
        WHERE consent.enterprise_uscc = {table}.enterprise_uscc AND consent.bank_uscc = {table}.bank_uscc), '[]')"""  # noqa: S608  # constant text
    return literal_column(sql, JSONB)


def held_in(consents: Iterable[Sequence[Any]]) -> list[HeldConsent]:
    """Return the consents that `held_beside` found, newest first."""
    return [
        HeldConsent(
            consent_id=UUID(own_id),
            purpose=ConsentPurpose(purpose),
            scopes=frozenset(ConsentScope(scope) for scope in scopes),
            expires_at=datetime.fromisoformat(expires_at),
            revoked_at=None if revoked_at is None else datetime.fromisoformat(revoked_at),
        )
        for own_id, purpose, scopes, expires_at, revoked_at in consents
    ]


def _visible_rows(tx: Transaction) -> Select[Consent]:
    return visible(select(Consent), tx.actor, enterprise=col(Consent.enterprise_uscc), bank=col(Consent.bank_uscc))


async def find(tx: Transaction, consent_id: UUID) -> Consent | None:
    """Return a consent that the caller may see: the firm and the recipient theirs, the city all."""
    query = _visible_rows(tx)
    return (await tx.session.execute(query.where(col(Consent.id) == consent_id))).scalar_one_or_none()


async def find_page(tx: Transaction, consent_id: UUID) -> tuple[Consent, dict[str, str | None]] | None:
    """Return a consent that the caller may see, and the names of its firm and its bank."""
    query = _visible_rows(tx).add_columns(*party.labelled("consent"))
    row = (await tx.session.execute(query.where(col(Consent.id) == consent_id))).one_or_none()
    return None if row is None else (row[0], dict(zip(party.NAMES, row[1:], strict=True)))


async def lock_own(tx: Transaction, consent_id: UUID) -> Consent | None:
    """Return a consent of the calling enterprise and hold it."""
    query = visible(select(Consent), tx.actor, enterprise=col(Consent.enterprise_uscc), sees_all=())
    return (await tx.session.execute(query.where(col(Consent.id) == consent_id).with_for_update())).scalar_one_or_none()


LIST = Selection(
    rows=_visible_rows,
    sorts={
        **by_time(col(Consent.granted_at), col(Consent.id)),
        Sort.DUE: ascending(col(Consent.expires_at), col(Consent.id)),
    },
    same={"enterprise_uscc": col(Consent.enterprise_uscc), "bank_uscc": col(Consent.bank_uscc)},
    among={"purpose": col(Consent.purpose)},
    states="purpose",
    days={
        "granted": col(Consent.granted_at),
        "expires": col(Consent.expires_at),
        "revoked": col(Consent.revoked_at),
    },
    beside=party.both_named("consent"),
)
"""What consents may be narrowed and sorted by."""
