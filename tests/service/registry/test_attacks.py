"""Strangers with every scope against another firm's records: nothing is found, nothing moves."""

import pytest

from shared.kernel.actor import Role
from tests.service.registry.world import EVIDENCE, FILING, OTHER_UNIT, SCOPES, World, code_of, firm, made_up_code

CODE = made_up_code(1)
MARK = {"kind": "SERIOUS_DISHONESTY", "active": True, "effective_on": "2026-11-01", "evidence": EVIDENCE}
SME = {"kind": "TECH_SME", "number": "202650010708000123", "valid_from_on": "2026-05-01", "evidence": EVIDENCE}
STRUCK = {"effective_on": "2026-11-23", "evidence": EVIDENCE}


async def victims_paths(world: World) -> list[tuple[str, str, object]]:
    """Make a firm with a record of each kind and return every route that names one of them."""
    await world.registered()
    await world.filed()
    application = await world.enterprise().post("/v1/register-applications", json={"uscc": CODE})
    evaluation = await world.enterprise().post("/v1/tech-sme-evaluations", json={"uscc": CODE})
    title = await world.city.post(f"/v1/enterprises/{CODE}/qualifications", json=SME)
    scan = {"file": ("certificate.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")}
    document = (await world.enterprise().post("/v1/documents/registry", files=scan)).headers["location"]
    upload = await world.city.post("/v1/imports/enterprises", files={"file": ("a.csv", b"uscc\n1\n", "text/csv")})
    own, register = f"/v1/enterprises/{CODE}", f"/v1/register-applications/{application.json()['id']}"
    judged = f"/v1/tech-sme-evaluations/{evaluation.json()['id']}"
    imported = upload.headers["location"]
    return [
        ("GET", own, None),
        ("PATCH", own, {"name": "被改"}),
        ("POST", f"{own}:confirm-code", EVIDENCE),
        ("POST", f"{own}:deregister", STRUCK),
        ("POST", f"{own}/integrity-marks", MARK),
        ("GET", f"{own}/filings", None),
        ("PUT", f"{own}/filings/2025", FILING),
        ("POST", f"{own}/filings/2025:submit", None),
        ("GET", f"{own}/qualifications", None),
        ("POST", f"{own}/qualifications", {**SME, "number": "202650010708000999"}),
        ("POST", f"/v1/qualifications/{title.json()['id']}:revoke", STRUCK),
        ("POST", "/v1/register-applications", {"uscc": CODE}),
        ("GET", register, None),
        ("POST", f"{register}:check", {"decision": "PASS"}),
        ("POST", f"{register}:resubmit", None),
        ("POST", f"{register}:withdraw", None),
        ("POST", f"{register}:list", None),
        ("POST", "/v1/tech-sme-evaluations", {"uscc": CODE}),
        ("GET", judged, None),
        ("POST", f"{judged}:replay", None),
        ("GET", imported, None),
        ("GET", f"{imported}/report", None),
        ("GET", document, None),
        ("GET", f"{document}/content", None),
    ]


async def test_strangers_with_every_scope_find_nothing_and_change_nothing(world: World) -> None:
    paths = await victims_paths(world)
    before = await world.service.rows("SELECT count(*) FROM outbox_event")
    strangers = [
        world.enterprise(2),
        world.district(OTHER_UNIT),
        world.service.client(Role.BANK, party=made_up_code(3), scopes=SCOPES),
        world.service.client(Role.AGENCY, party=CODE, scopes=SCOPES),
        world.service.client(Role.FUND_MANAGER, unit="500107", scopes=SCOPES),
        world.service.client(Role.IP_CENTRE, scopes=SCOPES),
        world.service.client(Role.ENTERPRISE, scopes=SCOPES),
        world.service.client(Role.DISTRICT, party=CODE, scopes=SCOPES),
    ]
    for stranger in strangers:
        for method, path, body in paths:
            answer = await stranger.request(method, path, json=body, headers={"if-match": '"v1"'})
            assert answer.status_code == 404, (stranger.headers, method, path, answer.text)
            assert "示例科技有限公司1" not in answer.text
        for path in ("/v1/enterprises", "/v1/register-applications", "/v1/tech-sme-evaluations"):
            assert (await stranger.get(path)).json()["items"] == []
        assert CODE not in (await stranger.get("/v1/exports/enterprises.csv")).text
    assert await world.service.rows("SELECT count(*) FROM outbox_event") == before


