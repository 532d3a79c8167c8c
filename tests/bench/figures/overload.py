"""More than a service can serve: what is still done, what reads cost meanwhile, and how the rest is refused."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from shared.kernel.ids import new_id
from tests.bench.bench import Bench, token_of
from tests.bench.crowd import Crowd, crowd
from tests.bench.lending import Lending, prepare
from tests.bench.load import Pressed, request
from tests.bench.pace import Pace
from tests.bench.reader import Reader, reader
from tests.bench.table import Gate, Goal, Row
from tests.support import journey
from tests.support.suite import LaunchedSuite

_LEVELS = (8, 16, 32)
"""Clients among whose numbers the best goodput is looked for."""
_TIMES = 10
_FEW, _MANY = 40, 150
_RUSH = 400
_READS_PER_SECOND = 40.0
_FIRMS = 64
_FIRST_FIRM = 64
_GOODPUT = Goal("ratio", "least", 0.80)
_READS = Goal("ratio", "most", 3.0)
_ALL = Goal("value", "least", 100)
_EARLY_MS = Goal("value", "most", 100)
_DISK = "PostgreSQL with fsync; events, audit and keys in each commit"


@dataclass(slots=True)
class _Found:
    """What the runs gave, one value per run."""

    quiet_ms: list[float] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    crowded: list[Crowd] = field(default_factory=list)
    crowded_ms: list[float] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)

    def rows(self) -> list[Row]:
        """Return the rows of the drawdowns."""
        counts = "/".join(map(str, sorted(set(self.levels))))
        name = f"drawdowns by {_TIMES} × as many clients as serve best"
        return [
            Row(
                figure=name,
                unit="calls/s",
                ours=tuple(one.rate for one in self.crowded),
                floor=tuple(self.best),
                floor_name=f"the best of {'/'.join(map(str, _LEVELS))} clients ({counts})",
                goal=_GOODPUT,
                disk=_DISK,
                gates=tuple(self.gates),
            ),
            *_refusals(name, self.crowded),
            _reads("a loan read beside them, p95", self.crowded_ms, self.quiet_ms),
        ]


async def measure(bench: Bench) -> None:
    """Add drawdowns at ten times the best load, 400 registrations at once, and 150 clients at the gateway."""
    suite = await bench.suite()
    lending = await prepare(suite, first=_FIRST_FIRM, count=_FIRMS)
    async with reader() as reading:
        await _drawdowns(bench, suite, lending, reading)
        await _registrations(bench, suite, reading)
    await _at_the_gateway(bench, suite, lending)


async def _drawdowns(bench: Bench, suite: LaunchedSuite, lending: Lending, reader: Reader) -> None:
    port, found, speed = suite.ports["finance"], _Found(), bench.pace
    for _ in range(speed.runs):
        token = token_of(suite, "bank-a")
        draw = _draws(lending, token)
        read = request("GET", f"/v1/loans/{lending.firms[0].loan_id}", token=token)
        found.quiet_ms.append((await _read(reader, port, read, speed.window_s)).ms(0.95))
        before = await _count(suite, "drawdown")
        rates, sent = {}, 0
        for clients in _LEVELS:
            served = await crowd(port, draw, clients=clients, warm_s=speed.warm_s, window_s=speed.window_s)
            served.must_be_known(f"drawdowns of {clients} clients")
            rates[clients] = served.rate
            sent += served.sent
        level = max(rates, key=lambda one: rates[one])
        many, reading = await _beside(reader, port, read, draw, clients=_TIMES * level, speed=speed)
        many.must_be_known(f"drawdowns of {_TIMES * level} clients")
        reading.must_be_good("reads beside too many drawdowns")
        found.levels.append(level)
        found.best.append(rates[level])
        found.crowded.append(many)
        found.crowded_ms.append(reading.ms(0.95))
        found.gates.append(Gate(sent + many.sent, await _count(suite, "drawdown") - before, None, None))
    for row in found.rows():
        bench.add(row)


async def _beside(
    reader: Reader, port: int, read: bytes, write: Callable[[int], bytes], *, clients: int, speed: Pace
) -> tuple[Crowd, Pressed]:
    """Let a crowd write, and read at a fixed rate beside it once it has come."""
    # Whoever is refused comes again after two seconds: a shorter window would not see it.
    window_s = 2 * speed.window_s
    async with asyncio.TaskGroup() as group:
        many = group.create_task(crowd(port, write, clients=clients, warm_s=speed.warm_s, window_s=window_s))
        await asyncio.sleep(speed.warm_s)
        reading = group.create_task(_read(reader, port, read, window_s))
    return many.result(), reading.result()


async def _registrations(bench: Bench, suite: LaunchedSuite, reader: Reader) -> None:
    port, speed = suite.ports["registry"], bench.pace
    quiet, beside, rushes, answered, gates = [], [], [], [], []
    for number in range(speed.runs):
        token = token_of(suite, "city")
        read = request("GET", "/v1/enterprises?limit=1", token=token)
        quiet.append((await _read(reader, port, read, speed.window_s)).ms(0.95))
        before = await _count(suite, "enterprise", "registry")
        make = _registrations_of(number, token)
        async with asyncio.TaskGroup() as group:
            rush = group.create_task(crowd(port, make, clients=_RUSH, warm_s=0, window_s=speed.window_s, once=True))
            reading = group.create_task(_read(reader, port, read, speed.window_s))
        rush.result().must_be_known("registrations at once")
        rushes.append(rush.result())
        beside.append(reading.result().ms(0.95))
        asked = reading.result().sent + reading.result().statuses.total()
        answered.append(100 * reading.result().sent / asked)
        gates.append(Gate(_RUSH, await _count(suite, "enterprise", "registry") - before, None, None))
    name = f"{_RUSH} registrations at once"
    bench.add(
        Row(
            figure=f"{name}: readers beside them who are served",
            unit="%",
            ours=tuple(answered),
            goal=_ALL,
            disk=_DISK,
            gates=tuple(gates),
        )
    )
    bench.add(_reads(f"〃 a page of the register, {_READS_PER_SECOND:.0f} times a second, p95", beside, quiet))
    for row in _refusals(name, rushes):
        bench.add(row)


async def _at_the_gateway(bench: Bench, suite: LaunchedSuite, lending: Lending) -> None:
    """Let half of the clients draw and half contribute: one client alone would be stopped by its own share."""
    port, speed = suite.ports["gateway"], bench.pace
    many, few = [], []
    for _ in range(speed.runs):
        draw = _draws(lending, token_of(suite, "bank-a"))
        contribute = _contributions(lending, token_of(suite, "city"))

        def make(
            client: int, draw: Callable[[int], bytes] = draw, contribute: Callable[[int], bytes] = contribute
        ) -> bytes:
            return draw(client) if client % 2 else contribute(client)

        for clients, told in ((_FEW, few), (_MANY, many)):
            found = await crowd(port, make, clients=clients, warm_s=speed.warm_s, window_s=2 * speed.window_s)
            found.must_be_known(f"{clients} clients at the gateway")
            told.append(found)
    name = f"{_MANY} clients at the gateway, half drawing, half contributing"
    bench.add(
        Row(
            figure=name,
            unit="calls/s",
            ours=tuple(one.rate for one in many),
            floor=tuple(one.rate for one in few),
            floor_name=f"{_FEW} clients",
            goal=_GOODPUT,
            disk=_DISK,
        )
    )
    for row in _refusals(name, many):
        bench.add(row)


def _refusals(name: str, found: list[Crowd]) -> list[Row]:
    """Return how many were refused, how many of them were told when to come again, and how soon."""
    return [
        Row(figure=f"{name}: refused", unit="%", ours=tuple(one.refused_share for one in found)),
        Row(
            figure="〃 of those told when to come again",
            unit="%",
            ours=tuple(one.told_share for one in found),
            goal=_ALL,
        ),
        Row(
            figure="〃 how long a refusal takes, p95",
            unit="ms",
            ours=tuple(one.refusal_ms(0.95) for one in found),
            goal=_EARLY_MS,
        ),
    ]


def _reads(name: str, ours: list[float], quiet: list[float]) -> Row:
    return Row(
        figure=name, unit="ms", ours=tuple(ours), floor=tuple(quiet), floor_name="when nobody writes", goal=_READS
    )


async def _read(reader: Reader, port: int, raw: bytes, seconds: float) -> Pressed:
    return await reader.read(port, raw, rate=_READS_PER_SECOND, seconds=seconds)


def _draws(lending: Lending, token: str) -> Callable[[int], bytes]:
    def draw(client: int) -> bytes:
        word = str(new_id())
        body = {
            "note_no": f"O-{word}",
            "amount_fen": 1,
            "starts_on": lending.signed_on,
            "matures_on": lending.matures_on,
        }
        target = f"/v1/loans/{lending.firms[client % _FIRMS].loan_id}/drawdowns"
        return request("POST", target, token=token, body=orjson.dumps(body), idempotency_key=word)

    return draw


def _contributions(lending: Lending, token: str) -> Callable[[int], bytes]:
    def contribute(client: int) -> bytes:
        word = str(new_id())
        body = {
            "contributor": "CITY",
            "amount_fen": 1,
            "receipt_no": f"O-{word}",
            "value_on": lending.today,
            "evidence": {"level": "DOCUMENT", "issued_on": lending.today, "official_no": f"O-{word}"},
        }
        target = f"/v1/fund-accounts/{lending.units[client % len(lending.units)]}/contributions"
        return request("POST", target, token=token, body=orjson.dumps(body), idempotency_key=word)

    return contribute


def _registrations_of(run: int, token: str) -> Callable[[int], bytes]:
    def register(client: int) -> bytes:
        uscc = journey.made_up_code(f"R{run:02d}{client:04d}")
        body = orjson.dumps(journey.registration(uscc, f"示例{uscc[-8:]}有限公司"))
        return request("POST", "/v1/enterprises", token=token, body=body, idempotency_key=str(new_id()))

    return register


async def _count(suite: LaunchedSuite, table: str, service: str = "finance") -> int:
    (row,) = await suite.rows(service, f"SELECT count(*) AS n FROM {table}")
    return int(row["n"])
