"""Which documents a case of finance names: receipts of contributions to the accounts that the caller sees."""

from sqlalchemy import exists, select
from sqlmodel import col

from services.finance.fund.models.fund_account import FundPosting
from shared.db.document import Document, cites
from shared.db.transaction import Transaction
from shared.kernel.actor import Role

_SEES_ALL = frozenset({Role.CITY, Role.AUDITOR, Role.FUND_MANAGER, Role.SYSTEM})


async def is_in_sight(tx: Transaction, document: Document) -> bool:
    """Tell whether the evidence of a contribution that the caller may look into names `document`.

    Balances are open to every partner, receipts are not: a district sees those of its own account.
    """
    actor = tx.actor
    named = exists().where(cites(col(FundPosting.evidence), col(FundPosting.created_by), document))
    if actor.role is Role.DISTRICT and actor.unit_id is not None:
        named = named.where(col(FundPosting.unit_id) == actor.unit_id)
    elif actor.role not in _SEES_ALL:
        return False
    return bool((await tx.session.execute(select(named))).scalar_one())
