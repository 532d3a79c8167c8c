"""Post money and exposure to the fund's accounts; a posting and its balance move in one transaction."""

from uuid import UUID

from services.finance.fund.models.fund_account import FundAccount, FundPosting
from services.finance.fund.rules import fund_account as rules
from services.finance.fund.rules.fund_account import ContributionTerms, FundBalances, PostingKind
from services.finance.fund.store import fund_account as accounts
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence
from shared.kernel.fold import reference_key
from shared.kernel.ids import new_id
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.unit import unit_on
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet


def balances_of(account: FundAccount) -> FundBalances:
    """Return the balances of an account as rules take them."""
    return FundBalances(
        paid_in_city_fen=account.paid_in_city_fen,
        paid_in_district_fen=account.paid_in_district_fen,
        exposure_fen=account.exposure_fen,
    )


def _posting(tx: Transaction, account: FundAccount, kind: PostingKind, amount_fen: int, policy: RuleSet) -> FundPosting:
    """Return a posting with the balances that `account` has now, after the move."""
    account.version += 1
    account.updated_at = tx.now
    return FundPosting(
        id=new_id(),
        unit_id=account.unit_id,
        version=account.version,
        kind=kind,
        amount_fen=amount_fen,
        paid_in_city_after_fen=account.paid_in_city_fen,
        paid_in_district_after_fen=account.paid_in_district_fen,
        exposure_after_fen=account.exposure_fen,
        capacity_fen=rules.capacity(balances_of(account), policy),
        created_at=tx.now,
        created_by=tx.actor.client_id,
    )


async def post_contribution(
    tx: Transaction, unit_id: str, terms: ContributionTerms, evidence: Evidence, book: RuleBook
) -> FundPosting:
    """Post money of the city or of a district that reached the fund's bank account.

    Raises:
        Refusal: `forbidden_role`; `not_found` (unit); `contribution_not_positive`; `contribution_date_invalid`;
            `contribution_too_large`; `receipt_already_posted`.
    """
    tx.actor.must_be((Role.CITY,))
    if unit_on(unit_id, tx.today) is None:
        raise Refusal(NOT_FOUND, noun="unit")
    account = await accounts.lock(tx, unit_id)
    policy = book.pick(rules.POLICY, tx.today)
    after = rules.contribute(terms, balances_of(account), policy, tx.today)
    if await accounts.receipt_posted(tx, terms.receipt_no):
        raise Refusal(rules.RECEIPT_ALREADY_POSTED, pointer="/receipt_no")
    account.paid_in_city_fen = after.paid_in_city_fen
    account.paid_in_district_fen = after.paid_in_district_fen
    posting = _posting(tx, account, PostingKind.CONTRIBUTION, terms.amount_fen, policy)
    posting.contributor = terms.contributor
    posting.receipt_no = terms.receipt_no
    posting.receipt_key = reference_key(terms.receipt_no)
    posting.value_on = terms.value_on
    posting.evidence = evidence.model_dump(mode="json")
    tx.session.add(posting)
    tx.audit("fund_account.contribute", subject=f"fund_account/{unit_id}", detail={"receipt_no": terms.receipt_no})
    return posting


async def post_exposure(
    tx: Transaction, account: FundAccount, policy: RuleSet, *, kind: PostingKind, amount_fen: int, cover_id: UUID
) -> None:
    """Move the memorandum exposure of an account that is held by this transaction."""
    account.exposure_fen += amount_fen if kind is PostingKind.EXPOSURE else -amount_fen
    posting = _posting(tx, account, kind, amount_fen, policy)
    posting.cover_id = cover_id
    tx.session.add(posting)
