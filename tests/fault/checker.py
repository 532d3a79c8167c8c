"""The checker: what must be true of every database when a scenario has healed; each finding is one line.

K1: the credit line is never exceeded and is the sum of contracts, notes and repayments. K2: the fund is its receipts
and what is owed on covered notes. K3: loans equal their notes, notes their repayments, contracts their applications.
K4: what clients were told is what stands.
K5: what stands was told, and every event took effect once with everybody who listens. K7: the audit chains are whole.
K8: nobody sees another's rows. K9: only documented answers were seen. K10: what others hold is what its owner says.
"""

import asyncio
import json
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

from deploy.embedded.clients import BANK_B
from shared.bus.dead_letter import subscriptions_of
from shared.bus.subscription import Mode, Subscription
from shared.db.audit import _verify_service
from shared.events.event import EventKind
from tests.fault.first_principles import MONEY
from tests.fault.journal import Entry, Journal
from tests.fault.world import World
from tests.support.contracts import FOLDER
from tests.support.suite import LaunchedSuite

SERVICES = ("registry", "finance", "techtransfer", "ipr")
ALL = (*SERVICES, "gateway")
SETTLE_SECONDS = float(os.environ.get("FAULT_SETTLE_SECONDS", "60"))
_COVER_OF_NOTE = """
SELECT note_no AS natural FROM cover JOIN drawdown ON drawdown.id = drawdown_id WHERE note_no = ANY($1)
"""
# Of each kind of act: whose, and how its own number and its money are found where it stands.
_NATURAL = {
    "register": ("registry", "SELECT uscc AS natural FROM enterprise WHERE uscc = ANY($1)"),
    "right": ("ipr", "SELECT right_no AS natural FROM ip_right WHERE right_no = ANY($1)"),
    "need": ("techtransfer", "SELECT title AS natural FROM need WHERE title = ANY($1)"),
    "draw": ("finance", "SELECT note_no AS natural, amount_fen FROM drawdown WHERE note_no = ANY($1)"),
    "repay": ("finance", "SELECT bank_ref AS natural, amount_fen FROM repayment WHERE bank_ref = ANY($1)"),
    "apply": ("finance", "SELECT purpose AS natural, amount_fen FROM loan_application WHERE purpose = ANY($1)"),
    "cancel": (
        "finance",
        "SELECT purpose AS natural FROM loan_application WHERE purpose = ANY($1) AND status = 'CANCELLED'",
    ),
    "accept": (
        "finance",
        "SELECT purpose AS natural FROM loan_application WHERE purpose = ANY($1) AND status <> 'SUBMITTED'",
    ),
    "approve": (
        "finance",
        "SELECT bank_ref AS natural, approved_fen AS amount_fen FROM loan_application WHERE bank_ref = ANY($1)",
    ),
    "sign": (
        "finance",
        "SELECT contract_no AS natural, principal_fen AS amount_fen FROM loan WHERE contract_no = ANY($1)",
    ),
    "cover": ("finance", _COVER_OF_NOTE),
    "cover given": ("finance", f"{_COVER_OF_NOTE} AND cover.status IN ('COVERED', 'RELEASED')"),
    "cover refused": ("finance", f"{_COVER_OF_NOTE} AND cover.status = 'REFUSED'"),
    "contribute": ("finance", "SELECT receipt_no AS natural, amount_fen FROM fund_posting WHERE receipt_no = ANY($1)"),
    "consent": ("finance", "SELECT signature AS natural FROM consent WHERE signature = ANY($1)"),
    "withdraw": (
        "finance",
        "SELECT signature AS natural FROM consent WHERE signature = ANY($1) AND revoked_at IS NOT NULL",
    ),
}
_PROJECTIONS = (
    ("registry", "registry.enterprise.changed.v1", "finance", "enterprise", ("uscc",)),
    ("registry", "registry.enterprise.changed.v1", "techtransfer", "party", ("uscc",)),
    ("registry", "registry.enterprise.changed.v1", "ipr", "enterprise", ("uscc",)),
    ("registry", "registry.filing.accepted.v1", "finance", "filing", ("uscc", "year")),
    ("registry", "registry.qualification.changed.v1", "finance", "qualification", ("uscc", "kind")),
    ("ipr", "ipr.portfolio.changed.v1", "finance", "portfolio", ("uscc",)),
    ("ipr", "ipr.portfolio.changed.v1", "registry", "portfolio", ("uscc",)),
)
# What stands and nobody was told of: the owner's rows less its events about them.
_UNTOLD = {
    "registry": """
        SELECT 'enterprise ' || uscc FROM enterprise
        EXCEPT SELECT 'enterprise ' || aggregate_id FROM outbox_event WHERE subject = 'registry.enterprise.changed.v1'
    """,
    "ipr": """
        SELECT 'right ' || id FROM ip_right
        EXCEPT SELECT 'right ' || aggregate_id FROM outbox_event WHERE subject = 'ipr.right.changed.v1'
    """,
    "techtransfer": """
        SELECT 'need ' || id FROM need WHERE status = 'PUBLISHED'
        EXCEPT SELECT 'need ' || aggregate_id FROM outbox_event WHERE subject = 'techtransfer.listing.changed.v1'
    """,
    "finance": """
        (SELECT 'drawdown ' || id FROM drawdown
         UNION ALL SELECT 'repayment ' || drawdown_id || ' ' || outstanding_after_fen FROM repayment
         UNION ALL SELECT 'application ' || id FROM loan_application
         UNION ALL SELECT 'loan ' || id FROM loan
         UNION ALL SELECT 'cover ' || id || ' ' || status FROM cover
         UNION ALL SELECT 'consent ' || id FROM consent
         UNION ALL SELECT 'withdrawal ' || id FROM consent WHERE revoked_at IS NOT NULL)
        EXCEPT (
            SELECT 'drawdown ' || (data->>'drawdown_id') FROM outbox_event WHERE subject = 'finance.loan.drawn.v1'
            UNION ALL
            SELECT 'application ' || (data->>'application_id') FROM outbox_event
            WHERE subject = 'finance.application.submitted.v1'
            UNION ALL
            SELECT 'loan ' || (data->>'loan_id') FROM outbox_event WHERE subject = 'finance.loan.signed.v1'
            UNION ALL
            SELECT 'cover ' || (data->>'cover_id') || ' ' || (data->>'status') FROM outbox_event
            WHERE subject = 'finance.cover.changed.v1'
            UNION ALL
            SELECT 'consent ' || (data->>'consent_id') FROM outbox_event WHERE subject = 'finance.consent.granted.v1'
            UNION ALL
            SELECT 'withdrawal ' || (data->>'consent_id') FROM outbox_event WHERE subject = 'finance.consent.revoked.v1'
            UNION ALL
            SELECT 'repayment ' || (data->>'drawdown_id') || ' ' || (data->>'outstanding_fen') FROM outbox_event
            WHERE subject = 'finance.loan.repaid.v1'
        )
    """,
}


