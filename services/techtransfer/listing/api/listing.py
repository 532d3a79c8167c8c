"""What the routes of achievements and needs share: shapes, partial changes, versions, and a party's summary."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Optional, TypeVar
from uuid import UUID

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from services.techtransfer.listing.models.listing import ListingColumns
from services.techtransfer.listing.rules import listing as rules
from services.techtransfer.listing.rules import listing_act as act_rules
from services.techtransfer.listing.rules import listing_view as view_rules
from services.techtransfer.listing.rules import party as party_rules
from services.techtransfer.listing.rules.listing_act import ListingStanding
from services.techtransfer.listing.rules.vocabulary import CooperationMode, ListingStatus, ReviewDecision
from services.techtransfer.listing.usecases import listing as usecases
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Actor
from shared.kernel.clock import shanghai_date
from shared.kernel.shape import Read, Shape
from shared.kernel.types import LongTextOrNone, LooseUscc
from shared.policy.book import RuleBook
from shared.policy.number_read import LegalBasisRead, NumberRead, numbers_of
from shared.web import answer
from shared.web.edge import Tx, edge, edge_router

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
    "case_no",
    "title",
    "party_uscc",
    "party_name",
    "unit_id",
    "key_field",
    "keywords",
    "cooperation_modes",
    "status",
    "valid_until_on",
    "submitted_at",
    "review_due_on",
    "published_at",
)
"""Fields that both exports begin with."""


NUMBERS = {rules.POLICY: ("review_working_days", "listing_days_max")}
"""Numbers of rule sets that are told beside a listing."""


class ListingGrounds(Read):
    """What the days of a listing follow from, numbers and the act behind them, and what its reader may do now."""

    numbers: list[NumberRead]
    legal_basis: LegalBasisRead | None
    actions: list[ActionRead]


def grounds(book: RuleBook, listing: ListingColumns, actor: Actor) -> dict[str, Any]:
    """Return the numbers that held when a listing was handed in, or was made, and what the actor may do now."""
    rule_set = book.find(rules.POLICY, shanghai_date(listing.submitted_at or listing.created_at))
    basis = None if rule_set is None else LegalBasisRead.of(rule_set.header.legal_basis)
    numbers = numbers_of(rule_set, NUMBERS[rules.POLICY])
    return {"numbers": numbers, "legal_basis": basis, "actions": actions_of(listing, actor)}


def actions_of(listing: ListingColumns, actor: Actor) -> list[ActionRead]:
    """Return what the actor may do with a listing now."""
    held = usecases.held(listing)
    case = ListingStanding(held, actor, listing.review_due_on)
    return actions(act_rules.ACTS[held.noun], case, actor, case.bodies)


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


def contact_of(listing: ListingColumns) -> ContactRead:
    """Return the contact of a listing in full."""
    return ContactRead(
        contact_name=listing.contact_name.reveal() if listing.contact_name else None,
        contact_phone=listing.contact_phone.reveal() if listing.contact_phone else None,
    )


def seen_by(actor: Actor, listing: ListingColumns) -> dict[str, Any]:
    """Return what the actor sees otherwise than it is stored: hidden fields are null and named."""
    insider = view_rules.is_insider(listing, actor)
    hidden = view_rules.fields_hidden(listing.confidential_fields, insider=insider)
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


@router.get("/listing-summaries/{uscc}")
@edge(scope="transfer.listing:read", row="any", summary_zh="一家单位的成果与需求统计")
async def read_listing_summary(uscc: LooseUscc, tx: Tx) -> ListingSummaryRead:
    """Count a party's achievements and needs by status, those that the caller may see."""
    summary = await usecases.summarise_listings(tx, uscc)
    return ListingSummaryRead.of(summary)
