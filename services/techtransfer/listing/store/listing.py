"""Reads and locks that achievements and needs share: row scope, filters, keyset pages, what has to end."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlmodel import col

from services.techtransfer.listing.models.listing import ListingColumns
from services.techtransfer.listing.rules.listing import ENDED, title_key
from services.techtransfer.listing.rules.words import CooperationMode, ListingStatus
from shared.db.keyset import Keyset, Page, PageWanted, descending
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.fold import search_key

Listing = TypeVar("Listing", bound=ListingColumns)
SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})
EXPORT_PAGE = 500


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """What a list is narrowed to; everything empty is everything the caller may see.

    Attributes:
        mine: only what the caller may manage or review, in any state.
        text: words looked for in title and keywords.
    """

    status: ListingStatus | None = None
    unit_id: str | None = None
    key_field: str | None = None
    party_uscc: str | None = None
    cooperation_mode: CooperationMode | None = None
    text: str | None = None
    mine: bool = False


def inside(table: type[Listing], actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which the actor sees the whole of a row; the SQL of `rules.listing.is_insider`."""
    if actor.role in SEES_ALL:
        return true()
    if actor.role is Role.DISTRICT:
        return col(table.unit_id) == actor.unit_id
    own = [col(table.posted_by) == actor.client_id]
    if actor.party is not None:
        own += [col(table.party_uscc) == actor.party, col(table.poster_party) == actor.party]
    return or_(*own)


def visible(table: type[Listing], actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which the actor sees a row at all: it is published, or it is the actor's own."""
    return or_(col(table.status) == ListingStatus.PUBLISHED, inside(table, actor))


def shown(table: type[Listing], field: str, actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which a filter may look at a field: a hidden value must not answer by its absence."""
    return or_(~col(table.confidential_fields).contains([field]), inside(table, actor))


async def find_listing(
    tx: Transaction, table: type[Listing], listing_id: UUID, *, lock: bool = False
) -> Listing | None:
    """Return one listing that the actor may see, locked on demand; None for an absent or hidden one."""
    statement = select(table).where(col(table.id) == listing_id, visible(table, tx.actor))
    if lock:
        statement = statement.with_for_update()
    return (await tx.session.execute(statement)).scalar_one_or_none()


async def open_twin(
    tx: Transaction, table: type[Listing], *, party_uscc: str, title: str, but: UUID | None
) -> str | None:
    """Return the case number of the party's open listing under the same title, other than `but`."""
    statement = select(col(table.case_no)).where(
        col(table.party_uscc) == party_uscc,
        col(table.title_key) == title_key(title),
        col(table.status).not_in(ENDED),
        col(table.id) != but if but else true(),
    )
    return (await tx.session.execute(statement.limit(1))).scalar_one_or_none()


async def lock_known(
    tx: Transaction, table: type[Listing], *, case_nos: Sequence[str], title_keys: Sequence[str]
) -> Sequence[Listing]:
    """Lock the actor's own listings with these case numbers, and its open ones with these titles, by their ids."""
    statement = (
        select(table)
        .where(
            inside(table, tx.actor),
            or_(
                col(table.case_no).in_(case_nos),
                and_(col(table.title_key).in_(title_keys), col(table.status).not_in(ENDED)),
            ),
        )
        .order_by(col(table.id))
        .with_for_update()
    )
    return (await tx.session.execute(statement)).scalars().all()


def narrowed(table: type[Listing], actor: Actor, wanted: ListingFilter) -> Select[Listing]:
    """Return the rows that the actor may see and asked for, in no order."""
    conditions = [inside(table, actor) if wanted.mine else visible(table, actor)]
    if wanted.status is not None:
        conditions.append(col(table.status) == wanted.status)
    if wanted.unit_id is not None:
        conditions.append(col(table.unit_id) == wanted.unit_id)
    if wanted.key_field is not None:
        conditions.append(col(table.key_field) == wanted.key_field)
    if wanted.party_uscc is not None:
        conditions += [col(table.party_uscc) == wanted.party_uscc, shown(table, "party_uscc", actor)]
    if wanted.cooperation_mode is not None:
        conditions.append(col(table.cooperation_modes).contains([wanted.cooperation_mode.value]))
    conditions += [_holds(table, word) for word in (wanted.text or "").split()]
    return select(table).where(and_(*conditions))


async def one_page(
    tx: Transaction, statement: Select[Listing], table: type[Listing], wanted: PageWanted
) -> Page[Listing]:
    """Return one page, newest first."""
    return await _newest(table).page(tx, statement, wanted)


def every_row(tx: Transaction, statement: Select[Listing], table: type[Listing]) -> AsyncIterator[Listing]:
    """Yield all rows page by page, so that an export of any length is held in little memory."""
    return _newest(table).every_row(tx, statement, batch=EXPORT_PAGE)


def _newest(table: type[Listing]) -> Keyset:
    return descending(col(table.created_at), col(table.id))


async def lock_ended(tx: Transaction, table: type[Listing], *, limit: int) -> Sequence[Listing]:
    """Lock published listings whose last day has passed; those that somebody else holds come next time."""
    statement = (
        select(table)
        .where(col(table.status) == ListingStatus.PUBLISHED, col(table.valid_until_on) < tx.today)
        .order_by(col(table.valid_until_on), col(table.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await tx.session.execute(statement)).scalars().all()


async def counts(tx: Transaction, table: type[Listing], party_uscc: str) -> dict[ListingStatus, int]:
    """Count a party's listings by status, those that the actor may see and knows to be the party's."""
    statement = (
        select(col(table.status), func.count())
        .where(
            col(table.party_uscc) == party_uscc,
            visible(table, tx.actor),
            shown(table, "party_uscc", tx.actor),
        )
        .group_by(col(table.status))
    )
    return {ListingStatus(status): count for status, count in (await tx.session.execute(statement)).all()}


def _holds(table: type[Listing], word: str) -> ColumnElement[bool]:
    """Return the condition that a word stands in the title or a keyword; `%` and `_` are ordinary characters."""
    return col(table.search_text).contains(search_key(word), autoescape=True)
