"""Post money and exposure to the fund's accounts; a posting and its balance move in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.finance.fund.models.fund_account import FundAccount
from services.finance.fund.rules import fund_account as rules
from services.finance.fund.rules.fund_account import ContributionTerms, FundBalances, PostingKind
from services.finance.fund.store import fund_account as accounts
from services.finance.fund.store.fund_account import Posted, SeenAccount
from shared.db.document import Cited, HeldDocument, cited
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet


def balances_of(account: FundAccount) -> FundBalances:
    """Return the balances of an account as rules take them."""
    return FundBalances(
        paid_in_city_fen=account.paid_in_city_fen,
        paid_in_district_fen=account.paid_in_district_fen,
        exposure_fen=account.exposure_fen,
    )


def _posted(
    tx: Transaction,
    account: SeenAccount,
    after: FundBalances,
    policy: RuleSet,
    *,
    kind: PostingKind,
    amount_fen: int,
    **more: Any,  # noqa: ANN401  # fields of `Posted`
) -> Posted:
    """Return the posting that leads an account from what was read to `after`."""
    return Posted(
        id=new_id(),
        unit_id=account.unit_id,
        version=account.version + 1,
        kind=kind,
        amount_fen=amount_fen,
        paid_in_city_after_fen=after.paid_in_city_fen,
        paid_in_district_after_fen=after.paid_in_district_fen,
        exposure_after_fen=after.exposure_fen,
        capacity_fen=rules.capacity(after, policy),
        created_at=tx.now,
        created_by=tx.actor.client_id,
        **more,
    )


@dataclass(frozen=True, slots=True)
class PostedContribution:
    """A posting and the document that its evidence names, if it was uploaded."""

    posting: Posted
    documents: Mapping[Cited, HeldDocument]


async def post_contribution(
    tx: Transaction, unit_id: str, terms: ContributionTerms, evidence: Evidence, book: RuleBook
) -> PostedContribution:
    """Post money of the city or of a district that reached the fund's bank account.

    Raises:
        Refusal: `forbidden_role`; `not_found` (unit); `contribution_not_positive`; `contribution_date_invalid`;
            `contribution_too_large`; `receipt_already_posted`.
    """
    tx.actor.must_be((Role.CITY,))
    rules.open_to_money(unit_id, tx.today)
    entered = evidence.model_dump(mode="json")
    seen = await accounts.read_account(
        tx, unit_id, receipt_no=terms.receipt_no, cited=cited(entered, tx.actor.client_id)
    )
    account = seen.account
    policy = book.pick(rules.POLICY, tx.today)
    after = rules.contribute(terms, account.balances, policy, tx.today)
    if seen.is_posted:
        raise Refusal(rules.RECEIPT_ALREADY_POSTED, pointer="/receipt_no")
    posting = _posted(
        tx,
        account,
        after,
        policy,
        kind=PostingKind.CONTRIBUTION,
        amount_fen=terms.amount_fen,
        contributor=terms.contributor,
        receipt_no=terms.receipt_no,
        value_on=terms.value_on,
        evidence=entered,
    )
    accounts.post(tx, account, posting, after)
    tx.audit("fund_account.contribute", subject=f"fund_account/{unit_id}", detail={"receipt_no": terms.receipt_no})
    return PostedContribution(posting, seen.documents)


def exposure_values(
    tx: Transaction, account: SeenAccount, policy: RuleSet, *, kind: PostingKind, amount_fen: int, cover_id: UUID
) -> dict[str, Any]:
    """Return the values of a posting that moves the memorandum exposure of an account that was read."""
    exposure_fen = account.balances.exposure_fen + (amount_fen if kind is PostingKind.EXPOSURE else -amount_fen)
    after = account.balances.model_copy(update={"exposure_fen": exposure_fen})
    posting = _posted(tx, account, after, policy, kind=kind, amount_fen=amount_fen, cover_id=cover_id)
    return accounts.posting_values(posting, after)
