"""The page of an enterprise is one statement, and tells all that stands beside a firm in its order."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from shared.events.finance import EvaluationCompleted
from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from tests.service.documents.test_documents import EVIDENCE as WITH_DOCUMENT
from tests.service.documents.test_documents import caller, uploaded
from tests.service.registry.world import EVIDENCE, OTHER_UNIT, World, made_up_code
from tests.support.plans import multiply, watched
from tests.support.postgres import DatabaseServer

PARTS = ("enterprise", "integrity_mark", "unit_stay", "qualification", "portfolio", "credit_standing", "document")
EMPTY: dict[str, Any] = {"integrity_marks": [], "qualifications": [], "portfolio": None, "credit_standing": None}
MARK = "ABNORMAL_OPERATIONS"


async def full_firm(world: World) -> str:
    """Register a firm with marks, documents, stays, titles, a portfolio and an evaluation."""
    code = await world.registered()
    path = f"/v1/enterprises/{code}"
    district = caller(world.service, Role.DISTRICT, "district-500107", unit="500107")
    assert (await uploaded(district)).status_code == 201
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("integrity-marks", {"kind": MARK, "active": True, "effective_on": "2026-11-01", "evidence": WITH_DOCUMENT}),
        ("integrity-marks", {"kind": MARK, "active": False, "effective_on": "2026-11-09", "evidence": EVIDENCE}),
        ("integrity-marks", {"kind": MARK, "active": True, "effective_on": "2026-11-20", "evidence": EVIDENCE}),
        ("qualifications", {"kind": "TECH_SME", "number": "202550010708000123", "valid_from_on": "2025-05-01"}),
        ("qualifications", {"kind": "TECH_SME", "number": "202650010708000123", "valid_from_on": "2026-05-01"}),
    )
    for route, body in steps:
        answer = await district.post(f"{path}/{route}", json={"evidence": EVIDENCE, **body})
        assert answer.status_code == 201, answer.text
    version = (await world.city.get(path)).json()["version"]
    moved = await world.city.patch(path, json={"unit_id": OTHER_UNIT}, headers={"if-match": f'"v{version}"'})
    assert moved.status_code == 200, moved.text
    await world.with_portfolio(class_1=2)
    await world.service.deliver(
        EvaluationCompleted(
            uscc=code,
            evaluation_id=new_id(),
            supersedes_id=None,
            grade="A",
            score_milli=61_500,
            limit_fen=480_000_000,
            uplift_fen=0,
            as_of_on=date(2026, 11, 23),
            valid_until_on=date(2027, 11, 22),
            rule_set_version="2022.1",
            rule_set_sha256="0" * 64,
        )
    )
    return code


@pytest.mark.parametrize("full", [False, True])
async def test_the_page_is_one_statement_however_much_stands_on_it(world: World, *, full: bool) -> None:
    code = await full_firm(world) if full else await world.registered()
    async with watched(world.service) as seen:
        answer = await world.city.get(f"/v1/enterprises/{code}")
    assert answer.status_code == 200, answer.text
    assert len(seen.made) == 1, seen.made


async def test_no_transaction_stands_around_the_page(world: World) -> None:
    code = await world.registered()
    sent: list[str] = []
    pool = world.service.db.engine.sync_engine.pool

    def listen(connection: Any, *_rest: object) -> None:
        connection.driver_connection.add_query_logger(hear)

    def hear(query: Any) -> None:
        sent.append(query.query)

    event.listen(pool, "checkout", listen)
    try:
        assert (await world.city.get(f"/v1/enterprises/{code}")).status_code == 200
        read = list(sent)
        changed = await world.city.post(f"/v1/enterprises/{code}:confirm-code", json=EVIDENCE)
    finally:
        event.remove(pool, "checkout", listen)
    assert changed.status_code == 200, changed.text
    assert any(word.startswith("BEGIN") for word in sent), "the listener hears no transaction at all"
    assert [word for word in read if word.startswith(("BEGIN", "ROLLBACK", "COMMIT"))] == []


async def test_the_page_tells_what_stands_beside_a_firm_in_its_order(world: World) -> None:
    code = await full_firm(world)
    told = (await world.city.get(f"/v1/enterprises/{code}")).json()
    first, second = told["integrity_marks"]
    assert (first["opened_on"], first["cleared_on"], second["cleared_on"]) == ("2026-11-01", "2026-11-09", None)
    assert first["opened_evidence"]["document"]["status"] == "HELD"
    assert first["opened_evidence"]["document"]["address"].startswith("/v1/documents/registry/")
    assert first["cleared_evidence"]["entered_by"] == "district-500107"
    assert (first["cleared_evidence"]["document"], second["cleared_evidence"]) == (None, None)
    assert [(one["unit_id"], one["until_on"]) for one in told["units"]] == [
        ("500107", "2026-11-23"),
        (OTHER_UNIT, None),
    ]
    assert [one["valid_from_on"] for one in told["qualifications"]] == ["2026-05-01", "2025-05-01"]
    assert (told["portfolio"]["class_1_count"], told["credit_standing"]["grade"]) == (2, "A")


async def test_the_page_of_a_new_firm_is_empty_and_anothers_is_not_found(world: World) -> None:
    code = await world.registered()
    told = (await world.enterprise().get(f"/v1/enterprises/{code}")).json()
    assert {name: told[name] for name in EMPTY} == EMPTY
    for stranger in (world.enterprise(2), world.district(OTHER_UNIT)):
        assert (await stranger.get(f"/v1/enterprises/{code}")).status_code == 404


async def test_no_part_of_the_page_is_read_from_end_to_end(world: World, postgres: DatabaseServer) -> None:
    code = await full_firm(world)
    other = {"id": "gen_random_uuid()", "uscc": "'9' || lpad(n::text, 17, '0')"}
    for table in ("enterprise", "integrity_mark", "unit_stay", "qualification"):
        own = {**other, "number": "'X' || n"} if table == "qualification" else other
        await multiply(postgres, world.service, table, 5_000, **own)
    for table in ("portfolio", "credit_standing"):
        await multiply(postgres, world.service, table, 5_000, uscc=other["uscc"])
    document = {"id": other["id"], "sha256": "md5(n::text) || md5(n::text)"}
    await multiply(postgres, world.service, "document", 5_000, **document)
    async with watched(world.service) as seen:
        assert (await world.city.get(f"/v1/enterprises/{made_up_code(1)}")).status_code == 200
    assert code == made_up_code(1)
    assert await seen.read_whole(*PARTS) == []
