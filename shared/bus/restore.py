"""The way out after a restored backup: what was lost is listed, then accepted, and the service opens again."""

import asyncio
import contextlib
import csv
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nats.errors
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.bus.connection import connected
from shared.bus.history import read_back, unjudged
from shared.db import outbox
from shared.db.engine import Busy, Database
from shared.db.history import HistoryBreak, open_break
from shared.db.pooler import database_for_command
from shared.db.restore import Accepted, AcceptedAlready, Decided, NotAmongThem, adopt
from shared.events.catalogue import stream_of
from shared.events.envelope import Recorded
from shared.events.listeners import HEARD_BY
from shared.events.trust import Trust, trust_from_environment
from shared.files.formula import escape_formula
from shared.kernel.actor import Actor
from shared.kernel.clock import SystemClock

_SHOWN = 20
_HEADINGS = (
    "流序号 stream_sequence",
    "事件 subject",
    "对象 aggregate",
    "对象编号 aggregate_id",
    "版本 version",
    "序号 sequence",
    "发生时间 time",
    "事件编号 event_id",
    "请求 request_id",
    "内容 data",
)


class CannotCompare(Exception):  # noqa: N818  # says what is the case; the message is for the operator
    """Nothing can be done just now; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An open break and what the stream holds above what the database knew, by sequence."""

    found: HistoryBreak
    held: Mapping[int, Recorded]
    lost: Mapping[int, Recorded]


@contextlib.asynccontextmanager
async def _broker(service: str, nats_url: str) -> AsyncIterator[JetStreamContext]:
    """Yield the broker.

    Raises:
        CannotCompare: it does not answer or has no such stream.
    """
    try:
        async with asyncio.timeout(600), connected(nats_url, service=service) as client:
            yield client.jetstream()
    except NotFoundError as fault:
        raise CannotCompare("the stream is gone: nothing tells what was lost 流已不存在，无从核对") from fault
    except (nats.errors.Error, TimeoutError, OSError) as fault:
        raise CannotCompare(f"the broker does not answer 消息服务器无应答: {fault!r}") from fault


async def find(database: Database, nats_url: str, trust: Trust) -> Finding | None:
    """Return what was lost, or None where no break is open.

    Raises:
        CannotCompare: the broker does not answer or has no such stream.
    """
    with database.guard():
        async with database.engine.connect() as connection:
            found = await open_break(connection)
    if found is None:
        return None
    async with _broker(database.service, nats_url) as js:
        last = (await js.stream_info(stream_of(database.service))).state.last_seq
        # A stream that ended below what the database knew was made anew since: all of it is looked at.
        first = found.known_sequence + 1 if found.last_sequence > found.known_sequence else 1
        held = await read_back(js, trust, database.service, first=first, last=last)
    with database.guard():
        async with database.engine.connect() as connection:
            judged = await outbox.judged(connection, [one.id for one in held.values()])
    return Finding(found, held, {number: one for number, one in held.items() if one.id not in judged})


def write_csv(path: Path, lost: Mapping[int, Recorded]) -> None:
    """Write the lost facts for people, readable by their owner alone."""
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(_HEADINGS)
        for number, one in sorted(lost.items()):
            words = (one.subject, one.aggregate, one.aggregate_id, one.version, one.sequence)
            rest = (one.occurred_at.isoformat(), one.id, one.request_id or "", one.data)
            sheet.writerow([escape_formula(str(word)) for word in (number, *words, *rest)])


async def remaining(database: Database, nats_url: str, trust: Trust) -> Mapping[int, Recorded]:
    """Return what the relay, looking at the stream now, would close the service for again.

    Raises:
        CannotCompare: the broker does not answer or has no such stream.
    """
    service = database.service
    async with _broker(service, nats_url) as js:
        with database.guard():
            async with database.engine.connect() as connection:
                last = (await js.stream_info(stream_of(service))).state.last_seq
                highest = await outbox.highest(connection, service)
                return await unjudged(js, trust, connection, service, last=last, highest=highest)


