"""Routes of consents (企业信息授权)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.finance.partner.models.consent import Consent
from services.finance.partner.rules import consent as rules
from services.finance.partner.rules import consent_act as act_rules
from services.finance.partner.rules.consent import ConsentChannel, ConsentPurpose, ConsentScope, SignerCapacity
from services.finance.partner.rules.consent_act import ConsentStanding
from services.finance.partner.store import consent as consents
from services.finance.partner.store import consent_use as uses
from services.finance.partner.usecases import consent as usecases
from services.finance.partner.usecases.consent import ConsentDraft
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
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Shelf, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["consents"])
NUMBERS = {rules.POLICY: ("default_months", "months_max", "purge_days")}
"""Numbers of rule sets that are told beside a consent."""


class ConsentSummary(Read):
    """A consent; the signer's name is masked, and `is_open` tells whether the bank may read by it now."""

    id: UUID
    enterprise_uscc: str
    bank_uscc: str
    purpose: ConsentPurpose
    scopes: list[ConsentScope]
    signer_name: str
    signer_capacity: SignerCapacity
    channel: ConsentChannel
    text_version: str
    text_sha256: str
    granted_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    purge_by_on: date | None
    is_open: bool


class ConsentRead(ConsentSummary):
    """A consent with the numbers of the rules that its days follow from."""

    numbers: list[NumberRead]


class ConsentTextRead(Read):
    """The consent text in force; `sha256` is that of the Chinese text in UTF-8."""

    version: str
    sha256: str
    zh: str
    en: str


class ConsentDetailRead(ConsentRead):
    """A consent with the text that was signed, and what its reader may do with it now.

    `text` is null where no rule set of today holds the version that was signed.
    """

    enterprise_name: str | None
    bank_name: str | None
    text: ConsentTextRead | None
    actions: list[ActionRead]


class ConsentUseRead(Read):
    """One read under a consent: when, by which body, and the classes of data that it was given."""

    read_at: datetime
    bank_uscc: str
    scopes: list[ConsentScope]


class ConsentListed(ConsentSummary):
    """A consent in a list, with the names beside the codes."""

    enterprise_name: str | None
    bank_name: str | None


COLUMNS = columns(
    "enterprise_uscc",
    "enterprise_name",
    "bank_uscc",
    "bank_name",
    "purpose",
    "scopes",
    "signer_name",
    "signer_capacity",
    "channel",
    "text_version",
    "granted_at",
    "expires_at",
    "revoked_at",
    "purge_by_on",
)
Wanted = Annotated[Chosen, Depends(chosen_from(consents.LIST))]
add_counts(router, consents.LIST, noun="consents", scope="credit.consent:read", row="enterprise", title="授权清单")


class OpenConsentRead(Read):
    """A consent that still lets the bank read."""

    consent_id: UUID
    purpose: ConsentPurpose
    scopes: list[ConsentScope]
    expires_at: datetime


class ConsentWithdrawalRead(ConsentRead):
    """A withdrawn consent, and the others that still let the bank read: withdraw these too to end its reading."""

    still_open: list[OpenConsentRead]


def _seen(consent: Any, now: datetime) -> dict[str, Any]:  # noqa: ANN401  # a consent, or its row in a list
    """Return what is told of a consent otherwise than it is kept: the signer is masked."""
    return {
        "scopes": [ConsentScope(scope) for scope in consent.scopes],
        "signer_name": consent.signer_name.masked,
        "is_open": rules.is_open(revoked_at=consent.revoked_at, expires_at=consent.expires_at, now=now),
    }


def detailed(consent: Consent, book: RuleBook, now: datetime) -> ConsentRead:
    """Return a consent with the numbers that held when it was given, or withdrawn."""
    rule_set = book.find(rules.POLICY, shanghai_date(consent.revoked_at or consent.granted_at))
    return ConsentRead.of(consent, **_seen(consent, now), numbers=numbers_of(rule_set, NUMBERS[rules.POLICY]))


@router.get("/consents/text", response_model=ConsentTextRead)
@edge(scope="credit.consent:read", row="any", summary_zh="现行授权书文本")
async def read_consent_text(tx: Tx, book: Book) -> Response:
    """Tell the text that a signer must read, with its version and hash."""
    text = rules.text_in_force(book.pick(rules.POLICY, tx.today))
    return answered(ConsentTextRead.of(text))


