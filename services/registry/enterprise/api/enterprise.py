"""Routes of enterprises, their integrity marks and their export."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.registry.enterprise.models.enterprise import Enterprise, IntegrityMark
from services.registry.enterprise.rules import enterprise as rules
from services.registry.enterprise.rules.enterprise import (
    EnterpriseStatus,
    EnterpriseTerms,
    FounderType,
    IndustryCode,
    IntegrityKind,
    IntegrityMarkTerms,
    LegalForm,
    SizeClass,
)
from services.registry.enterprise.rules.enterprise_list import FORM
from services.registry.enterprise.rules.qualification import QualificationKind, QualificationStatus
from services.registry.enterprise.store import enterprise as store
from services.registry.enterprise.usecases import enterprise as usecases
from services.registry.enterprise.usecases import enterprise_page as page_usecases
from services.registry.enterprise.usecases import qualification as qualification_usecases
from shared.db.selection import Chosen
from shared.db.transaction import Transaction
from shared.kernel.evidence import Evidence
from shared.kernel.ids import new_id
from shared.kernel.key_field import KeyField
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND, PRECONDITION_FAILED, PRECONDITION_REQUIRED
from shared.kernel.shape import Read, Shape
from shared.kernel.types import CodeText, Day, DayOrNone, FenOrNone, ShortText, ShortTextOrNone, UnitId
from shared.web.answer import answered, composed
from shared.web.conditional import IfMatch
from shared.web.counts import add_counts
from shared.web.document import Evidences, EvidenceShown
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns_as_imported, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["enterprises"])

REGISTER_REFUSED = (rules.CODE_NOT_COMPANY, rules.UNIT_ENDED, rules.FOUNDED_IN_FUTURE)
COLUMNS = columns_as_imported(
    FORM,
    "uscc",
    "name",
    "unit_id",
    "legal_form",
    "industry_code",
    "key_field",
    "founder_type",
    "founded_on",
    "registered_capital_fen",
    "size_class",
    "size_class_filing_year",
    "size_class_on",
    "status",
    "code_needs_review",
    "address",
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
add_counts(router, store.LIST, noun="enterprises", scope="registry.enterprise:read", row="unit", title="企业清单")


class MarkRead(Read):
    """One integrity mark."""

    id: UUID
    kind: IntegrityKind
    opened_on: date
    cleared_on: date | None
    opened_evidence: EvidenceShown
    cleared_evidence: EvidenceShown | None


class StayRead(Read):
    """One stay in a reporting unit; `until_on` is the day it left."""

    unit_id: str
    from_on: date
    until_on: date | None


class TitleRead(Read):
    """One title in short; `/qualifications` has its evidence."""

    kind: QualificationKind
    number: str
    status: QualificationStatus
    valid_from_on: date
    valid_until_on: date | None


class PortfolioRead(Read):
    """The IP summary as ipr last told it."""

    as_of_on: date
    class_1_count: int
    class_2_count: int
    high_value_count: int
    blemished_count: int
    version: int


class StandingRead(Read):
    """The last knowledge-value evaluation as finance told it."""

    evaluation_id: UUID
    grade: str
    score_milli: int
    limit_fen: int
    uplift_fen: int
    as_of_on: date
    valid_until_on: date


class EnterpriseRead(EnterpriseTerms, Read):
    """An enterprise as it is listed."""

    size_class: SizeClass | None
    size_class_filing_year: int | None
    size_class_on: date | None
    size_class_version: str | None
    status: EnterpriseStatus
    code_needs_review: bool
    version: int


class EnterprisePage(EnterpriseRead):
    """The whole page of an enterprise."""

    integrity_marks: list[MarkRead]
    units: list[StayRead]
    qualifications: list[TitleRead]
    portfolio: PortfolioRead | None
    credit_standing: StandingRead | None


class EnterprisePatch(Shape):
    """Fields of an enterprise that can be changed; what is left out stays."""

    name: ShortText | None = None
    unit_id: UnitId | None = None
    legal_form: LegalForm | None = None
    industry_code: IndustryCode | None = None
    key_field: KeyField | None = None
    founder_type: FounderType | None = None
    founded_on: DayOrNone = None
    registered_capital_fen: FenOrNone = None
    address: ShortTextOrNone = None
    industry_barred: bool | None = None


class Deregistration(Shape):
    """Since when, and on what evidence, an enterprise is struck off."""

    effective_on: Day
    evidence: Evidence


_NEVER_EMPTY = frozenset({"name", "unit_id", "legal_form", "industry_barred"})


def shown(enterprise: Enterprise) -> EnterpriseRead:
    """Return an enterprise as it is listed."""
    return EnterpriseRead.of(enterprise)


def _answer(enterprise: Enterprise, *, created: bool = False) -> Response:
    location = f"/v1/enterprises/{enterprise.uscc}" if created else None
    status = 201 if created else 200
    return answered(shown(enterprise), status=status, location=location, version=enterprise.version)


@router.post(
    "/enterprises",
    status_code=201,
    response_model=EnterpriseRead,
    responses=refusals(rules.ENTERPRISE_EXISTS, FORBIDDEN_ROLE, *REGISTER_REFUSED),
)
@edge(scope="registry.enterprise:write", row="unit", summary_zh="登记企业")
async def register_enterprise(body: EnterpriseTerms, tx: Tx) -> Response:
    """Register an enterprise; a code whose check character does not agree is kept and flagged for review."""
    enterprise = await usecases.register_enterprise(tx, body, enterprise_id=new_id())
    return _answer(enterprise, created=True)


async def _listed(_tx: Tx, rows: Sequence[Enterprise]) -> list[EnterpriseRead]:
    return [shown(row) for row in rows]


@router.get("/enterprises", response_model=PageOf[EnterpriseRead])
@edge(scope="registry.enterprise:read", row="unit", summary_zh="企业清单")
async def list_enterprises(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List the enterprises that the caller may see, in the order they were registered unless asked otherwise."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/enterprises.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="registry.enterprise:read", row="unit", summary_zh="导出企业清单", audited=True)
async def export_enterprises(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of enterprises with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="enterprises",
        title="企业",
    )


@router.get("/enterprises/{uscc}", response_model=EnterprisePage, responses=refusals(NOT_FOUND))
@edge(scope="registry.enterprise:read", row="unit", summary_zh="查看企业")
async def read_enterprise(uscc: CodeText, tx: Tx) -> Response:
    """Read the whole page of an enterprise; another's is not found."""
    found = await page_usecases.read_enterprise_page(tx, uscc)
    held = Evidences("registry", found.documents)
    whole = EnterprisePage.of(
        found.enterprise,
        integrity_marks=[MarkRead.model_validate(_with_evidence(dict(mark), held)) for mark in found.marks],
        units=[StayRead.model_validate(stay) for stay in found.stays],
        qualifications=[TitleRead.model_validate(title) for title in found.titles],
        portfolio=None if found.portfolio is None else PortfolioRead.model_validate(found.portfolio),
        credit_standing=None if found.standing is None else StandingRead.model_validate(found.standing),
    )
    return composed(whole, version=found.enterprise.version)