async def run(service: str, urls: tuple[str, str], *, decided: Decided | None, folder: Path, actor: Actor) -> int:
    """List what was lost; with a decision, accept it and open the service again.

    Args:
        service: whose database was restored.
        urls: addresses of its database and of the broker with its user.
        decided: the operator's decision; None only lists.
        folder: where the list is written.
        actor: the operator, for the audit.
    """
    database = database_for_command(urls[0], service, pool_size=2)
    trust = trust_from_environment()
    try:
        finding = await find(database, urls[1], trust)
        if finding is None:
            _say(f"{service}: the history is whole, nothing to accept 历史完整，无需确认")
            return 0
        path = folder / f"lost-facts-{service}-{finding.found.id}.csv"
        write_csv(path, finding.lost)
        _show(service, finding.lost, path)
        if decided is None:
            _say('  accept with 确认请执行: make accept-restore S=… REASON="…"')
            _say('  what the service never told is discarded by its id 非本服务发布的按编号作废: DISCARD="…"')
            return 0
        async with database.transaction(actor=actor, clock=SystemClock()) as tx:
            accepted = await adopt(tx, service, finding.found, finding.held, decided)
        _tell(service, accepted)
        # Only what the relay itself would see lets the service be called open.
        return _conclude(service, await remaining(database, urls[1], trust))
    except NotAmongThem as fault:
        _say(f"{service}: not among the events in question, nothing was done 不在待确认的事件中，未作处理: {fault}")
        return 1
    except (CannotCompare, Busy) as fault:
        _say(f"{service}: {fault or 'busy, try again 正忙，请重试'}")
        return 1
    except AcceptedAlready:
        _say(f"{service}: accepted already 已确认过")
        return 0
    finally:
        await database.close()


def _conclude(service: str, more: Mapping[int, Recorded]) -> int:
    """Say whether the service is open; events that came meanwhile keep it closed."""
    if not more:
        _say(f"{service}: open again 已恢复办理")
        return 0
    _say(f"{service}: {len(more)} more events that it does not know came meanwhile 期间又出现未知事件；尚未恢复办理")
    for number, one in sorted(more.items())[:_SHOWN]:
        _say(f"  {_named(number, one)}")
    _say("  somebody publishes in its name: change its secret, then run this again 有人冒名发布，请先更换密钥再执行")
    return 1


def _named(number: int, one: Recorded) -> str:
    place = f"{one.aggregate}/{one.aggregate_id} v{one.version}"
    return f"#{number} {one.subject} {place} {one.occurred_at.isoformat()} {one.id}"


def _show(service: str, lost: Mapping[int, Recorded], path: Path) -> None:
    _say(f"{service}: {len(lost)} events were published and are not in the database 条事件已发布而数据库中没有")
    for number, one in sorted(lost.items())[:_SHOWN]:
        _say(f"  {_named(number, one)}")
    if len(lost) > _SHOWN:
        _say(f"  … {len(lost) - _SHOWN} more 其余")
    _say(f"  all of them 全部见: {path}")


def _tell(service: str, accepted: Accepted) -> None:
    _say("  their numbers stay theirs; counting goes on above them 原编号保留，新编号在其后延续")
    _say(f"  {accepted.renumbered} changes made since were renumbered 条其后的变更已重新编号")
    _say(f"  {accepted.told_again} states are told again as this database holds them 条状态将按本库重新发布")
    if accepted.ownerless:
        _say(f"  {len(accepted.ownerless)} are known to others only; enter them again 项仅他处持有，请补录")
    for subject, aggregate, id_ in accepted.ownerless:
        _say(f"    {aggregate} {id_} ({subject}): held by 持有 {', '.join(HEARD_BY.get(subject, ())) or '-'}")
    _say(f"  cases that others still hold, one by one 逐件列出他处仍持有的案件: kechuang lost-case list {service}")
    _say(f"  {accepted.set_aside} are set aside: the record gave their numbers to others 条编号已被本库使用，已搁置")
    _say(f"  {accepted.discarded} are discarded as named 条已按指定编号作废")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
