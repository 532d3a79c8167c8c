"""The world of the fault scenarios: a firm with a loan, drawn and repaid, and the acts that move every service."""

import itertools
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from deploy.embedded.clients import BANK_A, BANK_B, FIRMS, read_clients
from shared.kernel.clock import SystemClock, shanghai_date
from tests.fault import lending
from tests.fault.client import Client
from tests.fault.journal import Journal
from tests.support import journey
from tests.support.journey import WAN, demo_body
from tests.support.suite import LaunchedSuite

ONE_AT_A_TIME = bool(os.environ.get("FAULT_ONE_AT_A_TIME"))
_THREADS = 6
_EFFECT_SECONDS = 0.4
_FIRST_SERIAL = 9_000


@dataclass
class World:
    """What the acts need of a running suite.

    Attributes:
        suite: the running suite.
        uscc: the firm that borrowed.
        loan_id: its loan at bank A.
        drawdown_id: a large drawdown that is covered by the fund and repaid bit by bit.
        application_id: the application that led to the loan.
        rate_ppm: the LPR in force, in parts per million.
        consent_text: version of the text that a firm signs.
        journal: of the scenario under way.
    """

    suite: LaunchedSuite
    uscc: str
    loan_id: str
    drawdown_id: str
    application_id: str
    rate_ppm: int
    consent_text: str
    journal: Journal = field(default_factory=Journal)
    clients: dict[str, Client] = field(default_factory=dict)
    today: date = field(default_factory=lambda: shanghai_date(SystemClock().now()))
    _serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(_FIRST_SERIAL))

    def begin(self) -> Journal:
        """Open the journal of a new scenario."""
        self.journal = Journal()
        for client in self.clients.values():
            client.journal = self.journal
        return self.journal

    def client(self, name: str) -> Client:
        """Return a demo client by name."""
        if name not in self.clients:
            (secret,) = [one["secret"] for one in read_clients(self.suite.settings) if one["client_id"] == name]
            self.clients[name] = Client(self.suite, name, secret, self.journal)
        return self.clients[name]

    def serial(self) -> int:
        """Return a number that no act of this suite had."""
        return next(self._serial)

    def register(self, _random: random.Random) -> None:
        """Register an enterprise: registry → finance, techtransfer, ipr."""
        uscc = journey.made_up_code(f"{self.serial()}")
        entry = self.journal.begin("register", uscc)
        body = journey.registration(uscc, f"示例{uscc[-8:]}有限公司")
        self.client("city").act(entry, "/v1/enterprises", "/v1/enterprises", body)

    def right(self, _random: random.Random) -> None:
        """Enter a patent of the firm: ipr → registry, finance, which evaluates again → registry."""
        body = journey.invention(self.uscc, self.serial(), self.today)
        entry = self.journal.begin("right", body["right_no"].replace(".", ""))
        self.client("ip-centre").act(entry, "/v1/ip-rights", "/v1/ip-rights", body)

    def draw(self, choice: random.Random) -> None:
        """Draw a little money."""
        entry = self.journal.begin("draw", f"N-{self.serial()}", choice.randint(1, 5_000))
        body = self.note(entry.natural, entry.amount_fen)
        template = "/v1/loans/{loan_id}/drawdowns"
        self.client("bank-a").act(entry, template.format(loan_id=self.loan_id), template, body)

    def overdraw(self, choice: random.Random) -> None:
        """Ask for more than was signed: refused, and nothing of it may stand."""
        entry = self.journal.begin("draw", f"X-{self.serial()}", 100_000 * WAN + choice.randint(1, 99))
        body = self.note(entry.natural, entry.amount_fen)
        template = "/v1/loans/{loan_id}/drawdowns"
        self.client("bank-a").act(entry, template.format(loan_id=self.loan_id), template, body)
        assert entry.state != "ok", "more was drawn than was signed"

    def repay(self, choice: random.Random) -> None:
        """Repay a little of the large drawdown."""
        entry = self.journal.begin("repay", f"R-{self.serial()}", choice.randint(1, 2_000))
        body = {"bank_ref": entry.natural, "amount_fen": entry.amount_fen, "value_on": self.today.isoformat()}
        template = "/v1/drawdowns/{drawdown_id}/repayments"
        self.client("bank-a").act(entry, template.format(drawdown_id=self.drawdown_id), template, body)

    def need(self, _random: random.Random) -> None:
        """Post a need and let the city publish it."""
        title = f"示例需求 {self.serial()}"
        entry = self.journal.begin("need", title)
        posted = self.client("enterprise-2").act(entry, "/v1/needs", "/v1/needs", self._need(title))
        if posted is None:
            return
        steps: tuple[tuple[str, str, Any], ...] = (
            ("enterprise-2", "submit", None),
            ("city", "review", {"decision": "START"}),
            ("city", "review", {"decision": "PUBLISH"}),
        )
        for client, verb, body in steps:
            template = f"/v1/needs/{{need_id}}:{verb}"
            step = self.journal.begin(f"need {verb}", title)
            if self.client(client).act(step, template.format(need_id=posted["id"]), template, body) is None:
                return

    def token(self, _random: random.Random) -> None:
        """Take a fresh token."""
        self.client("auditor").token(fresh=True)

    def dossier(self, _random: random.Random) -> None:
        """Read a composed answer."""
        template = "/v1/loan-applications/{application_id}/dossier"
        self.client("bank-a").get(template.format(application_id=self.application_id), template)

    def note(self, number: str, amount_fen: int) -> dict[str, Any]:
        """Body of a pay-out."""
        return {
            "note_no": number,
            "amount_fen": amount_fen,
            "starts_on": self.today.isoformat(),
            "matures_on": (self.today + timedelta(days=150)).isoformat(),
        }

    def _need(self, title: str) -> dict[str, Any]:
        return {
            "title": title,
            "unit_id": journey.UNIT,
            "party_uscc": FIRMS[1],
            "party_name": "示例新材料",
            "key_field": "NEWMAT",
            "keywords": ["示例"],
            "problem": "在不停线的条件下检测。虚构示例。",
            "core_indicators": ["检出率不低于98%"],
            "solution_months": 12,
            "budget_fen": 80 * WAN,
            "cooperation_modes": ["LICENCE"],
            "valid_until_on": (self.today + timedelta(days=180)).isoformat(),
        }

    def acts(self) -> list[Callable[[random.Random], None]]:
        """Return every act, the frequent ones several times."""
        often = [self.draw, self.draw, self.repay, self.repay, self.right, self.register]
        lent = [partial(act, self) for act in (lending.borrow, lending.cover, lending.contribute, lending.consent)]
        return [*often, *lent, self.need, self.overdraw, self.token, self.dossier]

    def run(self, acts: list[Callable[[random.Random], None]], choice: random.Random) -> None:
        """Carry acts out, several at once; each has a source of choices of its own.

        One at a time, each is left to take effect everywhere before the next: a kill then meets its instant alone.
        """
        if ONE_AT_A_TIME:
            for act in acts:
                act(random.Random(choice.random()))
                time.sleep(_EFFECT_SECONDS)
            return
        with ThreadPoolExecutor(_THREADS) as pool:
            done = [pool.submit(act, random.Random(choice.random())) for act in acts]
        for one in done:
            one.result()


