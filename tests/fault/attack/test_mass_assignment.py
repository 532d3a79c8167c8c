"""E2: every field that only answers have, added to every object of every body that writes: refused by its name."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.kernel.actor import Role
from tests.fault.attack.additions import additions
from tests.support.postgres import DatabaseServer
from tests.support.service import running_service
from tests.support.source import SERVICES

pytestmark = pytest.mark.timeout(180)


def writes(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """Yield (method, path, schema of the body, scope) of every operation with a JSON body."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if path.startswith("/v1/") and content:
                yield method.upper(), path, content["schema"], operation["x-scope"]


def filled(path: str) -> str:
    """Return a path whose places hold something well formed."""
    names = {"uscc": "91500107MA5XTE8T03", "year": "2025", "unit_id": "500107"}
    for word in [word for word in path.replace(":", "/").split("/") if word.startswith("{")]:
        path = path.replace(word, names.get(word[1:-1], "01890000-0000-7000-8000-000000000000"))
    return path


@pytest.mark.fault("E2")
@pytest.mark.parametrize("name", SERVICES)
async def test_a_field_that_only_answers_have_is_refused_by_its_name(name: str, postgres: DatabaseServer) -> None:
    async with running_service(name, postgres) as service:
        document, tried = service.app.openapi(), 0
        found = list(writes(document))
        scopes = sorted({scope for *_, scope in found})
        client = service.client(Role.CITY, scopes=scopes)
        for method, path, schema, _ in found:
            for addition in additions(document, schema):
                answer = await client.request(method, filled(path), json=addition.body, headers={"if-match": '"v1"'})
                assert answer.status_code == 422, (method, path, answer.text)
                named = {one["pointer"] for one in answer.json()["errors"]}
                assert set(addition.pointers) <= named, (method, path, set(addition.pointers) - named)
                tried += len(addition.pointers)
        assert not await service.rows("SELECT 1 FROM outbox_event WHERE subject NOT LIKE '%rule_set%'")
        print(f"E2 {name}: {tried} foreign fields in {len(found)} writes")
        assert tried > 100
