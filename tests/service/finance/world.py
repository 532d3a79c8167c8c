"""A small world around finance: facts as other services tell them, and each body's client."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx

from shared.events.ipr import KindCount, PortfolioChanged
from shared.events.registry import EnterpriseChanged, FilingAccepted, IntegrityMarks, QualificationChanged
from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from shared.kernel.uscc import check_character
from tests.support.service import RunningService

WAN = 1_000_000
"""Ten thousand yuan in fen."""


def code(number: int) -> str:
    """Return a made-up unified social credit code with a right check character."""
    first = f"91500107MA{number:07d}"
    return first + check_character(first)


FIRM, OTHER_FIRM = code(1), code(2)
BANK_A, BANK_B = code(9_000_001), code(9_000_002)
UNIT = "500107"
ALL_SCOPES = {
    Role.ENTERPRISE: (
        "credit.evaluation:write credit.evaluation:read credit.consent:write credit.consent:read"
        " credit.application:write credit.application:read credit.loan:read credit.bank:read fund.cover:read"
        " work.item:read work.item:write"
    ),
    Role.BANK: (
        "credit.application:read credit.decision:write credit.loan:read credit.loan:write fund.cover:write"
        " fund.cover:read credit.bank:read credit.consent:read work.item:read work.item:write"
    ),
    Role.CITY: (
        "credit.evaluation:write credit.evaluation:read credit.bank:write credit.bank:read credit.document:read"
        " credit.document:write fund.account:write"
        " fund.account:read credit.application:read credit.loan:read fund.cover:read credit.consent:read work.item:read"
        " work.item:write"
    ),
    Role.FUND_MANAGER: (
        "fund.cover:decide fund.cover:read fund.account:read credit.loan:read work.item:read work.item:write"
    ),
}


@dataclass
class World:
    """Finance with clients; each method makes one step and returns the answer's body."""

    service: RunningService
    versions: dict[str, int] = field(default_factory=dict)
    clients: dict[tuple[Role, str | None], httpx.AsyncClient] = field(default_factory=dict)

    def client(self, role: Role, party: str | None = None) -> httpx.AsyncClient:
        """Return the client of a body with every scope of its role."""
        if (role, party) not in self.clients:
            self.clients[role, party] = self.service.client(role=role, party=party, scopes=ALL_SCOPES[role].split())
        return self.clients[role, party]

    @property
    def city(self) -> httpx.AsyncClient:
        """The city's science and technology bureau."""
        return self.client(Role.CITY)

    def firm(self, uscc: str = FIRM) -> httpx.AsyncClient:
        """An enterprise."""
        return self.client(Role.ENTERPRISE, uscc)

    def bank(self, uscc: str = BANK_A) -> httpx.AsyncClient:
        """A bank."""
        return self.client(Role.BANK, uscc)

    @property
    def manager(self) -> httpx.AsyncClient:
        """The fund manager."""
        return self.client(Role.FUND_MANAGER)

    async def tell(self, event: Any, **envelope: Any) -> None:
        """Deliver an event with the next version of its aggregate."""
        key = f"{event.aggregate}/{event.aggregate_id}"
        self.versions[key] = self.versions.get(key, 0) + 1
        await self.service.deliver(event, version=self.versions[key], **envelope)

    async def tell_enterprise(self, uscc: str = FIRM, *, unit_id: str = UNIT, **marks: bool) -> None:
        """The registry tells of an enterprise."""
        await self.tell(
            EnterpriseChanged(
                uscc=uscc,
                name="示例科技有限公司",
                unit_id=unit_id,
                industry_code="C39",
                key_field=None,
                founded_on=date(2018, 5, 1),
                legal_form="LIMITED_COMPANY",
                founder_type=None,
                size_class="SMALL",
                status="ACTIVE",
                integrity=IntegrityMarks(**marks),
            )
        )

    async def tell_title(
        self, kind: str, uscc: str = FIRM, *, status: str = "VALID", until: date | None = None, **envelope: Any
    ) -> None:
        """The registry tells of a title."""
        await self.tell(
            QualificationChanged(
                uscc=uscc,
                kind=kind,
                status=status,
                number=None,
                valid_from_on=date(2025, 1, 1),
                valid_until_on=until,
                evidence_level="DOCUMENT",
            ),
            **envelope,
        )

    async def tell_filing(self, year: int, uscc: str = FIRM, **amounts: Any) -> None:
        """The registry accepted a filing; amounts in fen."""
        fields = {
            "staff": 100,
            "science_staff": 40,
            "rd_staff": 25,
            "senior_title_staff": 5,
            "revenue_fen": 3_000 * WAN,
            "cost_expense_fen": 2_000 * WAN,
            "assets_fen": 4_000 * WAN,
            "rd_expense_fen": 300 * WAN,
            "super_deduction_fen": None,
            "innovative_products": 2,
        }
        await self.tell(FilingAccepted(uscc=uscc, year=year, **(fields | amounts)))

    def portfolio(
        self, uscc: str = FIRM, *, inventions: int = 4, utility_models: int = 5, high_value: int = 1
    ) -> PortfolioChanged:
        """Return an IP summary, each right with the full weight."""
        kinds = (("INVENTION", inventions), ("UTILITY_MODEL", utility_models))
        return PortfolioChanged(
            uscc=uscc,
            as_of_on=self.service.clock.now().date(),
            class_1_count=inventions,
            class_2_count=utility_models,
            high_value_count=high_value,
            blemished_count=0,
            kinds=tuple(KindCount(kind=kind, count=n, weighted_milli=n * 1000) for kind, n in kinds),
            rule_set_version="2022.1",
            rule_set_sha256="0" * 64,
        )

    async def tell_portfolio(
        self, uscc: str = FIRM, *, inventions: int = 4, utility_models: int = 5, high_value: int = 1, **envelope: Any
    ) -> None:
        """Ipr tells the IP summary, each right with the full weight."""
        told = self.portfolio(uscc, inventions=inventions, utility_models=utility_models, high_value=high_value)
        await self.tell(told, **envelope)

    async def tell_good_firm(self, uscc: str = FIRM) -> None:
        """All that a borrower needs: on the city's register, two filings, rights."""
        await self.tell_enterprise(uscc)
        await self.tell_title("TECH_ENTERPRISE", uscc)
        await self.tell_filing(2024, uscc, rd_expense_fen=250 * WAN)
        await self.tell_filing(2025, uscc)
        await self.tell_portfolio(uscc)

    async def admit_banks(self) -> None:
        """The city admits both banks."""
        for uscc, name in ((BANK_A, "示例银行甲"), (BANK_B, "示例银行乙")):
            done(
                await self.city.post(
                    "/v1/banks",
                    json={
                        "uscc": uscc,
                        "name": name,
                        "agreement_from_on": "2024-01-01",
                        "agreement_until_on": "2027-12-31",
                        "decision_no": "联席会议〔2024〕1号",
                    },
                ),
                201,
            )

    async def evaluate(self, uscc: str = FIRM) -> dict[str, Any]:
        """The firm has itself evaluated."""
        return done(await self.firm(uscc).post("/v1/kvc-evaluations", json={"uscc": uscc}), 201)

    async def consent(self, uscc: str = FIRM, bank: str = BANK_A, **fields: Any) -> dict[str, Any]:
        """The firm allows a bank to read."""
        text = done(await self.firm(uscc).get("/v1/consents/text"))
        body = {
            "bank_uscc": bank,
            "scopes": ["EVALUATION_RESULT", "EVALUATION_DETAIL", "BASIC_REGISTRY", "IP_PORTFOLIO"],
            "signer_name": "示例人",
            "text_version": text["version"],
        }
        return done(await self.firm(uscc).post("/v1/consents", json=body | fields), 201)

    def application_body(self, evaluation_id: str, bank: str = BANK_A, **fields: Any) -> dict[str, Any]:
        """The body of an application."""
        body = {
            "bank_uscc": bank,
            "amount_fen": 100 * WAN,
            "term_months": 12,
            "purpose": f"研发投入 {new_id()}",
            "evaluation_id": evaluation_id,
        }
        return body | fields

    async def apply(self, evaluation_id: str, uscc: str = FIRM, bank: str = BANK_A, **fields: Any) -> dict[str, Any]:
        """The firm applies to a bank."""
        body = self.application_body(evaluation_id, bank, **fields)
        return done(await self.firm(uscc).post("/v1/loan-applications", json=body), 201)

    async def step(self, application_id: str, verb: str, bank: str = BANK_A, **body: Any) -> dict[str, Any]:
        """The bank makes one step."""
        response = await self.bank(bank).post(f"/v1/loan-applications/{application_id}:{verb}", json=body or None)
        return done(response)

    async def approve(self, application_id: str, bank: str = BANK_A, **fields: Any) -> dict[str, Any]:
        """The bank accepts and approves."""
        await self.step(application_id, "accept", bank)
        body = {"amount_fen": 100 * WAN, "term_months": 12, "bank_ref": f"A-{new_id()}"} | fields
        return await self.step(application_id, "approve", bank, **body)

    def contract(self, **fields: Any) -> dict[str, Any]:
        """The body of a signature at today's LPR."""
        today = self.service.clock.now().date().isoformat()
        body = {
            "contract_no": f"C-{new_id()}",
            "principal_fen": 100 * WAN,
            "rate_ppm": 30_000,
            "term_months": 12,
            "signed_on": today,
        }
        return body | fields

    async def sign(self, application_id: str, bank: str = BANK_A, **fields: Any) -> dict[str, Any]:
        """The bank records the signed contract."""
        url = f"/v1/loan-applications/{application_id}:sign"
        return done(await self.bank(bank).post(url, json=self.contract(**fields)), 201)

    def note(self, **fields: Any) -> dict[str, Any]:
        """The body of a drawdown."""
        body = {
            "note_no": f"N-{new_id()}",
            "amount_fen": 60 * WAN,
            "starts_on": self.service.clock.now().date().isoformat(),
            "matures_on": "2027-11-01",
        }
        return body | fields

    async def draw(self, loan_id: str, bank: str = BANK_A, **fields: Any) -> dict[str, Any]:
        """The bank records a pay-out."""
        return done(await self.bank(bank).post(f"/v1/loans/{loan_id}/drawdowns", json=self.note(**fields)), 201)

    async def repay(self, drawdown_id: str, amount_fen: int, bank: str = BANK_A) -> dict[str, Any]:
        """The bank records repaid principal."""
        today = self.service.clock.now().date().isoformat()
        body = {"bank_ref": f"R-{new_id()}", "amount_fen": amount_fen, "value_on": today}
        return done(await self.bank(bank).post(f"/v1/drawdowns/{drawdown_id}/repayments", json=body), 201)

    async def contribute(self, contributor: str, amount_fen: int, unit_id: str = UNIT) -> dict[str, Any]:
        """The city posts money that reached the fund."""
        body = {
            "contributor": contributor,
            "amount_fen": amount_fen,
            "receipt_no": f"F-{new_id()}",
            "value_on": "2026-11-20",
            "evidence": {"level": "DOCUMENT", "issued_on": "2026-11-20", "official_no": "回单1"},
        }
        return done(await self.city.post(f"/v1/fund-accounts/{unit_id}/contributions", json=body), 201)

    async def line(self, uscc: str = FIRM) -> dict[str, Any]:
        """The firm's credit line."""
        return done(await self.firm(uscc).get(f"/v1/credit-limits/{uscc}"))

    async def ready_firm(self, uscc: str = FIRM) -> dict[str, Any]:
        """Tell, admit, evaluate and consent to both banks; return the evaluation."""
        await self.tell_good_firm(uscc)
        await self.admit_banks()
        evaluation = await self.evaluate(uscc)
        await self.consent(uscc, BANK_A)
        await self.consent(uscc, BANK_B)
        return evaluation

    async def settle(self) -> None:
        """Let the settle window pass and run the job."""
        self.service.clock.advance(timedelta(seconds=2))
        await self.service.run_job("settle")


def done(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """Return the body of an expected answer."""
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    return body


def refused(response: httpx.Response, code: str, status: int = 409) -> dict[str, Any]:
    """Return the problem of an expected refusal, after checking that it is whole."""
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    assert body["code"] == code, response.text
    assert "{" not in body["title"] + body["detail"], "a placeholder was not filled"
    return body
