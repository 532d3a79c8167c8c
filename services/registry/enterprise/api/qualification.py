"""Routes of titles."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from services.registry.enterprise.models.qualification import Qualification
from services.registry.enterprise.rules import enterprise as enterprise_rules
from services.registry.enterprise.rules import qualification as rules
from services.registry.enterprise.rules.qualification import (
    QualificationDraft,
    QualificationKind,
    QualificationStatus,
    QualificationTerms,
)
from services.registry.enterprise.store import qualification as qualifications
from services.registry.enterprise.usecases import qualification as usecases
from shared.db.selection import Chosen
from shared.db.transaction import Transaction
from shared.kernel.clock import shanghai_date
from shared.kernel.evidence import Evidence
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.kernel.types import CodeText, Day
from shared.policy.book import RULE_SET_NOT_IN_FORCE, RuleBook
from shared.policy.number_read import NumberRead, numbers_of
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.document import Evidences, EvidenceShown
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["qualifications"])
NUMBERS = {usecases.POLICY: tuple(name for names in rules.END_OF_KIND.values() for name in names)}
"""Numbers of rule sets that are told beside a title."""

ENTER_REFUSED = (
    enterprise_rules.EVIDENCE_TOO_WEAK,
    enterprise_rules.DATE_IN_FUTURE,
    rules.DRAFTING_RANK_MISSING,
    rules.NUMBER_MALFORMED,
    rules.NUMBER_YEAR_IMPLAUSIBLE,
    rules.QUALIFICATION_EXISTS,
    rules.QUALIFICATION_NOT_OURS_TO_ENTER,
    rules.VALIDITY_REVERSED,
    RULE_SET_NOT_IN_FORCE,
)


class QualificationSummary(QualificationTerms, Read):
    """One title with its state and evidence."""

    id: UUID
    uscc: str
    status: QualificationStatus
    evidence: EvidenceShown
    revoked_on: date | None
    revocation_evidence: EvidenceShown | None
    created_at: datetime


class QualificationRead(QualificationSummary):
    """A title with the numbers that say when one of its kind ends where the certificate does not."""

    numbers: list[NumberRead]


class QualificationListed(QualificationSummary):
    """One title in a list over all enterprises, with the name beside the code."""

    name: str | None


COLUMNS = columns(
    "uscc",
    "name",
    "kind",
    "number",
    "status",
    "valid_from_on",
    "valid_until_on",
    "award_rank",
    "drafting_rank",
    "revoked_on",
    "created_at",
)
Wanted = Annotated[Chosen, Depends(chosen_from(qualifications.LIST))]
add_counts(
    router, qualifications.LIST, noun="qualifications", scope="registry.enterprise:read", row="unit", title="称号总表"
)


class QualificationList(BaseModel):
    """The titles of an enterprise, newest first."""

    items: list[QualificationRead]


class Revocation(Shape):
    """Why and from when a title no longer stands."""

    effective_on: Day
    evidence: Evidence


def ending(book: RuleBook, kind: QualificationKind, *, valid_from_on: date, entered_on: date) -> list[NumberRead]:
    """Return the numbers by which a title of a kind usually ends, of the version that was asked when it was entered."""
    rule_set = book.find(usecases.POLICY, min(valid_from_on, entered_on))
    return numbers_of(rule_set, rules.END_OF_KIND.get(kind, ()))


async def _shown(tx: Transaction, rows: Sequence[Qualification], book: RuleBook) -> list[dict[str, Any]]:
    """Return titles as they are answered one by one."""
    return [
        {
            **one,
            "numbers": [
                number.model_dump(mode="json")
                for number in ending(
                    book, row.kind, valid_from_on=row.valid_from_on, entered_on=shanghai_date(row.created_at)
                )
            ],
        }
        for one, row in zip(await _summaries(tx, rows), rows, strict=True)
    ]


async def _summaries(tx: Transaction, rows: Sequence[Qualification]) -> list[dict[str, Any]]:
    pairs = [(evidence, row.entered_by) for row in rows for evidence in (row.evidence, row.revocation_evidence)]
    return _told(rows, await Evidences.of(tx, "registry", pairs))


def _told(rows: Sequence[Any], held: Evidences) -> list[dict[str, Any]]:
    shown = []
    for row in rows:
        values = {name: getattr(row, name) for name in QualificationSummary.model_fields}
        for name in ("evidence", "revocation_evidence"):
            values[name] = held.shown(values[name], row.entered_by)
        shown.append(QualificationSummary.model_validate(values).model_dump(mode="json"))
    return shown


@router.post(
    "/enterprises/{uscc}/qualifications",
    status_code=201,
    response_model=QualificationRead,
    responses=refusals(NOT_FOUND, FORBIDDEN_ROLE, *ENTER_REFUSED),
)
@edge(scope="registry.qualification:write", row="unit", summary_zh="登记称号（国家级编号凭证）")
async def enter_qualification(uscc: CodeText, body: QualificationDraft, tx: Tx, book: Book) -> Response:
    """Enter a title that another body granted, on evidence."""
    rule_set = book.pick(usecases.POLICY, min(body.valid_from_on, tx.today))
    row = await usecases.enter_qualification(tx, uscc, body, qualification_id=new_id(), rule_set=rule_set)
    return answered((await _shown(tx, [row], book))[0], status=201, location=f"/v1/enterprises/{uscc}/qualifications")


@router.get("/enterprises/{uscc}/qualifications", response_model=QualificationList, responses=refusals(NOT_FOUND))
@edge(scope="registry.enterprise:read", row="enterprise", summary_zh="称号清单")
async def list_qualifications(uscc: CodeText, tx: Tx, book: Shelf) -> Response:
    """List the titles of an enterprise, newest first."""
    return answered({"items": await _shown(tx, await usecases.list_qualifications(tx, uscc), book)})


@router.post(
    "/qualifications/{qualification_id}:revoke",
    response_model=QualificationRead,
    responses=refusals(
        NOT_FOUND,
        FORBIDDEN_ROLE,
        rules.QUALIFICATION_NOT_VALID,
        enterprise_rules.DATE_IN_FUTURE,
        enterprise_rules.EVIDENCE_TOO_WEAK,
    ),
)
@edge(scope="registry.qualification:write", row="unit", summary_zh="撤销称号")
async def revoke_qualification(qualification_id: UUID, body: Revocation, tx: Tx, book: Shelf) -> Response:
    """Revoke a title on evidence."""
    row = await usecases.revoke_qualification(tx, qualification_id, on=body.effective_on, evidence=body.evidence)
    return answered((await _shown(tx, [row], book))[0])


async def _listed(rows: Sequence[Any]) -> list[QualificationListed]:
    shown = _told(rows, Evidences.beside("registry", rows))
    return [QualificationListed.model_validate({**one, "name": row.name}) for one, row in zip(shown, rows, strict=True)]


@router.get("/qualifications", response_model=PageOf[QualificationListed])
@edge(scope="registry.enterprise:read", row="unit", summary_zh="称号总表")
async def list_all_qualifications(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List the titles that the caller may see over all enterprises."""
    found = await qualifications.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(found.rows), found.next_key)


@router.get("/exports/qualifications.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="registry.enterprise:read", row="unit", summary_zh="导出称号总表", audited=True)
async def export_all_qualifications(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of qualifications with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        qualifications.LIST.batches(tx, wanted),
        _listed,
        COLUMNS,
        format=file_format,
        noun="qualifications",
        title="称号",
    )
