"""Who may look at a document is asked of its digest: no table of evidence is read from end to end for it."""

import pytest

from shared.kernel.actor import Role
from tests.service.documents.test_documents import EVIDENCE, caller, uploaded
from tests.service.registry.world import World
from tests.support.plans import multiply, watched
from tests.support.postgres import DatabaseServer
from tests.support.service import running_service
from tests.unit.ipr.builders import FIRM_A, right_body

COPIES = 5_000
ID = "gen_random_uuid()"
OTHER = (
    "jsonb_build_object('level', 'DOCUMENT', 'issued_on', '2026-03-01', "
    "'document_sha256', md5(n::text) || md5(n::text))"
)


async def test_a_document_of_a_right_is_found_by_its_digest(postgres: DatabaseServer) -> None:
    async with running_service("ipr", postgres) as ipr:
        centre = caller(ipr, Role.IP_CENTRE, "ip-centre")
        address = (await uploaded(centre, "/v1/documents/ipr")).headers["location"]
        assert (await centre.post("/v1/ip-rights", json=right_body(evidence=EVIDENCE))).status_code == 201
        await multiply(postgres, ipr, "ip_right", COPIES, id=ID, right_no="'X' || n", evidence=OTHER)
        await multiply(postgres, ipr, "ip_right_move", COPIES, id=ID, right_id=ID, evidence=OTHER)
        owner = caller(ipr, Role.ENTERPRISE, "owner", party=FIRM_A)
        async with watched(ipr) as seen:
            assert (await owner.get(address)).status_code == 200
        assert await seen.read_whole("ip_right", "ip_right_move") == []


async def test_a_document_of_a_title_or_a_mark_is_found_by_its_digest(postgres: DatabaseServer) -> None:
    async with running_service("registry", postgres) as registry:
        code = await World(registry).registered(1)
        district = caller(registry, Role.DISTRICT, "district-500107", unit="500107")
        address = (await uploaded(district)).headers["location"]
        title = {"kind": "TECH_SME", "number": "202650010708000123", "valid_from_on": "2026-05-01"}
        path = f"/v1/enterprises/{code}/qualifications"
        assert (await district.post(path, json={**title, "evidence": EVIDENCE})).status_code == 201
        await multiply(postgres, registry, "qualification", COPIES, id=ID, number="'X' || n", evidence=OTHER)
        mark = {"kind": "ABNORMAL_OPERATIONS", "active": True, "effective_on": "2026-11-01", "evidence": EVIDENCE}
        marks = f"/v1/enterprises/{code}/integrity-marks"
        assert (await district.post(marks, json=mark)).status_code == 201
        await multiply(postgres, registry, "integrity_mark", COPIES, id=ID, uscc="'X' || n", opened_evidence=OTHER)
        owner = caller(registry, Role.ENTERPRISE, "one", party=code)
        async with watched(registry) as seen:
            assert (await owner.get(address)).status_code == 200
        assert await seen.read_whole("qualification", "integrity_mark") == []


@pytest.mark.parametrize("unit", ["500107", "500103"])
async def test_the_receipt_of_a_contribution_is_found_by_its_digest(postgres: DatabaseServer, unit: str) -> None:
    async with running_service("finance", postgres) as finance:
        city = caller(finance, Role.CITY, "city")
        address = (await uploaded(city, "/v1/documents/finance")).headers["location"]
        body = {"contributor": "CITY", "amount_fen": 100, "receipt_no": "R-1", "value_on": "2026-11-20"}
        posted = await city.post("/v1/fund-accounts/500107/contributions", json={**body, "evidence": EVIDENCE})
        assert posted.status_code == 201, posted.text
        await multiply(
            postgres, finance, "fund_posting", COPIES, id=ID, version="n + 1", receipt_key="'X' || n", evidence=OTHER
        )
        district = caller(finance, Role.DISTRICT, f"d-{unit}", unit=unit)
        async with watched(finance) as seen:
            assert (await district.get(address)).status_code == (200 if unit == "500107" else 404)
        assert await seen.read_whole("fund_posting") == []
