"""Words of the registry's service tests: bodies, made-up firms, requests."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from shared.events.ipr import KindCount, PortfolioChanged
from shared.kernel import uscc
from shared.kernel.actor import Role
from tests.support.service import RunningService

SCOPES = (
    "registry.enterprise:read",
    "registry.enterprise:write",
    "registry.filing:write",
    "registry.qualification:write",
    "registry.integrity:write",
    "registry.register:apply",
    "registry.register:check",
    "registry.register:list",
    "registry.evaluation:write",
    "registry.evaluation:read",
    "registry.import:write",
    "registry.population:read",
    "registry.population:write",
    "registry.document:read",
    "registry.document:write",
    "work.item:read",
)
UNIT, OTHER_UNIT = "500107", "500103"
EVIDENCE = {"level": "DOCUMENT", "issued_on": "2026-03-01", "official_no": "示例凭证1号"}
FILING = {
    "staff": 100,
    "science_staff": 30,
    "rd_staff": 20,
    "senior_title_staff": 2,
    "revenue_fen": 5_000_000_000,
    "cost_expense_fen": 4_000_000_000,
    "assets_fen": 6_000_000_000,
    "rd_expense_fen": 300_000_000,
    "super_deduction_fen": 300_000_000,
    "innovative_products": 1,
}


def made_up_code(number: int, unit: str = UNIT) -> str:
    """Return a valid code of a made-up company."""
    first = f"91{unit}MA{number:07d}"
    return first + uscc.check_character(first)


def firm(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return a made-up enterprise."""
    return {
        "uscc": made_up_code(number),
        "name": f"示例科技有限公司{number}",
        "unit_id": UNIT,
        "legal_form": "LIMITED",
        "industry_code": "I6510",
        "key_field": "NGIT",
        "founded_on": "2018-05-01",
        **changes,
    }


@dataclass
class World:
    """The registry with a client for each body."""

    service: RunningService

    @property
    def city(self) -> httpx.AsyncClient:
        return self.service.client(Role.CITY, scopes=SCOPES)

    def district(self, unit: str = UNIT) -> httpx.AsyncClient:
        return self.service.client(Role.DISTRICT, unit=unit, scopes=SCOPES)

    def enterprise(self, number: int = 1) -> httpx.AsyncClient:
        return self.service.client(Role.ENTERPRISE, party=made_up_code(number), scopes=SCOPES)

    async def registered(self, number: int = 1, **changes: Any) -> str:
        """Register a made-up firm and return its code."""
        answer = await self.city.post("/v1/enterprises", json=firm(number, **changes))
        assert answer.status_code == 201, answer.text
        code: str = answer.json()["uscc"]
        return code

    async def filed(self, number: int = 1, year: int = 2025, **changes: Any) -> dict[str, Any]:
        """File and submit a year."""
        client, path = self.enterprise(number), f"/v1/enterprises/{made_up_code(number)}/filings/{year}"
        saved = await client.put(path, json={**FILING, **changes})
        assert saved.status_code == 200, saved.text
        answer = await client.post(f"{path}:submit")
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    async def with_portfolio(self, number: int = 1, *, class_1: int = 0, class_2: int = 0, version: int = 1) -> None:
        """Let the registry hear a portfolio of ipr."""
        await self.service.deliver(
            PortfolioChanged(
                uscc=made_up_code(number),
                as_of_on=date(2026, 11, 23),
                class_1_count=class_1,
                class_2_count=class_2,
                high_value_count=0,
                blemished_count=0,
                kinds=(KindCount(kind="INVENTION", count=class_1, weighted_milli=class_1 * 1000),),
                rule_set_version="2024.1",
                rule_set_sha256="0" * 64,
            ),
            version=version,
        )


def code_of(answer: httpx.Response) -> str:
    """Return the refusal code of an answer."""
    code: str = answer.json()["code"]
    return code
