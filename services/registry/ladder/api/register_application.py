"""Routes of the city's register of technology enterprises."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.registry.enterprise.store import enterprise as enterprises
from services.registry.ladder.models.register_application import RegisterApplication
from services.registry.ladder.rules import register_application as rules
from services.registry.ladder.rules.register_application import (
    RegisterApplicationTerms,
    RegisterCheck,
    RegisterReview,
    RegisterStatus,
)
from services.registry.ladder.rules.register_application_act import ACTS, RegisterStanding
from services.registry.ladder.store import register_application as store
from services.registry.ladder.usecases import register_application as usecases
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read
from shared.policy.book import RuleBook
from shared.policy.number_read import NumberRead, numbers_of
from shared.policy.reason import REASON_UNKNOWN, REJECT, reasons
from shared.web.answer import answered, composed
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.reason import ReasonCatalogue
from shared.web.selection import chosen_from

router = edge_router(tags=["register"])
NUMBERS = {
    usecases.POLICY: (
        "science_staff_min_ppm",
        "senior_title_min",
        "rd_revenue_min_ppm",
        "ip_rights_min",
        "innovative_products_min",
        "integrity_years_back",
        "settlement_last_month",
        "check_working_days",
        "number_valid_years",
    )
}
"""Numbers of rule sets that are told beside an application."""

DECISION_REFUSED = (
    rules.REGISTER_STEP_NOT_ALLOWED,
    rules.RETURN_NEEDS_NOTES,
    rules.REGISTER_REASON_MISSING,
    REASON_UNKNOWN,
)
CONDITIONS_REFUSED = (rules.REGISTER_CONDITIONS_UNMET, rules.REGISTER_FILING_MISSING)


class RegisterApplicationSummary(RegisterApplicationTerms, Read):
    """One application with its conditions and the district's remarks."""

    id: UUID
    case_no: str
    unit_id: str
    status: RegisterStatus
    conditions: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    reason_code: str | None
    filing_year: int | None
    check_due_on: date
    check_due_assumed: bool
    number: str | None
    checked_by: str | None
    checked_at: datetime | None
    listed_at: datetime | None
    rule_set_version: str
    rule_set_sha256: str
    version: int
    created_at: datetime


class RegisterApplicationRead(RegisterApplicationSummary):
    """An application with its firm's name, the numbers that it was judged by, and what the reader may do with it."""

    name: str
    reason_zh: str | None
    reason_en: str | None
    numbers: list[NumberRead]
    actions: list[ActionRead]


class RegisterApplicationListed(RegisterApplicationSummary):
    """One application in a list, with the name beside the code, and what the reader may do with it."""

    name: str | None
    actions: list[ActionRead]


