"""Routes of the fund's accounts (风险补偿资金账户)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from services.finance.fund.models.fund_account import FundAccount
from services.finance.fund.rules import fund_account as rules
from services.finance.fund.rules import fund_act as act_rules
from services.finance.fund.rules.fund_account import ContributionTerms, Contributor, FundBalances, PostingKind
from services.finance.fund.rules.fund_act import AccountStanding
from services.finance.fund.store import fund_account as accounts
from services.finance.fund.store.fund_account import SeenAccount
from services.finance.fund.usecases import fund_account as usecases
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role, left_to
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read
from shared.kernel.types import CodeText
from shared.kernel.unit import is_unit
from shared.policy.number_read import NumberRead, numbers_of
from shared.policy.rule_set import RuleSet
from shared.web.answer import answered, paged
from shared.web.counts import add_counts
from shared.web.document import Evidences, EvidenceShown
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["fund accounts"])
NUMBERS = {rules.POLICY: ("city_share_ppm", "cover_share_ppm", "leverage")}
"""Numbers of rule sets that are told beside an account."""


class ContributionRequest(ContributionTerms):
    """Money of the city or of a district that reached the fund's bank account, with its evidence."""

    evidence: Evidence


class FundAccountRead(FundBalances, Read):
    """One unit's account in fen; `…_due_fen` is what each side still owes for the ratio of the contributions."""

    unit_id: str
    paid_in_fen: int
    capacity_fen: int
    capacity_left_fen: int
    city_due_fen: int
    district_due_fen: int
    rule_set_version: str
    numbers: list[NumberRead]


class FundAccountDetailRead(FundAccountRead):
    """One unit's account, and what its reader may do with it now."""

    actions: list[ActionRead]


class FundPostingRead(Read):
    """One posting with the balances after it, in fen."""

    id: UUID
    unit_id: str
    version: int
    kind: PostingKind
    amount_fen: int
    contributor: Contributor | None
    receipt_no: str | None
    value_on: date | None
    evidence: EvidenceShown | None
    cover_id: UUID | None
    paid_in_city_after_fen: int
    paid_in_district_after_fen: int
    exposure_after_fen: int
    capacity_fen: int
    created_at: datetime


COLUMNS = columns(
    "unit_id",
    "paid_in_city_fen",
    "paid_in_district_fen",
    "paid_in_fen",
    "exposure_fen",
    "capacity_fen",
    "capacity_left_fen",
    "city_due_fen",
    "district_due_fen",
    "rule_set_version",
)
POSTING_COLUMNS = columns(
    "unit_id",
    "kind",
    "amount_fen",
    "contributor",
    "receipt_no",
    "value_on",
    "created_at",
    "paid_in_city_after_fen",
    "paid_in_district_after_fen",
    "exposure_after_fen",
    "capacity_fen",
)
Wanted = Annotated[Chosen, Depends(chosen_from(accounts.LIST))]
add_counts(router, accounts.LIST, noun="fund-accounts", scope="fund.account:read", row="any", title="风险补偿资金账户")
PostingsWanted = Annotated[Chosen, Depends(chosen_from(accounts.POSTING_LIST))]
add_counts(router, accounts.POSTING_LIST, noun="fund-postings", scope="fund.account:read", row="unit", title="基金流水")


def shown(account: FundAccount | SeenAccount, policy: RuleSet) -> FundAccountRead:
    """Return an account with its capacity and what each side owes."""
    balances = account.balances if isinstance(account, SeenAccount) else usecases.balances_of(account)
    shares = rules.shares(balances, policy)
    capacity_fen = rules.capacity(balances, policy)
    return FundAccountRead.of(
        balances,
        unit_id=account.unit_id,
        paid_in_fen=balances.paid_in_city_fen + balances.paid_in_district_fen,
        capacity_fen=capacity_fen,
        capacity_left_fen=max(0, capacity_fen - balances.exposure_fen),
        city_due_fen=shares.city_due_fen,
        district_due_fen=shares.district_due_fen,
        rule_set_version=policy.version,
        numbers=numbers_of(policy, NUMBERS[rules.POLICY]),
    )


async def _listed_postings(rows: Sequence[Any]) -> list[FundPostingRead]:
    held = Evidences.beside("finance", rows)
    return [_shown_posting(row, held) for row in rows]


def _shown_posting(row: Any, held: Evidences) -> FundPostingRead:  # noqa: ANN401  # a posting, or the columns of one
    return FundPostingRead.of(row, evidence=held.shown(row.evidence, row.created_by))