class Checker:
    """Checks one running suite; connections are opened anew for each check, since servers are killed between them."""

    def __init__(self, world: World) -> None:
        """Take what the world's journal says."""
        self._world = world
        self._suite: LaunchedSuite = world.suite
        self._documented = _documented_answers()

    def findings(self, *, probes: int = 40, chains: Sequence[str] = ALL) -> list[str]:
        """Wait until the suite has settled and return everything that is wrong; empty is good.

        Args:
            probes: how often a stranger asks for another's row.
            chains: whose audit chains are walked from their beginning; that is most of the work.
        """
        return [*asyncio.run(self._all(chains)), *self._k8(probes), *self._k9(self._world.journal)]

    async def _all(self, chains: Sequence[str] = ALL) -> list[str]:
        open_: dict[str, asyncpg.Connection[Any]] = {}
        for name in SERVICES:
            open_[name] = await asyncpg.connect(self._suite.database_url(name))
        try:
            waiting = await self._settled(open_)
            return [*waiting, *await self._money(open_["finance"]), *await self._k4(open_), *await self._k7(chains)]
        finally:
            for connection in open_.values():
                await connection.close()

    async def _settled(self, open_: dict[str, "asyncpg.Connection[Any]"]) -> list[str]:
        """Return what K5 and K10 still find when everything had its time to arrive."""
        checks: tuple[Callable[..., Awaitable[list[str]]], ...] = (self._k5, self._k10)
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            found = [line for check in checks for line in await check(open_)]
            if not found or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.1)

    async def _money(self, finance: "asyncpg.Connection[Any]") -> list[str]:
        return [f"{name}: {asked}: {row[0]}" for name, asked, query in MONEY for row in await finance.fetch(query)]

    async def _k4(self, open_: dict[str, "asyncpg.Connection[Any]"]) -> list[str]:
        found: list[str] = []
        for kind, (service, query) in _NATURAL.items():
            entries = self._world.journal.of(kind)
            rows = await open_[service].fetch(query, [one.natural for one in entries])
            there = Counter(row["natural"] for row in rows)
            amounts = {row["natural"]: row.get("amount_fen") for row in rows}
            for one in entries:
                found += _told_otherwise(one, there[one.natural], amounts.get(one.natural))
        return found

    async def _k5(self, open_: dict[str, "asyncpg.Connection[Any]"]) -> list[str]:
        found = []
        for name, connection in open_.items():
            waiting = await connection.fetchval("SELECT count(*) FROM outbox_waiting")
            dead = await connection.fetchval("SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL")
            found += [f"K5: {waiting} events of {name} are not published"] if waiting else []
            found += [f"K5: {dead} dead letters at {name}"] if dead else []
            found += [f"K5: {row[0]} stands and nobody was told" for row in await connection.fetch(_UNTOLD[name])]
            for subscription in subscriptions_of(name):
                found += await self._unheard(open_, name, subscription)
        return found

    async def _unheard(
        self, open_: dict[str, "asyncpg.Connection[Any]"], listener: str, subscription: Subscription
    ) -> list[str]:
        event = subscription.event
        sent = await open_[event.publisher()].fetch(
            "SELECT id, aggregate_id, version FROM outbox_event WHERE subject = $1", event.subject
        )
        handler = subscription.handler_name
        heard = {
            row["event_id"]
            for row in await open_[listener].fetch("SELECT event_id FROM inbox_entry WHERE handler = $1", handler)
        }
        missing = [row for row in sent if row["id"] not in heard]
        if missing and subscription.mode is Mode.SINGLE and event.ordering is EventKind.STATE:
            # A state that is older than what is held is skipped, not entered.
            held = await open_[listener].fetch(
                "SELECT aggregate_id, value FROM inbox_cursor WHERE handler = $1 AND subject = $2",
                handler,
                event.subject,
            )
            newest = {row["aggregate_id"]: row["value"] for row in held}
            missing = [row for row in missing if row["version"] > newest.get(row["aggregate_id"], 0)]
        strangers = len(heard - {row["id"] for row in sent})
        found = [f"K5: {len(missing)} of {len(sent)} {event.subject} took no effect in {handler}"] if missing else []
        return [*found, *([f"K5: {strangers} unknown events took effect in {handler}"] if strangers else [])]

    async def _k7(self, chains: Sequence[str]) -> list[str]:
        found = []
        for name in chains:
            verdict = await _verify_service(name, self._suite.database_url(name), None)
            if verdict.broken_at is not None:
                found.append(f"K7: the audit chain of {name} breaks at {verdict.broken_at}: {verdict.reason}")
        return found

    def _k8(self, probes: int) -> list[str]:
        """Ask as bank B for what bank A's loan made, and for ids that nobody has: both must look the same."""
        choice, found = random.Random(probes), []
        world, own = self._world, asyncio.run(self._ids_of_bank_a())
        stranger = world.client("bank-b")
        for _ in range(probes):
            template, identifier = choice.choice(own)
            answer = stranger.get(template.format(id=identifier), _documented_name(template))
            if answer is None or answer.status_code != 404 or "detail" not in answer.json():
                found.append(f"K8: {BANK_B} asked {template} and got {None if answer is None else answer.status_code}")
        return found

    async def _ids_of_bank_a(self) -> list[tuple[str, str]]:
        rows: list[tuple[str, str]] = [
            ("/v1/loans/{id}", self._world.loan_id),
            ("/v1/loan-applications/{id}", self._world.application_id),
            ("/v1/loan-applications/{id}/credit-file", self._world.application_id),
        ]
        notes = await self._suite.rows("finance", "SELECT id FROM drawdown ORDER BY random() LIMIT 20")
        return [*rows, *(("/v1/drawdowns/{id}", str(note["id"])) for note in notes)]

    def _k9(self, journal: Journal) -> list[str]:
        found = [f"K9: {fault}" for fault in journal.faults]
        if any(status == 500 for _, _, status, _ in journal.answers):  # the log says why; it is gone with the world
            found += [f"K9: logged by {line}" for line in self._suite.unforeseen()[-5:]]
        for (method, template, status, media_type), times in journal.answers.items():
            if status == 0:
                continue
            documented = self._documented.get((method.lower(), template))
            if documented is None or str(status) not in documented or status == 500:
                found.append(f"K9: {method} {template} answered {status} {times} times, which is not documented")
            problem = status >= 400 and template != "/oauth2/token"
            if problem and media_type != "application/problem+json":
                found.append(f"K9: {method} {template} answered {status} as {media_type!r}")
        return found

    async def _k10(self, open_: dict[str, "asyncpg.Connection[Any]"]) -> list[str]:
        found = []
        for owner, subject, holder, table, key in _PROJECTIONS:
            said = await open_[owner].fetch(
                "SELECT DISTINCT ON (aggregate_id) version, data FROM outbox_event WHERE subject = $1"
                " ORDER BY aggregate_id, version DESC",
                subject,
            )
            held = {
                tuple(str(row[name]) for name in key): row
                for row in await open_[holder].fetch(f"SELECT * FROM {table}")
            }
            for row in said:
                data = json.loads(row["data"])
                mine = held.get(tuple(str(data[name]) for name in key))
                wrong = ["absent"] if mine is None else _differences(mine, {**data, "version": row["version"]})
                if wrong:
                    found.append(f"K10: {holder}.{table} {[data[name] for name in key]}: {', '.join(wrong)}")
        return found[:10]


