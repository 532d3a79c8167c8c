"""`make verify` counts anew what ipr counted: each wrong number is found by its own question."""

import httpx

from services.ipr.app import LEDGERS
from shared.kernel.actor import Role
from tests.service.ipr.test_rights import ALL, move, register
from tests.support.ledger import each_is_found
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, patent

PLANTED = {
    "the shares of a right": "UPDATE ip_right_owner SET share_ppm = share_ppm - 1",
    "what was told last of each right": "UPDATE ip_right SET right_no = right_no || '0'",
    "what was told last of each sum": "UPDATE ip_portfolio SET class_1_count = class_1_count + 1",
    "each sum of a firm": "UPDATE ip_portfolio SET next_change_on = next_change_on + 1",
    "each status": "UPDATE ip_right SET status_since_on = status_since_on + 1",
}


def centre(ipr: RunningService) -> httpx.AsyncClient:
    return ipr.client(Role.IP_CENTRE, scopes=ALL)


async def test_a_wrong_share_status_or_sum_is_found_by_its_own_question(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = await register(
            client, owners=[{"uscc": FIRM_A, "share_ppm": 600_000}, {"uscc": FIRM_B, "share_ppm": 400_000}]
        )
        moved = await client.post(f"/v1/ip-rights/{right['id']}:move", json=move("LAPSED_FEE", "2026-03-01"))
        assert moved.status_code == 200, moved.text
        await register(client, right_no=patent("1", 2))
    await each_is_found(ipr, LEDGERS, PLANTED)
