"""E1: every route with an id, against every body that is no party to the case, made from the OpenAPI documents."""

import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.kernel.actor import Role
from tests.fault.attack.conftest import rounds
from tests.fault.attack.routes import AttackedService, attacked_service, count_statements
from tests.service.finance.world import BANK_A, BANK_B, World, code, done
from tests.support.postgres import DatabaseServer
from tests.support.source import SERVICES

pytestmark = pytest.mark.timeout(180)
ROLE_FIRST = ("/postings", "/credit-file")
"""Reads that are for some roles only: the others learn that, with or without a record behind it."""


@pytest.fixture(scope="module", params=SERVICES)
async def attacked(request: pytest.FixtureRequest, postgres: DatabaseServer) -> AsyncIterator[AttackedService]:
    async with attacked_service(request.param, postgres) as opened:
        yield opened


def told(answer: httpx.Response) -> dict[str, Any]:
    """Return all that an answer tells, but for the ids of the request and the path that was asked for."""
    names = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "content-length"}}
    body = {name: value for name, value in answer.json().items() if name not in {"request_id", "instance"}}
    return {"status": answer.status_code, "headers": names, "body": body}


@pytest.mark.fault("E1")
async def test_another_bodys_record_is_answered_like_one_that_never_was(attacked: AttackedService) -> None:
    before, tried = await attacked.rows(), 0
    statements = count_statements(attacked.service)
    kin = {role for role, party, _ in attacked.owners if party is not None}
    for role, party, unit in attacked.strangers:
        client = attacked.client(role, party, unit)
        for target in attacked.targets:
            where = (role, party, target.operation.method, target.operation.path)
            await target.send(client)  # what is compiled at the first call is not counted
            statements.clear()
            found = await target.send(client)
            spoken = list(statements)
            statements.clear()
            absent = await target.send(client, target.nowhere)
            looks_in = role in kin and target.operation.method == "GET" and not target.url.endswith(ROLE_FIRST)
            assert found.status_code in ({404} if looks_in else {403, 404}), (where, found.text)
            assert told(found) == told(absent), where
            # The same work for both is the same time: nothing to be measured from outside.
            assert spoken == statements, where
            assert not any(secret in found.text for secret in attacked.secrets), where
            tried += 1
    assert await attacked.rows() == before
    print(
        f"E1 {attacked.service.name}: {len(attacked.targets)} targets x {len(attacked.strangers)} strangers = {tried}"
    )


@pytest.mark.fault("E1")
async def test_the_rightful_party_reads_on_each_route_what_the_strangers_could_not(attacked: AttackedService) -> None:
    """Without this the table could pass because nothing stands behind it."""
    reads = [target for target in attacked.targets if target.operation.method == "GET"]
    for target in reads:
        codes = {
            (await target.send(attacked.client(role, party, unit))).status_code for role, party, unit in attacked.owners
        }
        assert codes & {200, 409}, (target.operation, codes)


@pytest.mark.fault("E1")
async def test_random_pairs_of_ids_and_tenants_show_each_tenant_its_own(world: World) -> None:
    await world.admit_banks()
    owned: list[tuple[str, str, str]] = []  # path, firm, bank
    for number, bank in ((1, BANK_A), (2, BANK_B), (3, BANK_A)):
        firm = code(number)
        await world.tell_good_firm(firm)
        evaluation = await world.evaluate(firm)
        consent = await world.consent(firm, bank)
        application = await world.apply(evaluation["id"], firm, bank)
        await world.approve(application["id"], bank)
        loan = await world.sign(application["id"], bank)
        drawdown = await world.draw(loan["id"], bank)
        owned += [
            (f"/v1/kvc-evaluations/{evaluation['id']}", firm, "-"),
            (f"/v1/consents/{consent['id']}", firm, bank),
            (f"/v1/loan-applications/{application['id']}", firm, bank),
            (f"/v1/loans/{loan['id']}", firm, bank),
            (f"/v1/loans/{loan['id']}/drawdowns", firm, bank),
            (f"/v1/drawdowns/{drawdown['id']}", firm, bank),
        ]
    tenants = [(Role.ENTERPRISE, code(number)) for number in (1, 2, 3)] + [(Role.BANK, BANK_A), (Role.BANK, BANK_B)]
    seed = random.randrange(1 << 32)  # printed, so that a failure can be had again
    print(f"E1 K8 seed {seed}")
    chance = random.Random(seed)
    seen = 0
    for _ in range(rounds(1_000, 200)):
        path, firm, bank = chance.choice(owned)
        role, party = chance.choice(tenants)
        answer = await world.client(role, party).get(path)
        if party not in {firm, bank}:
            assert answer.status_code in {403, 404}, (path, role, party, answer.text)
            continue
        assert done(answer), (path, role)
        seen += 1
    assert seen > 20
