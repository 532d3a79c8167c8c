"""What the routes of achievements and needs share: shapes, partial changes, versions, and a party's summary."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Optional, TypeVar
from uuid import UUID

from fastapi import Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from services.techtransfer.listing.models.listing import ListingColumns
from services.techtransfer.listing.rules import listing as rules
from services.techtransfer.listing.rules import party as party_rules
from services.techtransfer.listing.rules.words import CooperationMode, ListingStatus, ReviewDecision, in_words
from services.techtransfer.listing.store.listing import Listing, ListingFilter
from services.techtransfer.listing.usecases import listing as usecases
from shared.db.keyset import Page
from shared.kernel.actor import Actor
from shared.kernel.key_field import KeyField
from shared.kernel.shape import Read, Shape
from shared.kernel.types import CodeTextOrNone, LongTextOrNone, LooseUscc, SearchTextOrNone, UnitId
from shared.web import answer
from shared.web.edge import Tx, edge, edge_router
from shared.web.export import Column, Format, export
from shared.web.paging import PageRequest

Terms = TypeVar("Terms", bound=rules.ListingTerms)
router = edge_router(tags=["listings"])
TERMS_REFUSED = (
    rules.KEYWORDS_EXCEEDED,
    rules.COOPERATION_MODE_MISSING,
    rules.FIELD_NOT_HIDEABLE,
    rules.CONTACT_MASKED,
    rules.LISTING_PERIOD_INVALID,
    rules.LISTING_DUPLICATE,
    party_rules.PARTY_NOT_YOURS,
    party_rules.PARTY_CODE_UNCHECKED,
    party_rules.PARTY_UNKNOWN,
    party_rules.UNIT_NOT_OF_PARTY,
    party_rules.AUTHORITY_MISSING,
    party_rules.AUTHORITY_EXPIRED,
)
"""What both nouns refuse about the terms of a listing."""
SHARED_COLUMNS = (
    Column("case_no", "编号", "case number"),
    Column("title", "名称", "title"),
    Column("party_uscc", "统一社会信用代码", "code of the party"),
    Column("party_name", "单位名称", "party"),
    Column("unit_id", "填报单位", "reporting unit"),
    Column("key_field", "重点领域", "key field"),
    Column("keywords", "关键词", "keywords"),
    Column("cooperation_modes", "合作方式", "ways to work together"),
    Column("status", "状态", "status"),
    Column("valid_until_on", "截止日", "listed until"),
    Column("published_at", "发布时间", "published at"),
)
"""Columns of both exports."""


class ListingState(Read):
    """What the platform adds to what a poster says; `hidden_fields` are kept from this caller and shown as null."""

    id: UUID
    case_no: str
    status: ListingStatus
    hidden_fields: list[str]
    review_note: str | None
    review_due_on: date | None
    submitted_at: datetime | None
    published_at: datetime | None
    ended_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class ReviewRequest(Shape):
    """A reviewer's decision; RETURN needs a note that says what to correct."""

    decision: ReviewDecision
    note: LongTextOrNone = None


class WithdrawRequest(Shape):
    """Why a listing is taken back."""

    reason: LongTextOrNone = None


class ContactRead(Read):
    """Whom to call about a listing, in full; every reading is recorded."""

    contact_name: str | None
    contact_phone: str | None


class ListingSummaryRead(Read):
    """How many listings of each status a party has, those that the caller may see."""

    uscc: LooseUscc
    achievements: dict[ListingStatus, int]
    needs: dict[ListingStatus, int]


async def listing_filter(
    status: Annotated[ListingStatus | None, Query(description="状态 / status")] = None,
    unit_id: Annotated[UnitId | None, Query(description="填报单位 / reporting unit")] = None,
    key_field: Annotated[KeyField | None, Query(description="重点领域 / key field")] = None,
    party_uscc: Annotated[CodeTextOrNone, Query(description="单位代码 / code of the party")] = None,
    cooperation_mode: Annotated[CooperationMode | None, Query(description="合作方式 / way to work together")] = None,
    q: Annotated[SearchTextOrNone, Query(description="标题或关键词 / words of title or keywords")] = None,
    mine: Annotated[  # noqa: FBT002  # a flag of the query
        bool, Query(description="仅本单位经办的，含未发布 / only one's own, in any state")
    ] = False,
) -> ListingFilter:
    """Read the filters that both lists have."""
    return ListingFilter(
        status=status,
        unit_id=unit_id,
        key_field=key_field.value if key_field else None,
        party_uscc=party_uscc,
        cooperation_mode=cooperation_mode,
        text=q,
        mine=mine,
    )


