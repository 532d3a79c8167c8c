"""The operator's commands for dead letters: `kechuang dead-letter list|show|replay|discard`."""

import argparse
import sys
from collections.abc import Sequence

import orjson

from shared.bus.dead_letter import WaitsForAnother, discard, reactions_of, replay, subscriptions_of
from shared.command.parser import BilingualParser, Verbs, argument
from shared.command.run import CommandError, database_url, in_transaction, operator, told
from shared.db.dead_letter import DeadLetter, waiting
from shared.db.pooler import database_for_command
from shared.db.transaction import Transaction
from shared.events.catalogue import PUBLISHERS
from shared.events.masked import shown_content, shown_reason
from shared.events.trust import PUBLIC_KEYS_SETTING, trust_from_environment
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND


def parser() -> BilingualParser:
    """Return the parser of this family."""
    family = BilingualParser(
        prog="kechuang dead-letter", zh="死信：无法处理、留待重放的事件", en="events that could not be handled"
    )
    verbs = Verbs(family)
    for name, zh, en in (
        ("list", "列出待重放的死信", "list the letters that wait"),
        ("show", "查看一封死信，个人信息以掩码显示", "show one letter, personal data masked"),
        ("replay", "原因排除后全部重放", "handle all of them again, after the reason has been mended"),
        (
            "discard",
            "作废一封死信：不再处理，写明原因",
            "give one letter up for good, for a reason that the audit keeps",
        ),
    ):
        verb = verbs.add(name, zh, en)
        argument(verb, "service", "服务", "service", choices=PUBLISHERS)
        if name in {"show", "discard"}:
            argument(verb, "id", "死信编号", "number of the letter", type=int)
        if name == "discard":
            argument(verb, "--reason", "原因，记入审计", "why, kept in the audit", required=True)
    return family


def _line(service: str, letter: DeadLetter) -> str:
    parked = letter.parked_at.isoformat(timespec="seconds")
    return "\t".join(
        (
            str(letter.id),
            service,
            letter.handler,
            letter.subject,
            parked,
            str(letter.deliveries),
            shown_reason(letter.reason),
        )
    )


def _content(letter: DeadLetter) -> list[str]:
    document = shown_content(letter.payload)
    if document is None:
        return [f"内容无法识别 unreadable, {len(letter.payload)} bytes"]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode().splitlines()


async def _perform(given: argparse.Namespace) -> Sequence[str]:
    service = given.service
    url = database_url(service)
    if given.verb == "list":

        async def listed(tx: Transaction) -> Sequence[str]:
            return [_line(service, letter) for letter in await waiting(tx)] or [f"{service}: 没有死信 no dead letters"]

        return await in_transaction(url, service, listed, read_only=True)
    if given.verb == "show":

        async def shown(tx: Transaction) -> Sequence[str]:
            letter = await _letter(tx, given.id)
            tx.audit("dead_letter.read", subject=f"dead_letter/{letter.id}")
            return [_line(service, letter), *_content(letter)]

        return await in_transaction(url, service, shown)
    if given.verb == "discard":
        return await _discarded(url, service, given.id, given.reason.strip())
    return await _replayed(url, service)


async def _letter(tx: Transaction, id_: int) -> DeadLetter:
    letter = next((one for one in await waiting(tx) if one.id == id_), None)
    if letter is None:
        raise Refusal(NOT_FOUND, noun="dead_letter")
    return letter


async def _discarded(url: str, service: str, id_: int, reason: str) -> Sequence[str]:
    if not reason:
        raise CommandError("作废须写明原因 discarding needs a reason")

    async def discarded(tx: Transaction) -> Sequence[str]:
        await discard(tx, subscriptions_of(service), await _letter(tx, id_), reason)
        return [f"{service}: {id_} 已作废 discarded"]

    try:
        return await in_transaction(url, service, discarded)
    except WaitsForAnother as fault:
        words = "之前的事件尚未处理，请先重放或作废 an event before it is not settled, replay or discard that first"
        raise CommandError(f"{id_}: {words}: {fault}") from fault


async def _replayed(url: str, service: str) -> Sequence[str]:
    try:
        trust = trust_from_environment()
    except (KeyError, OSError, ValueError) as fault:
        raise CommandError(f"缺少事件公钥 the public keys of events are missing: {PUBLIC_KEYS_SETTING}") from fault
    database = database_for_command(url, service, pool_size=2, reactions=reactions_of(service))
    try:
        done, failures = await replay(database, SystemClock(), subscriptions_of(service), trust, actor=operator())
    finally:
        await database.close()
    said = [f"{service}: {done} 封已重放 replayed, {len(failures)} 封仍失败 failed"]
    if failures:
        raise CommandError("\n".join([*said, *(f"  {shown_reason(line)}" for line in failures)]))
    return said


def main(arguments: list[str]) -> int:
    """Run one command; the address comes from `<SERVICE>_DATABASE_URL`."""
    given = parser().parse_args(arguments)
    return told(lambda: _perform(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
