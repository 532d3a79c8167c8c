"""The auditor reads who did or read what: by enterprise, person, case and consent; and nobody else does."""

from typing import Any

import httpx

from shared.db.audit import seal_tail
from shared.kernel.actor import Role, system_actor
from tests.service.finance.world import BANK_A, FIRM, World, done
from tests.support.plans import watched

LIST = "/v1/audit/finance"


def auditor(world: World) -> httpx.AsyncClient:
    return world.service.client(role=Role.AUDITOR, scopes=["audit.entry:read"])


async def rows(world: World, **asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done(await auditor(world).get(LIST, params=asked))["items"]
    return [one for one in found if not one["action"].startswith("audit.")]


async def story(world: World) -> dict[str, Any]:
    """A bank reads a firm's credit file under its consent."""
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    done(await world.bank().get(f"/v1/loan-applications/{application['id']}/credit-file"))
    return application


async def test_the_auditor_sees_who_read_what_of_whom_under_which_consent(world: World) -> None:
    application = await story(world)
    (read,) = await rows(world, action="credit_file.read")
    assert (read["client_id"], read["role"], read["party"]) == (f"bank-{BANK_A}", "bank", BANK_A)
    assert (read["uscc"], read["outcome"]) == (FIRM, "done")
    assert read["consent_id"] is not None
    assert read["fields"]
    assert [one["position"] for one in await rows(world, consent_id=read["consent_id"])] != []
    by_case = await rows(world, case_no=application["case_no"])
    assert {one["subject"] for one in by_case} == {f"loan_application/{application['id']}"}
    assert {one["action"] for one in by_case} >= {"loan_application.submit", "credit_file.read"}
    assert await rows(world, case_no="KC-0000-000000-000000") == []
    mine = await rows(world, client_id=f"bank-{BANK_A}")
    assert {one["client_id"] for one in mine} == {f"bank-{BANK_A}"}
    assert await rows(world, uscc=FIRM, action="credit_file.read", outcome="refused") == []


async def test_a_look_into_the_audit_is_kept_itself(world: World) -> None:
    await story(world)
    done(await auditor(world).get(LIST, params={"uscc": FIRM}))
    (kept,) = await world.service.rows("SELECT * FROM audit_entry WHERE action = 'audit.read'")
    assert (kept["client_id"], kept["uscc"], kept["detail"]) == ("auditor", FIRM, {"asked": {"uscc": FIRM}})


async def test_nobody_but_the_auditor_reads_the_audit_whatever_the_scopes(world: World) -> None:
    await story(world)
    for role, party in ((Role.CITY, None), (Role.BANK, BANK_A), (Role.OPERATOR, None), (Role.ENTERPRISE, FIRM)):
        client = world.service.client(role=role, party=party, scopes=["audit.entry:read"])
        for address in (LIST, f"{LIST}/chain", "/v1/exports/audit/finance.csv"):
            assert (await client.get(address)).status_code == 403, (role, address)
        assert done(await client.get(f"{LIST}/counts"))["total"] == 0
    assert (await world.service.client(role=Role.AUDITOR).get(LIST)).status_code == 403


async def test_the_audit_is_read_page_by_page_and_taken_away(world: World) -> None:
    await story(world)
    client = auditor(world)
    seen: list[int] = []
    cursor = None
    while True:
        page = done(
            await client.get(LIST, params={"limit": 3, "sort": "OLDEST", **({"cursor": cursor} if cursor else {})})
        )
        seen += [one["position"] for one in page["items"] if one["action"] != "audit.read"]
        cursor = page["next_cursor"]
        if cursor is None or len(seen) > 200:
            break
    told = await world.service.rows("SELECT position FROM audit_entry WHERE action <> 'audit.read' ORDER BY position")
    assert seen == [one["position"] for one in told]
    exported = await client.get("/v1/exports/audit/finance.csv", params={"uscc": FIRM})
    assert exported.status_code == 200
    assert "credit_file.read" in exported.text


async def test_the_chain_is_checked_in_parts_and_a_changed_row_is_named(world: World) -> None:
    await story(world)
    state = world.service.app.state
    async with state.db.transaction(actor=system_actor("finance"), clock=state.clock) as tx:
        sealed = await seal_tail(tx)
    client = auditor(world)
    whole = done(await client.get(f"{LIST}/chain"))
    assert (whole["is_whole"], whole["is_complete"], whole["rows"], whole["broken_at"]) == (True, True, sealed, None)
    on = done(await client.get(f"{LIST}/chain", params={"after": whole["rows"], "seal": whole["head"]}))
    assert (on["is_whole"], on["rows"], on["head"]) == (True, sealed, whole["head"])
    other = done(await client.get(f"{LIST}/chain", params={"after": whole["rows"], "seal": "0" * 64}))
    assert (other["is_whole"], other["broken_at"]) == (False, sealed)
    await world.service.tamper("UPDATE audit_entry SET outcome = 'forged' WHERE seal_no = 2")
    broken = done(await client.get(f"{LIST}/chain"))
    assert (broken["is_whole"], broken["broken_at"], broken["rows"]) == (False, 2, 1)


async def test_the_audit_of_a_person_or_a_case_is_not_read_from_end_to_end(world: World) -> None:
    application = await story(world)
    await world.service.tamper(
        "INSERT INTO audit_entry (at, client_id, role, action, subject, fields, outcome, detail, causation_id)"
        " SELECT now(), 'other-' || n, 'bank', 'loan.draw', 'other/' || n, '[]', 'done', '{}', gen_random_uuid()"
        " FROM generate_series(1, 20000) AS n"
    )
    await world.service.tamper("ANALYZE audit_entry")
    async with watched(world.service) as seen:
        assert await rows(world, client_id=f"bank-{BANK_A}")
        assert await rows(world, case_no=application["case_no"])
        assert await rows(world, uscc=FIRM)
    assert await seen.read_whole("audit_entry") == []
