"""Reads and locks that achievements and needs share: row scope, filters, keyset pages, what has to end."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    and_,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlmodel import col

from services.techtransfer.listing.models.listing import OPEN, ListingColumns
from services.techtransfer.listing.rules.listing import ENDED
from services.techtransfer.listing.rules.vocabulary import CooperationMode, ListingStatus
from shared.db.keyset import ascending
from shared.db.selection import Asked, Columns, Selection, by_time
from shared.db.transaction import Transaction
from shared.kernel.actor import Actor, Role
from shared.kernel.fold import search_key
from shared.kernel.sort import Sort
from shared.kernel.types import LooseUscc

Listing = TypeVar("Listing", bound=ListingColumns)
SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.SYSTEM})


def inside(table: type[Listing], actor: Actor) -> ColumnElement[bool]:
    """Return the condition under which the actor sees the whole of a row, as `rules.listing_view.is_insider` does."""
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


async def open_under(
    tx: Transaction, table: type[ListingColumns], titles: Collection[tuple[str, str]]
) -> Sequence[Row[UUID, str, str, str]]:
    """Return id, number, party and title key of the open listings under some titles, each a party's code and a key."""
    if not titles:
        return []
    # A join by the title, not a list of pairs, and the party as an expression: by its index the planner would read all
    # listings of a party for each title, and one list may hold a hundred thousand of one party.
    parties, keys = (list(parts) for parts in zip(*sorted(titles), strict=True))
    wanted = func.unnest(cast(parties, ARRAY(String)), cast(keys, ARRAY(String)))
    pairs = wanted.table_valued(column("party", String), column("key", String), name="wanted").render_derived()
    statement = select(col(table.id), col(table.case_no), col(table.party_uscc), col(table.title_key))
    same_party = col(table.party_uscc).concat("") == pairs.c.party
    statement = statement.join(pairs, and_(col(table.title_key) == pairs.c.key, same_party))
    return (await tx.session.execute(statement.where(OPEN))).all()


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


async def seen_among(tx: Transaction, table: type[Listing], case_nos: Collection[str]) -> set[str]:
    """Return the case numbers of those listings among some that the actor sees in any list."""
    if not case_nos:
        return set()
    statement = select(col(table.case_no)).where(col(table.case_no).in_(list(case_nos)), visible(table, tx.actor))
    return set((await tx.session.execute(statement)).scalars().all())


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


async def counts(
    tx: Transaction, tables: Sequence[type[ListingColumns]], party_uscc: str
) -> list[dict[ListingStatus, int]]:
    """Count a party's listings of each table by status, those that the actor may see and knows to be the party's."""
    found: list[dict[ListingStatus, int]] = [{} for _ in tables]
    each = (_counted(tx, table, party_uscc, place) for place, table in enumerate(tables))
    for place, status, count in await tx.session.execute(union_all(*each)):
        found[place][ListingStatus(status)] = count
    return found


def _counted(tx: Transaction, table: type[ListingColumns], party_uscc: str, place: int) -> Select[*tuple[Any, ...]]:
    return (
        select(literal_column(str(place), Integer), col(table.status), func.count())
        .where(
            col(table.party_uscc) == party_uscc,
            visible(table, tx.actor),
            shown(table, "party_uscc", tx.actor),
        )
        .group_by(col(table.status))
    )


def list_of(table: type[Listing], *, among: Columns, asked: Mapping[str, Asked]) -> Selection:
    """Return what a list of listings may be narrowed and sorted by, with what one kind of listing has beside the other.

    No order is by a price: a value that a poster hides would be told by its place.
    """
    return Selection(
        rows=lambda tx: select(table).where(visible(table, tx.actor)),
        sorts={
            **by_time(col(table.created_at), col(table.id)),
            Sort.DUE: ascending(col(table.valid_until_on), col(table.id)),
            Sort.NAME: ascending(col(table.title), col(table.id)),
        },
        same={"unit_id": col(table.unit_id), "case_no": col(table.case_no)},
        among={"status": col(table.status), "key_field": col(table.key_field), **among},
        days={
            "valid_until": col(table.valid_until_on),
            "review_due": col(table.review_due_on),
            "submitted": col(table.submitted_at),
            "published": col(table.published_at),
            "created": col(table.created_at),
        },
        found={"q": lambda text: and_(true(), *(_holds(table, word) for word in text.split()))},
        asked={
            "party_uscc": Asked(
                LooseUscc,
                lambda tx, uscc: and_(col(table.party_uscc) == uscc, shown(table, "party_uscc", tx.actor)),
            ),
            "cooperation_mode": Asked(
                CooperationMode,
                lambda _, modes: or_(*(col(table.cooperation_modes).contains([mode.value]) for mode in modes)),
                several=True,
            ),
            "mine": Asked(bool, lambda tx, mine: inside(table, tx.actor) if mine else true()),
            **asked,
        },
    )


def _holds(table: type[Listing], word: str) -> ColumnElement[bool]:
    """Return the condition that a word stands in the title or a keyword; `%` and `_` are ordinary characters."""
    return col(table.search_text).contains(search_key(word), autoescape=True)
