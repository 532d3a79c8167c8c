"""The connections of one process: how many there may be, which wait for their client, and what one of them may take."""

import asyncio
import resource
from collections import Counter as Tally
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from shared.telemetry import counter, gauge

_log = structlog.get_logger(__name__)
_SWEEP_S = 1.0
_FILES_WANTED = 65_536
_FILES_SHARE = 0.75  # the rest is for the database, the broker, the services and the logs

OPEN = gauge("client_connections", "Connections of clients that are open")
CLOSED = counter("client_connections_closed_total", "Connections that were closed for a limit, by limit", ("limit",))


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a client may take.

    Attributes:
        head_s: seconds for the head of a request, from its first byte or the connection's beginning.
        head_bytes: size of a head, its address included.
        address_bytes: length of an address with its query.
        body_s: seconds of grace for a body; after them it must have come at `body_bytes_per_s` on average.
        body_bytes_per_s: slowest body, bytes per second.
        write_s: seconds in which a client that has an answer to read must take some of it.
        per_address: connections of one address.
        connections: connections at all.
    """

    head_s: float = 10.0
    head_bytes: int = 65_536
    address_bytes: int = 16_384
    body_s: float = 20.0
    body_bytes_per_s: int = 1_024
    write_s: float = 30.0
    per_address: int = 2_048
    connections: int = 8_192


class Connected(Protocol):
    """A connection of a client, as far as it is counted and timed.

    Attributes:
        address: the client's.
        loop: that it lives in.
        transport: its other end.
    """

    address: str
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport

    def over_time(self, now: float, limits: ConnectionLimits, passed_s: float) -> str | None:
        """Return the limit that the client is over, or None."""
        ...

    def is_unused(self, now: float) -> bool:
        """Tell whether no request has come for as long as a connection is kept."""
        ...


@dataclass(slots=True)
class ConnectionTable:
    """The connections of one process, and which of them wait for their client.

    Attributes:
        limits: what a client may take.
    """

    limits: ConnectionLimits
    _all: set[Connected] = field(default_factory=set)
    _by_address: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _waiting: OrderedDict[Connected, None] = field(default_factory=OrderedDict)
    _uploading: OrderedDict[Connected, None] = field(default_factory=OrderedDict)
    _closed: Tally[tuple[str, str]] = field(default_factory=Tally)
    _sweeping: asyncio.TimerHandle | None = None

    def enter(self, one: Connected) -> bool:
        """Admit a connection; where there are too many, the one that has waited longest for its client makes room."""
        self._all.add(one)
        self._by_address[one.address] += 1
        OPEN.set(len(self._all))
        if self._sweeping is None:
            self._sweeping = one.loop.call_later(_SWEEP_S, self._sweep, one.loop)
        if self._by_address[one.address] > self.limits.per_address:
            return self._make_room("connections_of_an_address", one, lambda other: other.address == one.address)
        if len(self._all) > self.limits.connections:
            return self._make_room("connections", one, lambda _other: True)
        return True

    def leave(self, one: Connected) -> None:
        """Forget a connection."""
        self.work(one)
        if one in self._all:
            self._all.discard(one)
            self._by_address[one.address] -= 1
            if not self._by_address[one.address]:
                del self._by_address[one.address]
        OPEN.set(len(self._all))

    def wait(self, one: Connected) -> None:
        """Note that a connection waits for a request of its client from now on."""
        self._uploading.pop(one, None)
        if one in self._all:  # an answer may end behind its connection
            self._waiting[one] = None

    def upload(self, one: Connected) -> None:
        """Note that a connection waits for the rest of a request from now on."""
        self._waiting.pop(one, None)
        self._uploading[one] = None

    def work(self, one: Connected) -> None:
        """Note that a connection waits for its client no longer."""
        self._waiting.pop(one, None)
        self._uploading.pop(one, None)

    def close(self, one: Connected, limit: str) -> None:
        """Close a connection for a limit, and count it."""
        self._closed[limit, one.address] += 1
        CLOSED.labels(limit).inc()
        self.leave(one)
        one.transport.abort()

    def _make_room(self, limit: str, newcomer: Connected, may_go: Callable[[Connected], bool]) -> bool:
        candidates = (other for held in (self._waiting, self._uploading) for other in held)
        oldest = next((other for other in candidates if other is not newcomer and may_go(other)), None)
        self.close(oldest or newcomer, limit)
        return oldest is not None

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what is over its time, and tell in one line what was closed since the last time."""
        now = loop.time()
        for one in list(self._all):
            if (limit := one.over_time(now, self.limits, _SWEEP_S)) is not None:
                self.close(one, limit)
            elif one.is_unused(now):
                one.transport.close()
        if self._closed:
            for (limit, address), count in self._closed.most_common(5):
                _log.warning("client_connections_closed", limit=limit, address=address, count=count)
            self._closed.clear()
        self._sweeping = loop.call_later(_SWEEP_S, self._sweep, loop) if self._all else None


def raise_file_limit() -> int:
    """Let this process open as many files as it may, within reason; return how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, _FILES_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft


def limits_of_this_machine() -> ConnectionLimits:
    """Return the limits, with as many connections as there are files for them."""
    room = int(raise_file_limit() * _FILES_SHARE)
    usual = ConnectionLimits()
    return ConnectionLimits(connections=min(usual.connections, room), per_address=min(usual.per_address, room // 2))
