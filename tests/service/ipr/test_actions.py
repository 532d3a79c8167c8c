"""What a right offers over HTTP: who is offered an act may do it, who is not is refused."""

from typing import Any

import httpx

from shared.kernel.actor import Role
from tests.service.ipr.test_rights import centre, enterprise, move, register
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, evidence_body, patent


def offered(right: dict[str, Any]) -> list[str]:
    """Return the names of what a right offers."""
    return [one["name"] for one in right["actions"]]


async def read(client: httpx.AsyncClient, right_id: str) -> dict[str, Any]:
    """Return a right as a client reads it."""
    found: dict[str, Any] = (await client.get(f"/v1/ip-rights/{right_id}")).json()
    return found


async def test_a_right_offers_each_reader_what_he_may_do_and_nothing_else(ipr: RunningService) -> None:
    async with centre(ipr) as office, enterprise(ipr, FIRM_A) as owner, enterprise(ipr, FIRM_B) as stranger:
        right = await register(owner)
        url = f"/v1/ip-rights/{right['id']}"
        every = ["attest", "move", "correct", "transfer", "extend", "mark-high-value", "mark-blemish"]
        assert offered(right) == []
        assert offered(await read(office, right["id"])) == every
        assert (await stranger.get(url)).status_code == 404
        attested = await office.post(f"{url}:attest", json={"evidence": evidence_body("AUTHORITY_FEED")})
        assert offered(attested.json()) == every[1:]
        assert (await office.post(f"{url}:attest", json={"evidence": evidence_body("ATTESTED")})).status_code == 409
        assert (await owner.post(f"{url}:move", json=move("LAPSED_FEE", "2026-03-01"))).status_code == 403
        assert (await stranger.post(f"{url}:move", json=move("LAPSED_FEE", "2026-03-01"))).status_code == 404


async def test_a_case_against_a_right_offers_its_end_and_an_ended_right_takes_neither_case_nor_transfer(
    ipr: RunningService,
) -> None:
    async with centre(ipr) as office:
        right = await register(office)
        url = f"/v1/ip-rights/{right['id']}"
        case = {"kind": "OWNERSHIP_DISPUTE", "effective_on": "2026-03-01", "evidence": evidence_body()}
        marked = (await office.post(f"{url}:mark-blemish", json=case)).json()
        assert offered(marked)[-2:] == ["mark-blemish", "clear-blemish"]
        cleared = (await office.post(f"{url}:clear-blemish", json=case)).json()
        assert offered(cleared)[-1] == "mark-blemish"
        ended = (await office.post(f"{url}:move", json=move("LAPSED_FEE", "2026-04-01"))).json()
        assert not {"mark-blemish", "clear-blemish", "transfer"} & set(offered(ended))
        assert (await office.post(f"{url}:mark-blemish", json=case)).status_code == 409


async def test_the_page_of_a_right_is_another_one_for_another_reader(ipr: RunningService) -> None:
    reader = ipr.client(Role.IP_CENTRE, scopes=["ipr.right:read"], client_id="reader")
    async with centre(ipr) as office:
        right = await register(office, right_no=patent("1", 7))
        seen = await office.get(f"/v1/ip-rights/{right['id']}")
        other = await reader.get(f"/v1/ip-rights/{right['id']}")
    assert offered(other.json()) == []
    assert seen.headers["etag"] != other.headers["etag"]
    assert other.headers["etag"].startswith('"v1')
