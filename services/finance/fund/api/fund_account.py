"""Routes of the fund's accounts (风险补偿资金账户)."""

from datetime import date, datetime
from uuid import UUID

from fastapi import Response

from services.finance.fund.models.fund_account import FundAccount, FundPosting
from services.finance.fund.rules import fund_account as rules
from services.finance.fund.rules.fund_account import ContributionTerms, Contributor, PostingKind
from services.finance.fund.store import fund_account as accounts
from services.finance.fund.usecases import fund_account as usecases
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Shape
from shared.policy.rule_set import RuleSet
from shared.web.answer import answered, paged
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.paging import PageOf, Paging

router = edge_router(tags=["fund accounts 风险补偿资金"])


class ContributionRequest(ContributionTerms):
    """Money of the city or of a district that reached the fund's bank account, with its evidence."""

    evidence: Evidence


class FundAccountRead(Shape):
    """One unit's account in fen; `…_due_fen` is what each side still owes for the ratio of the contributions."""

    unit_id: str
    paid_in_city_fen: int
    paid_in_district_fen: int
    paid_in_fen: int
    exposure_fen: int
    capacity_fen: int
    capacity_left_fen: int
    city_due_fen: int
    district_due_fen: int
    rule_set_version: str


class FundPostingRead(Shape):
    """One posting with the balances after it, in fen."""

    id: UUID
    unit_id: str
    version: int
    kind: PostingKind
    amount_fen: int
    contributor: Contributor | None
    receipt_no: str | None
    value_on: date | None
    cover_id: UUID | None
    paid_in_city_after_fen: int
    paid_in_district_after_fen: int
    exposure_after_fen: int
    capacity_fen: int
    created_at: datetime


def shown(account: FundAccount, policy: RuleSet) -> FundAccountRead:
    """Return an account with its capacity and what each side owes."""
    balances = usecases.balances_of(account)
    shares = rules.shares(balances, policy)
    capacity_fen = rules.capacity(balances, policy)
    return FundAccountRead(
        unit_id=account.unit_id,
        paid_in_city_fen=account.paid_in_city_fen,
        paid_in_district_fen=account.paid_in_district_fen,
        paid_in_fen=account.paid_in_city_fen + account.paid_in_district_fen,
        exposure_fen=account.exposure_fen,
        capacity_fen=capacity_fen,
        capacity_left_fen=max(0, capacity_fen - account.exposure_fen),
        city_due_fen=shares.city_due_fen,
        district_due_fen=shares.district_due_fen,
        rule_set_version=policy.version,
    )


def shown_posting(posting: FundPosting) -> FundPostingRead:
    """Return a posting."""
    return FundPostingRead.model_validate(posting.model_dump(include=set(FundPostingRead.model_fields)))


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
@edge(scope="fund.account:write", row="any", summary_zh="登记出资到账")
async def post_contribution(unit_id: str, body: ContributionRequest, tx: Tx, book: Book) -> Response:
    """Post money that reached the fund's account of a unit, by the bank's receipt."""
    terms = ContributionTerms.model_validate(body.model_dump(exclude={"evidence"}))
    posting = await usecases.post_contribution(tx, unit_id, terms, body.evidence, book)
    return answered(shown_posting(posting), status=201, location=f"/v1/fund-accounts/{unit_id}/postings")


@router.get("/fund-accounts", response_model=PageOf[FundAccountRead])
@edge(scope="fund.account:read", row="any", summary_zh="风险补偿资金账户")
async def list_accounts(paging: Paging, tx: Tx, book: Book) -> Response:
    """List the accounts by unit, with capacity and shares."""
    rows = await accounts.page(tx, paging.wanted())
    policy = book.pick(rules.POLICY, tx.today)
    return paged(paging, rows, lambda row: shown(row, policy))


@router.get(
    "/fund-accounts/{unit_id}/postings", response_model=PageOf[FundPostingRead], responses=refusals(FORBIDDEN_ROLE)
)
@edge(scope="fund.account:read", row="unit", summary_zh="账户流水")
async def list_postings(unit_id: str, paging: Paging, tx: Tx) -> Response:
    """List the postings of a unit, newest first: for the city, the fund manager, the auditor and the unit itself."""
    if not accounts.may_read_postings(tx.actor, unit_id):
        raise Refusal(FORBIDDEN_ROLE)
    rows = await accounts.postings(tx, unit_id, paging.wanted())
    return paged(paging, rows, shown_posting)
