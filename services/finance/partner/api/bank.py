"""Routes of cooperating banks (合作银行)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Response

from services.finance.partner.models.bank import Bank
from services.finance.partner.rules import bank as rules
from services.finance.partner.rules.bank import BankStatus, BankTerms
from services.finance.partner.store import bank as banks
from services.finance.partner.usecases import bank as usecases
from shared.db.selection import Chosen
from shared.kernel.refusals import FORBIDDEN_ROLE
from shared.kernel.shape import Read
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["banks"])


class BankRead(BankTerms, Read):
    """A cooperating bank."""

    status: BankStatus
    created_at: datetime


COLUMNS = columns("bank_uscc", "bank_name", "status", "agreement_from_on", "agreement_until_on", "decision_no")
Wanted = Annotated[Chosen, Depends(chosen_from(banks.LIST))]
add_counts(router, banks.LIST, noun="banks", scope="credit.bank:read", row="any", title="合作银行名单")


def shown(bank: Bank) -> BankRead:
    """Return a bank as any caller may see it."""
    return BankRead.of(bank)


@router.post(
    "/banks",
    status_code=201,
    response_model=BankRead,
    responses=refusals(FORBIDDEN_ROLE, rules.BANK_PERIOD_INVALID, rules.BANK_ALREADY_ADMITTED),
)
@edge(scope="credit.bank:write", row="any", summary_zh="登记合作银行（联席会议决定）", tells=False)
async def admit_bank(body: BankTerms, tx: Tx) -> Response:
    """Admit a cooperating bank on a decision of the joint meeting."""
    bank = await usecases.admit_bank(tx, body)
    return answered(shown(bank), status=201, location="/v1/banks")


async def _listed(_tx: Tx, rows: Sequence[Bank]) -> list[BankRead]:
    return [shown(row) for row in rows]


async def _exported(_tx: Tx, rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [{**row._asdict(), "bank_uscc": row.uscc, "bank_name": row.name} for row in rows]


@router.get("/banks", response_model=PageOf[BankRead])
@edge(scope="credit.bank:read", row="any", summary_zh="合作银行名单")
async def list_banks(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List cooperating banks."""
    found = await banks.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(tx, found.rows), found.next_key)


@router.get("/exports/banks.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="credit.bank:read", row="any", summary_zh="导出合作银行名单", audited=True)
async def export_banks(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of banks with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        banks.LIST.batches(tx, wanted),
        lambda rows: _exported(tx, rows),
        COLUMNS,
        format=file_format,
        noun="banks",
        title="合作银行",
    )
