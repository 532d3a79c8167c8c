"""`make verify` holds what techtransfer told against what stands: each wrong state is found by its own question."""

from services.techtransfer.app import LEDGERS
from tests.service.techtransfer.conftest import Market, ok
from tests.support.ledger import each_is_found

PLANTED = {
    "what was told last of each achievement": "UPDATE achievement SET status = 'WITHDRAWN', ended_at = now()",
    "what was told last of each need": "UPDATE need SET case_no = case_no || '1'",
    "counters of case numbers": "UPDATE case_number SET value = value - 1",
}


async def test_a_listing_that_was_told_otherwise_is_found_by_its_own_question(market: Market) -> None:
    for noun in ("achievements", "needs"):
        path = f"/v1/{noun}/{(await market.draft(noun))['id']}"
        await ok(market.firm.post(f"{path}:submit"))
        for decision in ("START", "PUBLISH"):
            await ok(market.district.post(f"{path}:review", json={"decision": decision}))
    await market.draft(title="另一项尚未公布的成果")
    await each_is_found(market.service, LEDGERS, PLANTED)