async def test_without_its_scope_no_route_answers(world: World) -> None:
    paths = await victims_paths(world)
    bare = world.service.client(Role.CITY, scopes=["something.else:read"])
    for method, path, body in [*paths, ("GET", "/v1/units", None), ("GET", "/v1/exports/enterprises.csv", None)]:
        answer = await bare.request(method, path, json=body, headers={"if-match": '"v1"'})
        assert (answer.status_code, code_of(answer)) == (403, "forbidden_scope"), path


@pytest.mark.parametrize("field", ["id", "version", "status", "size_class", "code_needs_review", "created_at"])
async def test_fields_that_only_answers_have_cannot_be_sent(world: World, field: str) -> None:
    answer = await world.city.post("/v1/enterprises", json=firm(1, **{field: "ACTIVE"}))
    assert (answer.status_code, code_of(answer)) == (422, "field_invalid")
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


async def test_a_filing_cannot_be_sent_as_accepted_nor_an_application_as_listed(world: World) -> None:
    await world.registered()
    path = f"/v1/enterprises/{CODE}/filings/2025"
    for field, value in (("status", "ACCEPTED"), ("version", 9), ("accepted_at", "2026-01-01T00:00:00Z")):
        answer = await world.enterprise().put(path, json={**FILING, field: value})
        assert (answer.status_code, code_of(answer)) == (422, "field_invalid")
    for field in ("number", "status"):
        answer = await world.enterprise().post("/v1/register-applications", json={"uscc": CODE, field: "LISTED"})
        assert (answer.status_code, code_of(answer)) == (422, "field_invalid")


async def test_an_enterprise_cannot_do_what_its_district_or_the_city_does(world: World) -> None:
    """Its scopes come from the gateway; even with all of them, its own firm's marks are not its to set."""
    await world.registered()
    await world.filed()
    application = (await world.enterprise().post("/v1/register-applications", json={"uscc": CODE})).json()
    path = f"/v1/register-applications/{application['id']}"
    for method, target, body in (
        ("POST", f"{path}:check", {"decision": "PASS"}),
        ("POST", f"{path}:list", None),
        ("POST", f"/v1/enterprises/{CODE}/integrity-marks", MARK),
        ("POST", f"/v1/enterprises/{CODE}/qualifications", SME),
        ("POST", f"/v1/enterprises/{CODE}:deregister", STRUCK),
        ("POST", f"/v1/enterprises/{CODE}:confirm-code", EVIDENCE),
        ("PATCH", f"/v1/enterprises/{CODE}", {"unit_id": OTHER_UNIT}),
        ("POST", "/v1/enterprises", firm(1)),
    ):
        answer = await world.enterprise().request(method, target, json=body, headers={"if-match": '"v1"'})
        assert (answer.status_code, code_of(answer)) == (403, "forbidden_role"), target
    listed = await world.district().post(f"{path}:list")
    assert (listed.status_code, code_of(listed)) == (403, "forbidden_role")
    auditor = world.service.client(Role.AUDITOR, scopes=SCOPES)
    filed = await auditor.put(f"/v1/enterprises/{CODE}/filings/2025", json=FILING)
    assert (filed.status_code, code_of(filed)) == (403, "forbidden_role")
    upload = await world.enterprise().post("/v1/imports/enterprises", files={"file": ("a.csv", b"uscc\n", "text/csv")})
    assert (upload.status_code, code_of(upload)) == (403, "forbidden_role")


async def test_a_firm_keeps_its_own_address_and_no_more(world: World) -> None:
    await world.registered()
    path, read = f"/v1/enterprises/{CODE}", {"if-match": '"v1"'}
    own = await world.enterprise().patch(path, json={"address": "示例路1号", "key_field": "BIOMED"}, headers=read)
    assert (own.status_code, own.json()["key_field"]) == (200, "BIOMED")
    gate = await world.enterprise().patch(path, json={"industry_barred": False}, headers={"if-match": '"v2"'})
    assert (gate.status_code, code_of(gate)) == (403, "forbidden_role")
    assert gate.json()["errors"][0]["pointer"] == "/industry_barred"
