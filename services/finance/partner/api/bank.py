"""Routes of cooperating banks (合作银行)."""

from datetime import datetime

from fastapi import Response

from services.finance.partner.models.bank import Bank
from services.finance.partner.rules import bank as rules
from services.finance.partner.rules.bank import BankStatus, BankTerms
from services.finance.partner.store import bank as banks
from services.finance.partner.usecases import bank as usecases
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.web.answer import answered, paged
from shared.web.edge import Tx, edge, edge_router, refusals
from shared.web.paging import PageOf, Paging

router = edge_router(tags=["banks 合作银行"])


class BankRead(BankTerms):
    """A cooperating bank."""

    status: BankStatus
    created_at: datetime


def shown(bank: Bank) -> BankRead:
    """Return a bank as any caller may see it."""
    return BankRead.model_validate(bank.model_dump())


@router.post(
    "/banks",
    status_code=201,
    response_model=BankRead,
    responses=refusals(FORBIDDEN_ROLE, rules.BANK_PERIOD_INVALID, rules.BANK_ALREADY_ADMITTED),
)
@edge(scope="credit.bank:write", row="any", summary_zh="登记合作银行（联席会议决定）")
async def admit_bank(body: BankTerms, tx: Tx) -> Response:
    """Admit a cooperating bank on a decision of the joint meeting."""
    bank = await usecases.admit_bank(tx, body)
    return answered(shown(bank), status=201, location="/v1/banks")


@router.get("/banks", response_model=PageOf[BankRead])
@edge(scope="credit.bank:read", row="any", summary_zh="合作银行名单")
async def list_banks(paging: Paging, tx: Tx) -> Response:
    """List cooperating banks by their codes."""
    rows = await banks.page(tx, paging.wanted())
    return paged(paging, rows, shown)