@router.post(
    "/consents",
    status_code=201,
    response_model=ConsentRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        NOT_FOUND,
        rules.CONSENT_SCOPES_EMPTY,
        rules.CONSENT_TEXT_OUTDATED,
        rules.CONSENT_PERIOD_INVALID,
        rules.SIGNER_WITHOUT_MANDATE,
    ),
)
@edge(scope="credit.consent:write", row="enterprise", summary_zh="授权银行读取本企业信息")
async def grant_consent(body: ConsentDraft, tx: Tx, book: Book) -> Response:
    """Allow a bank to read named classes of one's own data, for a purpose, until a date."""
    consent = await usecases.grant_consent(tx, body, book, consent_id=new_id())
    return answered(detailed(consent, book, tx.now), status=201, location=f"/v1/consents/{consent.id}")


def _listed(tx: Tx, rows: Sequence[Any]) -> list[ConsentListed]:
    return [ConsentListed.of(row, **_seen(row, tx.now)) for row in rows]


@router.get("/consents", response_model=PageOf[ConsentListed])
@edge(scope="credit.consent:read", row="enterprise", summary_zh="授权清单")
async def list_consents(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List consents that one gave or received."""
    found = await consents.LIST.page(tx, wanted, paging.wanted())
    return page(paging, _listed(tx, found.rows), found.next_key)


@router.get("/exports/consents.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="credit.consent:read", row="enterprise", summary_zh="导出授权清单", audited=True)
async def export_consents(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of consents with the same filters would show, as CSV or XLSX."""

    async def listed(rows: Sequence[Any]) -> list[ConsentListed]:
        return _listed(tx, rows)

    return await export_list(
        tx,
        consents.LIST.batches(tx, wanted),
        listed,
        COLUMNS,
        format=file_format,
        noun="consents",
        title="企业信息授权",
    )


@router.get("/consents/{consent_id}", response_model=ConsentDetailRead, responses=refusals(NOT_FOUND))
@edge(scope="credit.consent:read", row="enterprise", summary_zh="查看授权")
async def read_consent(consent_id: UUID, tx: Tx, book: Shelf) -> Response:
    """Read one consent that one gave or received."""
    found = await consents.find_page(tx, consent_id)
    if found is None:
        raise Refusal(NOT_FOUND, noun="consent")
    return answered(_read(*found, tx, book))


def _read(consent: Consent, names: Mapping[str, str | None], tx: Tx, book: RuleBook) -> ConsentDetailRead:
    rule_set = book.find(rules.POLICY, shanghai_date(consent.granted_at))
    text = None if rule_set is None else rules.text_in_force(rule_set)
    signed = None if text is None or text.sha256 != consent.text_sha256 else ConsentTextRead.of(text)
    bodies = {Role.ENTERPRISE: consent.enterprise_uscc, Role.BANK: consent.bank_uscc}
    offered = actions(act_rules.ACTS, ConsentStanding(consent.revoked_at), tx.actor, bodies)
    return ConsentDetailRead.of(detailed(consent, book, tx.now), **names, text=signed, actions=offered)


@router.get("/consents/{consent_id}/reads", response_model=PageOf[ConsentUseRead], responses=refusals(NOT_FOUND))
@edge(scope="credit.consent:read", row="enterprise", summary_zh="授权的使用记录")
async def list_consent_reads(consent_id: UUID, paging: Paging, tx: Tx) -> Response:
    """List what was read under a consent, newest first."""
    consent = await consents.find(tx, consent_id)
    if consent is None:
        raise Refusal(NOT_FOUND, noun="consent")
    found = await uses.page_of(tx, consent, paging.wanted())
    return page(paging, [_use(row) for row in found.rows], found.next_key)


def _use(row: Any) -> ConsentUseRead:  # noqa: ANN401  # a row of the audit
    return ConsentUseRead(read_at=row.at, bank_uscc=row.party, scopes=[ConsentScope(one) for one in row.fields])


@router.delete(
    "/consents/{consent_id}",
    response_model=ConsentWithdrawalRead,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, rules.CONSENT_ALREADY_REVOKED),
)
@edge(scope="credit.consent:write", row="enterprise", summary_zh="撤回授权")
async def revoke_consent(consent_id: UUID, tx: Tx, book: Book) -> Response:
    """Withdraw a consent: reads on it stop at once; the answer names the consents that still let the bank read."""
    consent, still_open = await usecases.revoke_consent(tx, consent_id, book)
    others = [OpenConsentRead.of(one, scopes=sorted(one.scopes)) for one in still_open]
    return answered(ConsentWithdrawalRead.of(detailed(consent, book, tx.now), still_open=others))