COLUMNS = columns(
    "case_no", "uscc", "name", "unit_id", "status", "check_due_on", "created_at", "checked_at", "number", "listed_at"
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
add_counts(
    router, store.LIST, noun="register-applications", scope="registry.enterprise:read", row="unit", title="入库申请清单"
)


async def _listed(tx: Tx, rows: Sequence[Any]) -> list[RegisterApplicationListed]:
    return [RegisterApplicationListed.of(row, actions=_actions(row, tx, row.firm_unit_id)) for row in rows]


def _actions(application: Any, tx: Tx, unit_id: str) -> list[ActionRead]:  # noqa: ANN401  # its row, or a list's
    """Return what the caller may do with an application of a firm that is in `unit_id` today."""
    standing = RegisterStanding(application.status, application.check_due_on)
    bodies = {Role.ENTERPRISE: application.uscc, Role.DISTRICT: unit_id, Role.CITY: None}
    return actions(ACTS, standing, tx.actor, bodies)


def _reason(application: RegisterApplication, book: RuleBook) -> tuple[str | None, str | None]:
    """Return why it was rejected, in the words of the catalogue of that day."""
    rule_set = book.find(usecases.POLICY, shanghai_date(application.updated_at))
    if application.reason_code is None or rule_set is None:
        return None, None
    return reasons(rule_set, REJECT).get(application.reason_code, (None, None))


def _shown(
    application: RegisterApplication, name: str, unit_id: str, tx: Tx, book: RuleBook
) -> RegisterApplicationRead:
    """Return an application of a firm of that name and unit, with the numbers of the version that judged it."""
    rule_set = book.version(usecases.POLICY, application.rule_set_version)
    reason_zh, reason_en = _reason(application, book)
    return RegisterApplicationRead.of(
        application,
        name=name,
        reason_zh=reason_zh,
        reason_en=reason_en,
        numbers=numbers_of(rule_set, NUMBERS[usecases.POLICY]),
        actions=_actions(application, tx, unit_id),
    )


async def _answer(application: RegisterApplication, tx: Tx, book: RuleBook, *, created: bool = False) -> Response:
    name, unit_id = await enterprises.name_and_unit(tx, application.uscc)
    return answered(
        _shown(application, name, unit_id, tx, book),
        status=201 if created else 200,
        location=f"/v1/register-applications/{application.id}" if created else None,
        version=application.version,
    )


@router.post(
    "/register-applications",
    status_code=201,
    response_model=RegisterApplicationRead,
    responses=refusals(
        NOT_FOUND, FORBIDDEN_ROLE, rules.REGISTER_APPLICATION_OPEN, rules.ALREADY_LISTED, *CONDITIONS_REFUSED
    ),
)
@edge(scope="registry.register:apply", row="enterprise", summary_zh="申请科技型企业入库", tells=False)
async def apply_for_register(body: RegisterApplicationTerms, tx: Tx, book: Book) -> Response:
    """Apply for the city's register; every condition is judged at once and shown."""
    application = await usecases.apply_for_register(tx, body.uscc, application_id=new_id(), book=book)
    return await _answer(application, tx, book, created=True)


@router.get("/register-applications", response_model=PageOf[RegisterApplicationListed])
@edge(scope="registry.enterprise:read", row="unit", summary_zh="入库申请清单")
async def list_register_applications(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List the applications that the caller may see, in the order they came unless asked otherwise."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/register-applications.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="registry.enterprise:read", row="unit", summary_zh="导出入库申请清单", audited=True)
async def export_register_applications(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of register_applications with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        lambda rows: _listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="register-applications",
        title="入库申请",
    )


@router.get("/register-applications/reasons", response_model=ReasonCatalogue)
@edge(scope="registry.enterprise:read", row="any", summary_zh="入库审核不予通过原因目录")
async def list_register_reasons(tx: Tx, book: Book) -> Response:
    """List the coded reasons with which an application may be rejected."""
    rule_set = book.pick(usecases.POLICY, tx.today)
    return answered(ReasonCatalogue.of_rules(rule_set, reasons(rule_set, REJECT)))


@router.get(
    "/register-applications/{application_id}", response_model=RegisterApplicationRead, responses=refusals(NOT_FOUND)
)
@edge(scope="registry.enterprise:read", row="unit", summary_zh="查看入库申请")
async def read_register_application(application_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one application."""
    found = await store.find_page(tx, application_id)
    if found is None:
        raise Refusal(NOT_FOUND, noun="register_application")
    application, name, unit_id = found
    return composed(_shown(application, name, unit_id, tx, book), version=application.version)


@router.post(
    "/register-applications/{application_id}:check",
    response_model=RegisterApplicationRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, *DECISION_REFUSED),
)
@edge(scope="registry.register:check", row="unit", summary_zh="区县审核入库申请", tells=False)
async def check_register_application(application_id: UUID, body: RegisterCheck, tx: Tx, book: Book) -> Response:
    """Pass, return or reject an application of one's own unit: returned with a note per point, rejected with a code."""
    return await _answer(await usecases.check_application(tx, application_id, body, book=book), tx, book)


@router.post(
    "/register-applications/{application_id}:resubmit",
    response_model=RegisterApplicationRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, rules.REGISTER_STEP_NOT_ALLOWED, *CONDITIONS_REFUSED),
)
@edge(scope="registry.register:apply", row="enterprise", summary_zh="补正后重新提交入库申请", tells=False)
async def resubmit_register_application(application_id: UUID, tx: Tx, book: Book) -> Response:
    """Submit a returned application again; the conditions are judged anew."""
    return await _answer(await usecases.resubmit_application(tx, application_id, book=book), tx, book)


@router.post(
    "/register-applications/{application_id}:withdraw",
    response_model=RegisterApplicationRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, rules.REGISTER_STEP_NOT_ALLOWED),
)
@edge(scope="registry.register:apply", row="enterprise", summary_zh="撤回入库申请", tells=False)
async def withdraw_register_application(application_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Take an open application back."""
    return await _answer(await usecases.withdraw_application(tx, application_id), tx, book)


@router.post(
    "/register-applications/{application_id}:review",
    response_model=RegisterApplicationRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, *DECISION_REFUSED),
)
@edge(scope="registry.register:list", row="any", summary_zh="市级复核：退回或不予入库", tells=False)
async def review_register_application(application_id: UUID, body: RegisterReview, tx: Tx, book: Book) -> Response:
    """Return or reject a checked application instead of listing it: returned with notes, rejected with a code."""
    return await _answer(await usecases.review_application(tx, application_id, body, book=book), tx, book)


@router.post(
    "/register-applications/{application_id}:list",
    response_model=RegisterApplicationRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, rules.REGISTER_STEP_NOT_ALLOWED, *CONDITIONS_REFUSED),
)
@edge(scope="registry.register:list", row="any", summary_zh="入库并编号")
async def list_register_application(application_id: UUID, tx: Tx, book: Book) -> Response:
    """List a checked enterprise: its number is issued and the title granted."""
    application = await usecases.list_application(tx, application_id, qualification_id=new_id(), book=book)
    return await _answer(application, tx, book)
