"""Documents of evidence: what is kept, who may look at one, and what evidence says of its own."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.kernel.actor import Role
from shared.kernel.role_scope import scopes_of
from tests.service.registry.world import World, made_up_code
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service
from tests.unit.ipr.builders import FIRM_A, FIRM_B, right_body

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
SHA = hashlib.sha256(PDF).hexdigest()
EVIDENCE = {"level": "DOCUMENT", "issued_on": "2026-03-01", "document_sha256": SHA}
HOME = "/v1/documents/registry"


def caller(
    service: RunningService, role: Role, client_id: str, *, party: str | None = None, unit: str | None = None
) -> httpx.AsyncClient:
    return service.client(role, client_id=client_id, party=party, unit=unit, scopes=scopes_of(role.value))


@pytest.fixture
async def world(postgres: DatabaseServer) -> AsyncIterator[World]:
    async with running_service("registry", postgres, max_document_bytes=4_096) as service:
        yield World(service)


async def uploaded(client: httpx.AsyncClient, path: str = HOME, content: bytes = PDF, **form: str) -> httpx.Response:
    return await client.post(path, files={"file": (r"C:\扫描\批文.pdf", content, "application/pdf")}, data=form)


def refused(answer: httpx.Response, code: str, status: int) -> None:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


async def test_a_document_is_kept_by_the_digest_that_we_compute_and_its_own_body_reads_it(world: World) -> None:
    district = caller(world.service, Role.DISTRICT, "district-500107", unit="500107")
    answer = await uploaded(district, sha256=SHA)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["sha256"], told["media_type"], told["size_bytes"]) == (SHA, "application/pdf", len(PDF))
    assert (told["file_name"], told["scan"], told["uploaded_by"]) == ("批文.pdf", "NOT_SCANNED", "district-500107")
    assert answer.headers["location"] == f"{HOME}/{told['id']}"
    again = await uploaded(district)
    assert (again.status_code, again.json()["id"]) == (200, told["id"])
    same_unit = caller(world.service, Role.DISTRICT, "district-500107-b", unit="500107")
    for client in (district, same_unit, caller(world.service, Role.AUDITOR, "auditor")):
        assert (await client.get(answer.headers["location"])).json() == told
        content = await client.get(told["content"])
        assert content.content == PDF
        assert content.headers["content-type"] == "application/pdf"
        assert content.headers["x-content-type-options"] == "nosniff"
        assert "attachment" in content.headers["content-disposition"]
    audited = await world.service.rows("SELECT action, client_id FROM audit_entry ORDER BY position")
    assert [row["action"] for row in audited] == ["document.upload", *["document.read", "document.download"] * 3]


async def test_another_body_finds_no_document_and_the_refusal_is_audited(world: World) -> None:
    address = (await uploaded(caller(world.service, Role.ENTERPRISE, "one", party=made_up_code(1)))).json()["content"]
    for stranger in (
        caller(world.service, Role.ENTERPRISE, "two", party=made_up_code(2)),
        caller(world.service, Role.DISTRICT, "district-500103", unit="500103"),
        caller(world.service, Role.DISTRICT, "district-500107", unit="500107"),
    ):
        refused(await stranger.get(address), "not_found", 404)
        refused(await stranger.get(address.removesuffix("/content")), "not_found", 404)
    rows = await world.service.rows("SELECT count(*) AS count FROM audit_entry WHERE outcome = 'refused'")
    assert rows[0]["count"] == 6


@pytest.mark.parametrize(
    ("content", "form", "code", "status"),
    [
        (b"", {}, "file_empty", 422),
        (b"MZ\x90\x00" + bytes(100), {}, "file_type_refused", 422),
        (b"\x7fELF" + bytes(100), {}, "file_type_refused", 422),
        (b"#!/bin/sh\nrm -rf /\n", {}, "file_type_refused", 422),
        (bytes(range(256)) * 4, {}, "file_type_refused", 422),
        (PDF + bytes(5_000), {}, "body_too_large", 413),
        (PDF, {"sha256": "0" * 64}, "file_hash_mismatch", 422),
        (PDF, {"sha256": "nonsense"}, "field_invalid", 422),
    ],
)
async def test_what_is_no_document_is_refused_and_not_kept(
    world: World, content: bytes, form: dict[str, str], code: str, status: int
) -> None:
    refused(await uploaded(caller(world.service, Role.CITY, "city"), content=content, **form), code, status)
    assert await world.service.rows("SELECT id FROM document") == []


@pytest.mark.parametrize("path", [HOME, "/v1/imports/enterprises"])
async def test_a_form_that_holds_what_nobody_would_read_is_refused(world: World, path: str) -> None:
    client = caller(world.service, Role.CITY, "city")
    one, other = ("one.pdf", PDF, "application/pdf"), ("two.pdf", b"%PDF-1.7 two", "application/pdf")
    twice = await client.post(path, files=[("file", one), ("file", other)])
    refused(twice, "body_unreadable", 400)
    assert "重复" in twice.json()["title"]
    unknown = await client.post(path, files={"file": one}, data={"sha265": "0" * 64})
    refused(unknown, "body_unreadable", 400)
    assert "sha265" in unknown.json()["title"]
    refused(await client.post(path, files={"file": one, "document": other}), "body_unreadable", 400)
    assert await world.service.rows("SELECT id FROM document") == []


async def test_evidence_says_whether_its_document_is_here_and_who_sees_the_case_may_look(world: World) -> None:
    code = await world.registered(1)
    district = caller(world.service, Role.DISTRICT, "district-500107", unit="500107")
    title = {"kind": "TECH_SME", "number": "202650010708000123", "valid_from_on": "2026-05-01", "evidence": EVIDENCE}
    path = f"/v1/enterprises/{code}/qualifications"
    entered = (await district.post(path, json=title)).json()
    assert entered["evidence"]["document"] == {"status": "NOT_HELD", "address": None}
    # Somebody else's copy of the same bytes does not count: a digest that was seen opens nobody's document.
    strangers = (await uploaded(caller(world.service, Role.ENTERPRISE, "two", party=made_up_code(2)))).json()
    (shown,) = (await district.get(path)).json()["items"]
    assert shown["evidence"]["document"]["status"] == "NOT_HELD"
    refused(await district.get(strangers["content"]), "not_found", 404)
    address = (await uploaded(district)).headers["location"]
    owner = caller(world.service, Role.ENTERPRISE, "one", party=code)
    (shown,) = (await owner.get(path)).json()["items"]
    assert shown["evidence"]["document"] == {"status": "HELD", "address": address}
    assert (await owner.get(f"{address}/content")).content == PDF
    other = caller(world.service, Role.ENTERPRISE, "two", party=made_up_code(2))
    refused(await other.get(f"{address}/content"), "not_found", 404)
    with_number = {**title, "number": "202650010708000124", "evidence": {**EVIDENCE, "document_sha256": None}}
    with_number["evidence"]["official_no"] = "示例凭证1号"
    assert (await district.post(path, json=with_number)).json()["evidence"]["document"] is None


async def test_who_clears_a_mark_shows_a_document_of_its_own(world: World) -> None:
    code = await world.registered(1)
    path = f"/v1/enterprises/{code}/integrity-marks"
    city = caller(world.service, Role.CITY, "city")
    district = caller(world.service, Role.DISTRICT, "district-500107", unit="500107")
    mark: dict[str, Any] = {
        "kind": "ABNORMAL_OPERATIONS",
        "active": True,
        "effective_on": "2026-11-01",
        "evidence": EVIDENCE,
    }
    assert (await city.post(path, json=mark)).status_code == 201
    address = (await uploaded(district)).headers["location"]
    cleared = (await district.post(path, json={**mark, "active": False, "effective_on": "2026-11-20"})).json()
    assert cleared["opened_evidence"]["document"]["status"] == "NOT_HELD"
    assert cleared["cleared_evidence"]["document"] == {"status": "HELD", "address": address}
    owner = caller(world.service, Role.ENTERPRISE, "one", party=code)
    assert (await owner.get(address)).status_code == 200
    page = (await owner.get(f"/v1/enterprises/{code}")).json()
    assert page["integrity_marks"][0]["cleared_evidence"]["document"]["status"] == "HELD"


async def test_a_right_shows_its_document_to_its_owner_alone(postgres: DatabaseServer) -> None:
    async with running_service("ipr", postgres) as ipr:
        centre = caller(ipr, Role.IP_CENTRE, "ip-centre")
        address = (await uploaded(centre, "/v1/documents/ipr")).headers["location"]
        right = (await centre.post("/v1/ip-rights", json=right_body(evidence=EVIDENCE))).json()
        assert right["evidence"]["document"] == {"status": "HELD", "address": address}
        owner = caller(ipr, Role.ENTERPRISE, "owner", party=FIRM_A)
        history = (await owner.get(f"/v1/ip-rights/{right['id']}/history")).json()
        assert history["moves"][0]["evidence"]["document"]["address"] == address
        assert (await owner.get(f"{address}/content")).content == PDF
        stranger = caller(ipr, Role.ENTERPRISE, "stranger", party=FIRM_B)
        refused(await stranger.get(address), "not_found", 404)
        # Naming the digest on a right of one's own opens nothing.
        body = right_body(
            evidence=EVIDENCE,
            right_no="2022SR0000001",
            kind="SOFTWARE_COPYRIGHT",
            published_on="2022-03-01",
            owners=[{"uscc": FIRM_B, "share_ppm": 1_000_000}],
        )
        claimed = await stranger.post("/v1/ip-rights", json=body)
        assert claimed.status_code == 201, claimed.text
        assert claimed.json()["evidence"]["document"]["status"] == "NOT_HELD"
        refused(await stranger.get(address), "not_found", 404)


async def test_the_receipt_of_a_contribution_is_open_to_its_district(postgres: DatabaseServer) -> None:
    async with running_service("finance", postgres) as finance:
        city = caller(finance, Role.CITY, "city")
        address = (await uploaded(city, "/v1/documents/finance")).headers["location"]
        body = {"contributor": "CITY", "amount_fen": 100, "receipt_no": "R-1", "value_on": "2026-11-20"}
        posted = await city.post("/v1/fund-accounts/500107/contributions", json={**body, "evidence": EVIDENCE})
        assert posted.status_code == 201, posted.text
        assert posted.json()["evidence"]["document"] == {"status": "HELD", "address": address}
        assert (await caller(finance, Role.DISTRICT, "d-7", unit="500107").get(address)).status_code == 200
        assert (await caller(finance, Role.FUND_MANAGER, "manager").get(address)).status_code == 200
        refused(await caller(finance, Role.DISTRICT, "d-3", unit="500103").get(address), "not_found", 404)


async def test_the_same_bytes_again_are_the_same_document_as_the_description_says(world: World) -> None:
    first, again = [await uploaded(world.enterprise()) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    described = world.service.app.openapi()["paths"]["/v1/documents/registry"]["post"]["responses"]
    shapes = [described[code]["content"]["application/json"]["schema"] for code in ("200", "201")]
    assert shapes[0] == shapes[1]
