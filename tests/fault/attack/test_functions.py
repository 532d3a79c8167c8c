"""E3: every route against every role: without its scope nobody passes, with every scope its own roles alone."""

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.kernel.actor import Role
from tests.fault.attack.routes import AttackedService, attacked_service, operations
from tests.fault.attack.who_may import HELD, WRITERS
from tests.support.postgres import DatabaseServer
from tests.support.source import SERVICES

pytestmark = pytest.mark.timeout(180)
ROLES = [role for role in Role if role is not Role.SYSTEM]
UNKNOWN_BODY = ("POST /v1/loan-applications/{application_id}:resubmit", "POST /v1/ip-rights/{right_id}:correct")
"""The rightful caller too names something here that does not exist: its 404 speaks of that."""


@pytest.fixture(scope="module", params=SERVICES)
async def attacked(request: pytest.FixtureRequest, postgres: DatabaseServer) -> AsyncIterator[AttackedService]:
    async with attacked_service(request.param, postgres) as opened:
        yield opened


def filled(path: str) -> str:
    """Return a path with all its places filled by a word; without the scope it is not looked at."""
    return "/".join("x" if word.startswith("{") and word.endswith("}") else word for word in path.split("/"))


@pytest.mark.fault("E3")
async def test_without_its_scope_no_route_lets_any_role_in(attacked: AttackedService) -> None:
    before, tried = await attacked.rows(), 0
    every = attacked.scopes
    for operation in operations(attacked.service.app.openapi()):
        assert operation.scope, f"{operation} asks for no scope"
        for role in ROLES:
            name = f"{role.value} without {operation.scope}"
            others = sorted(every - {operation.scope})
            client = attacked.service.client(
                role, party="91500107MA5XTE8T03", unit="500107", scopes=others, client_id=name
            )
            sent = {"json": {}} if operation.body else {}
            answer = await client.request(operation.method, filled(operation.path), **sent)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_scope"), (operation, role)
            tried += 1
    assert await attacked.rows() == before
    print(f"E3 {attacked.service.name}: {tried} pairs of route and role without the scope")


@pytest.mark.fault("E3")
async def test_with_every_scope_each_role_writes_on_its_own_routes_only(attacked: AttackedService) -> None:
    table, acts_as = WRITERS[attacked.service.name], {role: (party, unit) for role, party, unit in attacked.owners}
    writes = [target for target in attacked.targets if target.operation.method != "GET"]
    assert {f"{target.operation.method} {target.operation.path}" for target in writes} == set(table)
    before = await attacked.rows()
    for let_in in (False, True):  # first who must not, so that nothing has moved before they try
        for target in writes:  # whose turn a case is changes with what others did: no turn is asked of them here
            name = f"{target.operation.method} {target.operation.path}"
            for role in ROLES:
                if (role in table[name]) is not let_in or (let_in and (name in UNKNOWN_BODY or name.endswith(HELD))):
                    continue
                answer = await target.send(attacked.client(role, *acts_as.get(role, (None, None))))
                turned_away = answer.status_code in {httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND}
                assert turned_away is not let_in, (name, role, answer.text)
        if not let_in:
            assert await attacked.rows() == before