def found_world(suite: LaunchedSuite) -> World:
    """Grow a firm up to a signed loan of which a part is drawn, with the demo clients."""
    today = shanghai_date(SystemClock().now())
    uscc = journey.made_up_code("FAULT")
    firm = journey.new_enterprise_client(suite, lending.FIRM_CLIENT, uscc)
    evaluation = journey.grow_up(suite, firm, uscc, serial=7700, today=today)
    _settle_in(suite, today)
    journey.consent(firm, BANK_A)
    amount = evaluation["limit_fen"] // 2
    applied = firm.post("/v1/loan-applications", journey.application(BANK_A, evaluation, amount))
    loan = journey.lend(demo_body(suite, "bank-a"), applied["id"], amount, "FAULT-1", today)
    rate_ppm, text = firm.get("/v1/lpr")["rate_ppm"], firm.get("/v1/consents/text")["version"]
    world = World(suite, uscc, loan["id"], "", applied["id"], rate_ppm, text)
    world.clients[lending.FIRM_CLIENT] = Client(suite, lending.FIRM_CLIENT, firm.secret, world.journal)
    _draw_and_cover(world, amount // 2)
    return world


def _draw_and_cover(world: World, amount_fen: int) -> None:
    """Draw the large drawdown and let the fund, which both sides pay into, cover it."""
    bank, city = demo_body(world.suite, "bank-a"), demo_body(world.suite, "city")
    note = world.note("N-FIRST", amount_fen)
    world.drawdown_id = bank.post(f"/v1/loans/{world.loan_id}/drawdowns", note)["id"]
    for contributor, share_fen in (("CITY", 400 * WAN), ("DISTRICT", 600 * WAN)):
        body = lending.contribution(contributor, share_fen, f"HD-{contributor}", world)
        city.post(f"/v1/fund-accounts/{journey.UNIT}/contributions", body)
    filed = bank.post(f"/v1/drawdowns/{world.drawdown_id}/cover")
    demo_body(world.suite, "fund-manager").post(f"/v1/covers/{filed['id']}:decide", {"decision": "COVERED"})


def _settle_in(suite: LaunchedSuite, today: date) -> None:
    """Admit the banks and register the firm that posts needs."""
    city = demo_body(suite, "city")
    for number, uscc in enumerate((BANK_A, BANK_B), 1):
        admission = {
            "uscc": uscc,
            "name": f"示例银行{number}",
            "agreement_from_on": date(today.year, 1, 1).isoformat(),
            "agreement_until_on": date(today.year + 2, 12, 31).isoformat(),
            "decision_no": f"示例决定〔{today.year}〕{number}号",
        }
        city.post("/v1/banks", admission)
    city.post("/v1/enterprises", journey.registration(FIRMS[1], "示例新材料") | {"key_field": "NEWMAT"})
