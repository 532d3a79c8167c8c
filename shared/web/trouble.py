"""What people must look at though the service still answers: each trouble has a name, a reason and a way out."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import text

from shared.db.engine import DISK_FULL_SECONDS
from shared.kernel.clock import SystemClock
from shared.telemetry import gauge

_NAME = re.compile(r"([a-z_]+): ")
FORGIVEN_SECONDS = 10
"""Tokens forgive so much between two clocks; beyond it every call is answered 401."""
DELAYED_SECONDS = 60
LEAST_FREE_BYTES = 512 << 20

_TROUBLE = gauge("trouble", "1 while the named trouble is seen, else 0.", ("service", "name"))
# Of the archive only where the server has one: its last piece failed, and none was kept since.
_ASK = text("""
SELECT (SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL AND discarded_at IS NULL) AS letters,
       (SELECT extract(epoch FROM now() - min(occurred_at)) FROM outbox_waiting) AS oldest,
       (SELECT last_failed_time > coalesce(last_archived_time, '-infinity') FROM pg_stat_archiver) AS unarchived,
       clock_timestamp() AS now
""")
WORDS = {
    "events_delayed": (
        "最早一条事件已等待 {n} 秒仍未发布，其他服务尚不知情；请查看消息服务器与本服务日志",
        "the oldest event has waited {n} s to be published, others do not know of it; look at the broker and the log",
    ),
    "dead_letters": (
        "{n} 封死信待处理；请执行 kechuang dead-letter list",
        "{n} dead letters wait; run kechuang dead-letter list",
    ),
    "database_full": (
        "数据库磁盘已满，写入一律被拒；请清理磁盘",
        "the disk of the database is full, nothing can be written; make room",
    ),
    "disk_low": (
        "文件所在磁盘仅剩 {n} MiB；请清理磁盘",
        "the disk of the documents has {n} MiB left; make room",
    ),
    "archive_stands": (
        "数据库日志归档失败，备份之后的变更无法恢复；请查看数据库日志与磁盘",
        "the log of the database is not archived, no time since could be restored; see the log of postgres",
    ),
    "clock_differs": (
        "本机时钟与{whose}相差 {n} 秒，令牌将被拒（401）；请校准时钟",
        "this clock and that of {whose_en} differ by {n} s, tokens are refused (401); set the clock right",
    ),
    "trouble_behind": (
        "其后的服务有告警：{which}；请查看该服务的 /health/ready",
        "services behind it warn: {which}; see their /health/ready",
    ),
    "service_away": (
        "其后的服务无应答：{which}；相关功能暂不可用",
        "services behind it do not answer: {which}; what they do is not available",
    ),
    "history_regressed": (
        "自 {since} 起：恢复了较早的备份，或有人冒名发布；变更一律拒绝，请执行 make accept-restore",
        "since {since}: an older backup was restored, or others spoke in its name; run make accept-restore",
    ),
    "broker_away": (
        "消息服务器无法连接，事件留在发件箱；请查看其日志",
        "the broker cannot be reached, events wait in the outbox; look at its log",
    ),
    "bus_unprovisioned": (
        "消息服务器上缺少本服务所需的流或消费者（{what}），请执行 kechuang bus provision",
        "the broker lacks what this service needs ({what}); run kechuang bus provision",
    ),
    "broker_unwritable": (
        "消息服务器不接受写入，事件留在发件箱；请查看其磁盘与日志",
        "the broker takes nothing, events wait in the outbox; look at its disk and its log",
    ),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to look at.

    Attributes:
        name: stable, as in `docs/night.md`.
        words: what it is and what to do, Chinese first.
    """

    name: str
    words: str


def _trouble(name: str, **values: object) -> Trouble:
    zh, en = WORDS[name]
    return Trouble(name, f"{name}: {zh.format(**values)} / {en.format(**values)}")


def _clock(seconds: float, whose: str, whose_en: str) -> list[Trouble]:
    if abs(seconds) <= FORGIVEN_SECONDS:
        return []
    return [_trouble("clock_differs", n=round(abs(seconds)), whose=whose, whose_en=whose_en)]


async def seen_in_database(state: Any) -> list[Trouble]:  # noqa: ANN401  # Starlette's
    """Return what the database tells of its own and of the events; one question.

    Raises:
        DatabaseUnavailable: it does not answer.
    """
    found = []
    before = SystemClock().now()
    with state.db.guard():
        async with state.db.engine.connect() as connection:
            row = (await connection.execute(_ASK)).one()
    if (row.oldest or 0) > DELAYED_SECONDS:
        found.append(_trouble("events_delayed", n=round(row.oldest)))
    if row.letters:
        found.append(_trouble("dead_letters", n=row.letters))
    if row.unarchived:
        found.append(_trouble("archive_stands"))
    # Between two looks at the own clock: a slow answer is no wrong clock.
    after = SystemClock().now()
    early, late = (row.now - before).total_seconds(), (row.now - after).total_seconds()
    skew = min(early, 0.0) + max(late, 0.0)
    return [*found, *_clock(skew, "数据库", "the database")]


def seen_here(state: Any) -> list[Trouble]:  # noqa: ANN401  # Starlette's
    """Return what this process knows by itself: disks, the issuer's clock, the broker, a history that stands."""
    found = []
    if state.db.seconds_since_full() <= DISK_FULL_SECONDS:
        found.append(_trouble("database_full"))
    address = urlsplit(state.settings.files_url)
    if address.scheme == "file" and (folder := Path(unquote(address.path))).exists():
        free = shutil.disk_usage(folder).free
        if free < LEAST_FREE_BYTES:
            found.append(_trouble("disk_low", n=free >> 20))
    found += _clock(getattr(state.issuer_keys, "skew_seconds", 0.0), "令牌签发方", "who issues tokens")
    if state.bus is not None:
        found += _of_the_bus(state.bus)
    if state.history.found is not None:
        found.append(_trouble("history_regressed", since=state.history.found.noticed_at.isoformat()))
    return [*found, *state.behind]


def _of_the_bus(bus: Any) -> list[Trouble]:  # noqa: ANN401  # the bus knows the web, not the other way round
    found = []
    if not bus.is_connected:
        found.append(_trouble("broker_away"))
    if bus.waits_for:
        found.append(_trouble("bus_unprovisioned", what=", ".join(bus.waits_for)))
    if bus.is_refused:
        found.append(_trouble("broker_unwritable"))
    return found


def seen_behind(readiness: Mapping[str, Any]) -> list[Trouble]:
    """Return what the readiness pages of services behind this one tell.

    Args:
        readiness: name of each service → its page, None where it did not answer.
    """
    away = sorted(name for name, page in readiness.items() if not isinstance(page, dict))
    named = {name: _names_in(page) for name, page in sorted(readiness.items()) if isinstance(page, dict)}
    told = [f"{name} ({', '.join(names)})" for name, names in named.items() if names]
    found = [_trouble("trouble_behind", which="; ".join(told))] if told else []
    return [*found, *([_trouble("service_away", which=", ".join(away))] if away else [])]


def _names_in(page: Mapping[str, Any]) -> list[str]:
    """Return the names that its warnings begin with; checks that fail are named too."""
    words = [str(one) for one in page.get("warnings", ())]
    failing = [name for name, said in dict(page.get("checks", {})).items() if said != "ok"]
    return sorted({*failing, *(found[1] for one in words if (found := _NAME.match(one)))})


def note(service: str, found: list[Trouble]) -> None:
    """Set the metric of every trouble that has a name."""
    names = {one.name for one in found}
    for name in WORDS:
        _TROUBLE.labels(service, name).set(int(name in names))