@router.patch(
    "/enterprises/{uscc}",
    response_model=EnterpriseRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, PRECONDITION_FAILED, PRECONDITION_REQUIRED, *REGISTER_REFUSED),
)
@edge(scope="registry.enterprise:write", row="unit", summary_zh="修改企业")
async def change_enterprise(uscc: CodeText, body: EnterprisePatch, seen: IfMatch, tx: Tx, book: Book) -> Response:
    """Change what is known of an enterprise; a new reporting unit must be in force."""
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name not in _NEVER_EMPTY}
    size_rules = book.pick(usecases.SIZE_POLICY, tx.today)
    return _answer(await usecases.change_enterprise(tx, uscc, changes, seen=seen, size_rules=size_rules))


@router.post(
    "/enterprises/{uscc}/integrity-marks",
    status_code=201,
    response_model=MarkRead,
    responses=refusals(
        NOT_FOUND, FORBIDDEN_ROLE, rules.MARK_OPEN, rules.MARK_NOT_OPEN, rules.EVIDENCE_TOO_WEAK, rules.DATE_IN_FUTURE
    ),
)
@edge(scope="registry.integrity:write", row="unit", summary_zh="登记或解除诚信标记")
async def mark_integrity(uscc: CodeText, body: IntegrityMarkTerms, tx: Tx) -> Response:
    """Open (`active` true) or clear (`active` false) one integrity mark on evidence."""
    mark = await usecases.mark_integrity(tx, uscc, body, mark_id=new_id())
    return answered((await _marks(tx, [mark]))[0], status=201)


@router.post(
    "/enterprises/{uscc}:confirm-code",
    response_model=EnterpriseRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, rules.EVIDENCE_TOO_WEAK),
)
@edge(scope="registry.enterprise:write", row="unit", summary_zh="确认待复核的统一社会信用代码")
async def confirm_code(uscc: CodeText, body: Evidence, tx: Tx) -> Response:
    """Settle the review of a code: the licence does show it."""
    return _answer(await usecases.confirm_code(tx, uscc, body))


@router.post(
    "/enterprises/{uscc}:deregister",
    response_model=EnterpriseRead,
    responses=refusals(
        NOT_FOUND, FORBIDDEN_ROLE, rules.ENTERPRISE_DEREGISTERED, rules.EVIDENCE_TOO_WEAK, rules.DATE_IN_FUTURE
    ),
)
@edge(scope="registry.enterprise:write", row="unit", summary_zh="登记企业注销")
async def deregister_enterprise(uscc: CodeText, body: Deregistration, tx: Tx) -> Response:
    """Strike an enterprise off on evidence; its title of the city's register ends with it."""
    enterprise = await qualification_usecases.deregister_enterprise(
        tx, uscc, on=body.effective_on, evidence=body.evidence
    )
    return _answer(enterprise)


def _with_evidence(mark: dict[str, Any], held: Evidences) -> dict[str, Any]:
    shown = {name: held.shown(mark[name], mark["entered_by"]) for name in ("opened_evidence", "cleared_evidence")}
    return {**mark, **shown}


async def _marks(tx: Transaction, marks: Sequence[IntegrityMark]) -> list[MarkRead]:
    pairs = [(evidence, one.entered_by) for one in marks for evidence in (one.opened_evidence, one.cleared_evidence)]
    held = await Evidences.of(tx, "registry", pairs)
    return [
        MarkRead.of(
            one,
            opened_evidence=held.shown(one.opened_evidence, one.entered_by),
            cleared_evidence=held.shown(one.cleared_evidence, one.entered_by),
        )
        for one in marks
    ]
