"""Two hundred generated firms through the service: grade, limit, uplift and balances against a second calculation."""

import random
from datetime import date
from fractions import Fraction
from typing import Any

from services.finance.evaluation.handlers import ipr, registry
from shared.bus.subscription import Subscription
from shared.events.event import Event
from shared.events.ipr import KindCount, PortfolioChanged
from shared.events.registry import EnterpriseChanged, FilingAccepted, IntegrityMarks, QualificationChanged
from tests.service.finance.world import BANK_A, BANK_B, UNIT, WAN, World, code, done
from tests.support.bus import deliver
from tests.support.oracle import knowledge_value as oracle

FIRMS = 200
TALENT = ((30, 10), (20, 8), (10, 5), (5, 2))


class Draw:
    """The facts of one made-up firm, as events and as the second calculation takes them."""

    def __init__(self, number: int) -> None:
        chance = random.Random(number)  # a repeatable draw, not a secret
        self.uscc = code(1_000 + number)
        self.staff, self.rd_staff = 100, chance.choice([0, 5, 9, 10, 25, 40])
        self.revenue = chance.choice([0, 800, 3_000, 20_000]) * WAN
        self.rd = chance.choice([0, 30, 50, 99, 100, 250, 600, 1_200]) * WAN
        self.rd_before = chance.choice([None, 20 * WAN, self.rd, self.rd * 10 // 13])
        self.deduction = chance.choice([None, 100 * WAN, 200 * WAN, 700 * WAN, 1_000 * WAN])
        self.products = chance.randrange(0, 8)
        self.kinds = {kind: chance.choice([0, 0, 700, 1_000, 3_333, 9_000]) for kind in oracle.POINTS_PER_RIGHT}
        self.high_value = chance.randrange(0, 4)
        self.titles = frozenset(kind for kind in oracle.TITLE_POINTS if chance.randrange(4) == 0)
        self.on_register = chance.randrange(12) > 0
        self.dishonest = chance.randrange(20) == 0

    def events(self) -> list[tuple[Subscription, Event]]:
        """Return what the other services tell of the firm."""
        enterprise = EnterpriseChanged(
            uscc=self.uscc,
            name=f"示例企业{self.uscc}",
            unit_id=UNIT,
            industry_code=None,
            key_field=None,
            founded_on=None,
            legal_form="LIMITED_COMPANY",
            founder_type=None,
            size_class=None,
            status="ACTIVE",
            integrity=IntegrityMarks(serious_dishonesty=self.dishonest),
        )
        portfolio = PortfolioChanged(
            uscc=self.uscc,
            as_of_on=date(2026, 11, 1),
            class_1_count=0,
            class_2_count=0,
            high_value_count=self.high_value,
            blemished_count=0,
            kinds=tuple(
                KindCount(kind=kind, count=-(-weighted // 1000), weighted_milli=weighted)
                for kind, weighted in self.kinds.items()
                if weighted
            ),
            rule_set_version="2022.1",
            rule_set_sha256="0" * 64,
        )
        filings = [self._filing(2025, self.rd)] + (
            [] if self.rd_before is None else [self._filing(2024, self.rd_before)]
        )
        held = [*self.titles, *(["TECH_ENTERPRISE"] if self.on_register else [])]
        on_enterprise, on_filing, on_title, _ = registry.SUBSCRIPTIONS
        return [
            (on_enterprise, enterprise),
            *((on_filing, filing) for filing in filings),
            *((on_title, self._title(kind)) for kind in held),
            (ipr.SUBSCRIPTIONS[0], portfolio),
        ]

    def _filing(self, year: int, rd: int) -> FilingAccepted:
        return FilingAccepted(
            uscc=self.uscc,
            year=year,
            staff=self.staff,
            science_staff=0,
            rd_staff=self.rd_staff,
            senior_title_staff=0,
            revenue_fen=self.revenue,
            cost_expense_fen=0,
            assets_fen=0,
            rd_expense_fen=rd,
            super_deduction_fen=self.deduction,
            innovative_products=self.products,
        )

    def _title(self, kind: str) -> QualificationChanged:
        return QualificationChanged(
            uscc=self.uscc,
            kind=kind,
            status="VALID",
            number=None,
            valid_from_on=date(2025, 1, 1),
            valid_until_on=None,
            evidence_level="DOCUMENT",
        )

    def expected(self) -> oracle.Verdict:
        """Return the second calculation."""
        share = Fraction(self.rd_staff * 100, self.staff)
        return oracle.evaluate(
            oracle.Firm(
                weighted_milli=self.kinds,
                valid_rights=sum(1 for weighted in self.kinds.values() if weighted),
                high_value=self.high_value,
                revenue_fen=self.revenue,
                rd_fen=self.rd,
                rd_before_fen=self.rd_before,
                talent_points=Fraction(next((points for bound, points in TALENT if share >= bound), 0)),
                innovative_products=self.products,
                titles=self.titles,
                super_deduction_fen=self.deduction,
                on_city_register=self.on_register,
                serious_dishonesty=self.dishonest,
            )
        )


async def borrow(world: World, firm: Draw, evaluation: dict[str, Any], number: int) -> tuple[int, int]:
    """Sign, draw and repay parts of the limit; return (reserved, drawn) as plain arithmetic has it."""
    bank = (BANK_A, BANK_B)[number % 2]
    principal = evaluation["limit_fen"] * (number % 7 + 1) // 8
    await world.consent(firm.uscc, bank)
    application = await world.apply(evaluation["id"], firm.uscc, bank, amount_fen=principal)
    await world.approve(application["id"], bank, amount_fen=principal)
    loan = await world.sign(application["id"], bank, principal_fen=principal)
    drawn = principal * (number % 3 + 1) // 4
    drawdown = await world.draw(loan["id"], bank, amount_fen=drawn)
    repaid = drawn * (number % 5 + 1) // 6
    await world.repay(drawdown["id"], repaid, bank)
    return principal - drawn, drawn - repaid


async def test_two_hundred_firms_agree_in_grade_limit_uplift_and_balances(world: World) -> None:
    await world.admit_banks()
    firms = [Draw(number) for number in range(FIRMS)]
    told = [one for firm in firms for one in firm.events()]
    for subscription in (*registry.SUBSCRIPTIONS, *ipr.SUBSCRIPTIONS):
        await deliver(world.service.app, subscription, *(event for to, event in told if to is subscription))
    grades, borrowers = set(), 0
    for number, firm in enumerate(firms):
        found = done(await world.city.post("/v1/kvc-evaluations", json={"uscc": firm.uscc}), 201)
        expected = firm.expected()
        assert found["score_milli"] == expected.score * 1_000, firm.uscc
        assert (found["grade"], found["base_limit_fen"]) == (expected.grade, expected.base_limit_fen), firm.uscc
        assert (found["uplift_fen"], found["limit_fen"]) == (expected.uplift_fen, expected.limit_fen), firm.uscc
        grades.add(found["grade"])
        reserved = drawn = 0
        if number % 8 == 0 and found["limit_fen"]:
            reserved, drawn = await borrow(world, firm, found, number)
            borrowers += 1
        line = await world.line(firm.uscc)
        left = max(0, expected.limit_fen - reserved - drawn)
        assert (line["reserved_fen"], line["drawn_fen"], line["available_fen"]) == (reserved, drawn, left)
    assert grades == {"A", "B", "C", "D", "E", "NONE"}
    assert borrowers > 10
