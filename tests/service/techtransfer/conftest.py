"""One techtransfer on a database of its own, knowing one registered enterprise."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from shared.events.registry import EnterpriseChanged, IntegrityMarks
from shared.kernel.actor import Role
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service
from tests.unit.techtransfer.builders import AGENCY, FIRM, OTHER, achievement_fields, need_fields

READ, WRITE, REVIEW = "transfer.listing:read", "transfer.listing:write", "transfer.listing:review"


def enterprise(uscc: str, name: str) -> EnterpriseChanged:
    """Return the registry's state of a made-up enterprise."""
    return EnterpriseChanged(
        uscc=uscc,
        name=name,
        unit_id="500107",
        industry_code=None,
        key_field="NEWMAT",
        founded_on=None,
        legal_form="LIMITED_COMPANY",
        founder_type=None,
        size_class=None,
        status="ACTIVE",
        integrity=IntegrityMarks(),
    )


@dataclass
class Market:
    """The service and the bodies that meet there."""

    service: RunningService
    firm: httpx.AsyncClient
    other: httpx.AsyncClient
    agency: httpx.AsyncClient
    district: httpx.AsyncClient
    other_district: httpx.AsyncClient
    city: httpx.AsyncClient

    async def draft(self, noun: str = "achievements", **changed: Any) -> dict[str, Any]:
        """Post a draft of the firm and return it."""
        fields = achievement_fields(**changed) if noun == "achievements" else need_fields(**changed)
        answer = await self.firm.post(f"/v1/{noun}", json=plain(fields))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def published(self, noun: str = "achievements", **changed: Any) -> dict[str, Any]:
        """Post, submit and publish a listing of the firm and return it."""
        draft = await self.draft(noun, **changed)
        await ok(self.firm.post(f"/v1/{noun}/{draft['id']}:submit"))
        return await ok(self.district.post(f"/v1/{noun}/{draft['id']}:review", json={"decision": "PUBLISH"}))


async def ok(call: Any) -> dict[str, Any]:
    """Await a call, require success and return its body."""
    answer = await call
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as JSON carries them."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in fields.items()}


@asynccontextmanager
async def open_market(postgres: DatabaseServer, **settings: Any) -> AsyncIterator[Market]:
    """Run a fresh techtransfer; the firm and the other enterprise are registered."""
    async with running_service("techtransfer", postgres, **settings) as service:
        await service.deliver(enterprise(FIRM, "示例铸造有限公司"))
        await service.deliver(enterprise(OTHER, "示例检测有限公司"))
        both = [READ, WRITE]
        yield Market(
            service=service,
            firm=service.client(Role.ENTERPRISE, party=FIRM, scopes=both),
            other=service.client(Role.ENTERPRISE, party=OTHER, scopes=both),
            agency=service.client(Role.AGENCY, party=AGENCY, scopes=both),
            district=service.client(Role.DISTRICT, unit="500107", scopes=[READ, REVIEW]),
            other_district=service.client(Role.DISTRICT, unit="500112", scopes=[READ, REVIEW]),
            city=service.client(Role.CITY, scopes=[READ, WRITE, REVIEW]),
        )


@pytest.fixture
async def market(postgres: DatabaseServer) -> AsyncIterator[Market]:
    """A market of its own for one test."""
    async with open_market(postgres) as opened:
        yield opened


@pytest.fixture(scope="module")
async def stall(postgres: DatabaseServer) -> AsyncIterator[Market]:
    """A market with one published achievement, for tests that only read."""
    async with open_market(postgres) as opened:
        await opened.published()
        yield opened