def _told_otherwise(one: Entry, times: int, amount_fen: int | None) -> list[str]:
    """Return what is wrong with one act that stands so many times, with this amount if it has one."""
    found = []
    if one.state == "unknown":
        found.append(f"K4: {one.kind} {one.natural} was asked for {one.tries} times and never answered for good")
    if times not in {"ok": {1}, "refused": {0}, "unknown": {0, 1}, "sent": {0, 1}}[one.state]:
        found.append(f"K4: {one.kind} {one.natural} was {one.state} and stands {times} times")
    if one.state == "ok" and amount_fen is not None and one.amount_fen not in (0, amount_fen):
        found.append(f"K4: {one.kind} {one.natural} was for {one.amount_fen} fen and stands with {amount_fen}")
    return found


def _differences(held: "asyncpg.Record", said: dict[str, Any]) -> list[str]:
    """Name the plain fields that both have with two values."""
    common = [name for name, value in held.items() if name in said and isinstance(said[name], str | int | bool)]
    return [
        f"{name} is {held[name]}, its owner says {said[name]}" for name in common if str(held[name]) != str(said[name])
    ]


def _documented_name(template: str) -> str:
    """Return the template as the contract names its parameter."""
    noun = template.split("/")[2].removesuffix("s").replace("loan-application", "application").replace("-", "_")
    return template.replace("{id}", "{" + noun + "_id}")


def _documented_answers() -> dict[tuple[str, str], set[str]]:
    document = json.loads((FOLDER / "openapi" / "gateway.json").read_text("utf-8"))
    return {
        (method, template): set(operation["responses"])
        for template, operations in document["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict) and "responses" in operation
    }