def contact_of(listing: ListingColumns) -> ContactRead:
    """Return the contact of a listing in full."""
    return ContactRead(
        contact_name=listing.contact_name.reveal() if listing.contact_name else None,
        contact_phone=listing.contact_phone.reveal() if listing.contact_phone else None,
    )


def seen_by(actor: Actor, listing: ListingColumns) -> dict[str, Any]:
    """Return what the actor sees otherwise than it is stored: hidden fields are null and named."""
    insider = rules.is_insider(usecases.held(listing), actor)
    hidden = rules.fields_hidden(listing.confidential_fields, insider=insider)
    modes = [CooperationMode(mode) for mode in listing.cooperation_modes]
    note = listing.review_note if insider else None
    return {
        "cooperation_modes": modes,
        "review_note": note,
        **dict.fromkeys(hidden),
        "hidden_fields": sorted(hidden),
    }


def patch_of(name: str, terms: type[rules.ListingTerms]) -> type[BaseModel]:
    """Return the shape of a partial change: every field of `terms` optional, with the same checks where it is given."""
    optional: dict[str, Any] = {}
    for field, info in terms.model_fields.items():
        # What says how a column is stored checks nothing, and cannot be hashed.
        checks = [check for check in info.metadata if not hasattr(check, "sa_type")]
        given = Annotated[(info.annotation, *checks)] if checks else info.annotation
        optional[field] = (Optional[given], None)  # noqa: UP045  # a type made at run time
    doc = f"Fields of {terms.__name__} to change; a field left out stays, null empties an optional one."
    return create_model(name, __config__=ConfigDict(extra="forbid"), __doc__=doc, **optional)


def merged(terms: type[Terms], listing: ListingColumns, patch: BaseModel) -> Terms:
    """Return the terms of a listing with a partial change laid over them.

    Raises:
        RequestValidationError: if the whole does not hold, such as null for a field that must be there.
    """
    before: Mapping[str, Any] = listing.model_dump(include=set(terms.model_fields))
    try:
        return terms.model_validate({**before, **patch.model_dump(exclude_unset=True)})
    except ValidationError as fault:
        errors = [{**error, "loc": ("body", *error["loc"])} for error in fault.errors(include_url=False)]
        raise RequestValidationError(errors) from fault


def answered(read: ListingState, *, path: str | None = None) -> Response:
    """Answer with one listing and its version as ETag; 201 with its address where `path` is given."""
    if path is None:
        return answer.answered(read, version=read.version)
    return answer.answered(read, status=201, location=f"/v1/{path}/{read.id}", version=read.version)


def listed(
    found: Page[Listing], actor: Actor, *, paging: PageRequest, shown: Callable[[Listing, Actor], ListingState]
) -> Response:
    """Answer with one page of listings as the caller may see them."""
    return answer.paged(paging, found, lambda one: shown(one, actor))


async def exported(
    found: AsyncIterator[ListingColumns],
    actor: Actor,
    *,
    columns: Sequence[Column],
    file_format: Format,
    filename: str,
) -> Response:
    """Answer with a table of all rows; hidden fields are empty, lists stand in one cell."""

    async def rows() -> AsyncIterator[dict[str, Any]]:
        async for listing in found:
            fields = {**listing.model_dump(), **seen_by(actor, listing)}
            yield {name: _cell(value) for name, value in fields.items()}

    return await export(rows(), columns, format=file_format, filename=filename)


def _cell(value: object) -> object:
    if isinstance(value, list):
        return "、".join(str(_cell(one)) for one in value)
    return in_words(value) if isinstance(value, StrEnum) else value


@router.get("/listing-summaries/{uscc}")
@edge(scope="transfer.listing:read", row="any", summary_zh="一家单位的成果与需求统计")
async def read_listing_summary(uscc: LooseUscc, tx: Tx) -> ListingSummaryRead:
    """Count a party's achievements and needs by status, those that the caller may see."""
    summary = await usecases.summarise_listings(tx, uscc)
    return ListingSummaryRead.of(summary)