@router.post(
    "/fund-accounts/{unit_id}/contributions",
    status_code=201,
    response_model=FundPostingRead,
    responses=refusals(
        FORBIDDEN_ROLE,
        NOT_FOUND,
        rules.CONTRIBUTION_NOT_POSITIVE,
        rules.CONTRIBUTION_DATE_INVALID,
        rules.CONTRIBUTION_TOO_LARGE,
        rules.RECEIPT_ALREADY_POSTED,
    ),
)
@edge(scope="fund.account:write", row="any", summary_zh="登记出资到账", transaction="single", tells=False)
async def post_contribution(unit_id: CodeText, body: ContributionRequest, tx: Tx, book: Book) -> Response:
    """Post money that reached the fund's account of a unit, by the bank's receipt."""
    terms = ContributionTerms.model_validate(body.model_dump(exclude={"evidence"}))
    made = await usecases.post_contribution(tx, unit_id, terms, body.evidence, book)
    told = _shown_posting(made.posting, Evidences("finance", dict(made.documents)))
    return answered(told, status=201, location=f"/v1/fund-accounts/{unit_id}/postings")


@router.get("/fund-accounts", response_model=PageOf[FundAccountRead])
@edge(scope="fund.account:read", row="any", summary_zh="风险补偿资金账户")
async def list_accounts(paging: Paging, tx: Tx, wanted: Wanted, book: Book) -> Response:
    """List the accounts, with capacity and shares."""
    policy = book.pick(rules.POLICY, tx.today)
    return paged(paging, await accounts.LIST.page(tx, wanted, paging.wanted()), lambda row: shown(row, policy))


@router.get("/fund-accounts/{unit_id}", response_model=FundAccountDetailRead, responses=refusals(NOT_FOUND))
@edge(scope="fund.account:read", row="any", summary_zh="查看一个单位的风险补偿资金账户")
async def read_fund_account(unit_id: CodeText, tx: Tx, book: Book) -> Response:
    """Read the account of a reporting unit; one to which nothing was posted yet is empty."""
    account = await accounts.find(tx, unit_id)
    if account is None and not is_unit(unit_id):
        raise Refusal(NOT_FOUND, noun="unit")
    policy = book.pick(rules.POLICY, tx.today)
    offered = actions(act_rules.ACTS, AccountStanding(unit_id, tx.today), tx.actor, {Role.CITY: None})
    told = shown(account or accounts.empty(unit_id), policy)
    return answered(FundAccountDetailRead.of(told, actions=offered))


@router.get("/exports/fund-accounts.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="fund.account:read", row="any", summary_zh="导出风险补偿资金账户", audited=True)
async def export_accounts(file_format: Format, tx: Tx, wanted: Wanted, book: Book) -> Response:
    """Export the accounts that a list with the same filters would show, as CSV or XLSX."""
    policy = book.pick(rules.POLICY, tx.today)

    async def listed(rows: Sequence[FundAccount]) -> list[FundAccountRead]:
        return [shown(row, policy) for row in rows]

    batches = accounts.LIST.batches(tx, wanted)
    return await export_list(
        tx, batches, listed, COLUMNS, format=file_format, noun="fund-accounts", title="风险补偿资金"
    )


@router.get("/fund-postings", response_model=PageOf[FundPostingRead])
@edge(scope="fund.account:read", row="unit", summary_zh="基金流水")
async def list_all_postings(paging: Paging, tx: Tx, wanted: PostingsWanted) -> Response:
    """List the postings of all units for the city, the fund manager and the auditor, of its own for a unit."""
    found = await accounts.POSTING_LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed_postings(found.rows), found.next_key)


@router.get("/exports/fund-postings.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="fund.account:read", row="unit", summary_zh="导出基金流水", audited=True)
async def export_all_postings(file_format: Format, tx: Tx, wanted: PostingsWanted) -> Response:
    """Export what a list of postings with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        accounts.POSTING_LIST.batches(tx, wanted),
        _listed_postings,
        POSTING_COLUMNS,
        format=file_format,
        noun="fund-postings",
        title="基金流水",
    )


@router.get(
    "/fund-accounts/{unit_id}/postings", response_model=PageOf[FundPostingRead], responses=refusals(FORBIDDEN_ROLE)
)
@edge(scope="fund.account:read", row="unit", summary_zh="账户流水")
async def list_postings(unit_id: CodeText, paging: Paging, tx: Tx) -> Response:
    """List the postings of a unit, newest first: for the city, the fund manager, the auditor and the unit itself."""
    if not accounts.may_read_postings(tx.actor, unit_id):
        raise left_to(*accounts.READS_POSTINGS)
    found = await accounts.POSTING_LIST.page(tx, Chosen({"unit_id": unit_id}), paging.wanted())
    return page(paging, await _listed_postings(found.rows), found.next_key)
