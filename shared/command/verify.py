"""`kechuang verify`: audit chains, ledgers and the exchange of events of all services, walked and counted anew."""

import argparse
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import NamedTuple

from shared.bus.dead_letter import subscriptions_of
from shared.bus.subscription import Mode, Subscription
from shared.command.parser import BilingualParser, argument
from shared.command.run import CommandError, database_url, operator, told
from shared.db import audit, verification
from shared.db.engine import Database
from shared.db.migrate import package_of
from shared.db.pooler import database_for_command
from shared.db.transaction import Transaction
from shared.db.verification import RECORD_CHECKS, Check, DiscardedEvent, Found, Walk
from shared.events.catalogue import PUBLISHERS
from shared.events.event import EventKind
from shared.kernel.clock import SHANGHAI, SystemClock

_NAMED = 5


class Line(NamedTuple):
    """One line of the answer: what was looked at, and how many cases do not agree."""

    text: str
    wrong: int


def parser() -> BilingualParser:
    """Return the parser of this command."""
    verify = BilingualParser(
        prog="kechuang verify",
        zh="核对审计链、台账与事件收发；全部相符返回 0，有不符返回 1",
        en="walk audit chains, ledgers and the exchange of events; exit code 0 if all agrees, 1 if not",
    )
    argument(verify, "services", "服务，缺省为全部", "services, all unless named", nargs="*", metavar="service")
    argument(
        verify,
        "--anchor",
        "此前在库外保存的链首，如 finance:123:ab12…",
        "an earlier head that was kept elsewhere, as printed: finance:123:ab12…",
        action="append",
        default=[],
        type=audit.anchor_of,
    )
    return verify


def ledgers_of(service: str) -> Sequence[Check | Walk]:
    """Return the questions that a service adds, as its app.py names them."""
    return tuple(getattr(import_module(f"{package_of(service)}.app"), "LEDGERS", ()))


def _line(service: str, found: Found) -> Line:
    check = found.check
    if not found.count:
        return Line(f"{service}: {check.zh} {check.en}: 相符 agrees", 0)
    named = ", ".join(found.named) + (" …" if found.count > len(found.named) else "")
    return Line(f"{service}: {check.zh} {check.en}: {found.count} 处不符 do not: {named}", found.count)


def _judged(service: str, subject: str, gone: DiscardedEvent) -> Line:
    """Name an event that took effect here and was discarded where it came from: it was judged, so nothing is wrong."""
    at = gone.discarded_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
    decided = f"{at} {gone.discarded_by or '–'}: {' '.join(gone.reason.split())}"
    what = "生效后被发布方作废 discarded after it took effect"
    return Line(f"{service}: {what}: {subject} {gone.event_id}, {decided}", 0)


def _chain(service: str, verdict: audit.Verdict) -> Line:
    head = f"{service}:{verdict.rows}:{verdict.head}"
    if verdict.broken_at is None:
        return Line(f"{service}: 审计链完整 the audit chain is whole: {verdict.rows} 行 rows, 链首 head {head}", 0)
    return Line(f"{service}: 审计链断裂 the audit chain is broken: {verdict.reason}", 1)


async def _of_one(service: str, database: Database, anchor: tuple[int, str] | None) -> AsyncIterator[Line]:
    async with database.transaction(actor=operator(), clock=SystemClock(), read_only=True) as tx:
        yield _chain(service, await audit.verify(tx, anchor=anchor))
    async with database.transaction(actor=operator(), clock=SystemClock(), read_only=True) as tx:
        for found in await verification.asked(tx, (*RECORD_CHECKS, *ledgers_of(service))):
            yield _line(service, found)


async def _exchange(service: str, databases: dict[str, Database]) -> AsyncIterator[Line]:
    """Yield what `service` did not hear of what the others told, and what it heard that nobody told."""
    for one in subscriptions_of(service):
        publisher = one.event.publisher()
        if publisher not in databases:
            continue
        async with (
            databases[publisher].transaction(actor=operator(), clock=SystemClock(), read_only=True) as theirs,
            databases[service].transaction(actor=operator(), clock=SystemClock(), read_only=True) as ours,
        ):
            for check, cases in _questions(one, theirs, ours):
                names = [case async for case in cases]
                found = Found(check, len(names), tuple(names[:_NAMED]))
                if found.count:
                    yield _line(service, found)
            subject, handler = one.event.subject, one.handler_name
            for gone in await verification.discarded(theirs, ours, subject=subject, handler=handler):
                yield _judged(service, subject, gone)


def _questions(
    one: Subscription, theirs: Transaction, ours: Transaction
) -> tuple[tuple[Check, AsyncIterator[str]], ...]:
    subject, handler = one.event.subject, one.handler_name
    may_skip = one.mode is Mode.SINGLE and one.event.ordering is EventKind.STATE
    return (
        (
            Check(f"{subject} 均已生效", f"every {subject} took effect", ""),
            verification.unheard(theirs, ours, subject=subject, handler=handler, may_skip=may_skip),
        ),
        (
            Check(f"生效的 {subject} 均有出处", f"every {subject} that took effect was told by its publisher", ""),
            verification.strangers(theirs, ours, handler=handler),
        ),
    )


async def _verify(services: Sequence[str], anchors: dict[str, tuple[int, str]]) -> tuple[list[str], int]:
    lines: list[Line] = []
    async with AsyncExitStack() as closing:
        databases = {}
        for service in PUBLISHERS:
            databases[service] = database_for_command(database_url(service), service)
            closing.push_async_callback(databases[service].close)
        for service in services:
            lines += [line async for line in _of_one(service, databases[service], anchors.get(service))]
            exchange = [line async for line in _exchange(service, databases)]
            lines += exchange
            if not any(line.wrong for line in exchange):
                lines.append(Line(f"{service}: 事件收发相符 what was told and heard agrees", 0))
    return [line.text for line in lines], sum(line.wrong for line in lines)


def main(arguments: list[str]) -> int:
    """Run the command; addresses come from `<SERVICE>_DATABASE_URL` of all services."""
    given = parser().parse_args(arguments)
    if unknown := [one for one in given.services if one not in PUBLISHERS]:
        parser().error(f"{', '.join(unknown)}: {', '.join(PUBLISHERS)}")
    return told(lambda: _perform(given))


async def _perform(given: argparse.Namespace) -> Sequence[str]:
    lines, wrong = await _verify(given.services or PUBLISHERS, dict(given.anchor))
    if wrong:
        raise CommandError("\n".join([*lines, f"{wrong} 处不符 cases do not agree"]))
    return [*lines, "全部相符 everything agrees"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
