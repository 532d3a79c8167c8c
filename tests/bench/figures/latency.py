"""From a commit in one service to the commit of its effect in another, at a fixed rate; then from the HTTP request."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from deploy.embedded.nats import NatsServer
from deploy.embedded.suite import Suite
from shared.bus.runner import Bus
from shared.bus.streams import drop_consumer, ensure_stream, make_consumer
from shared.db.engine import Database
from shared.events.finance import LoanDrawn
from shared.events.permission import PROVISIONER
from shared.events.trust import PUBLIC_KEYS_SETTING
from shared.kernel.actor import system_actor
from shared.kernel.clock import SystemClock, shanghai_date
from shared.kernel.ids import new_id
from tests.bench.bench import Bench, token_of
from tests.bench.figures.relay import client_of, drop_stream
from tests.bench.lending import FIRMS, prepare
from tests.bench.load import pace, request
from tests.bench.table import Gate, Goal, Row, percentile
from tests.support.event_keys import event_keys, folder
from tests.support.lab import lab_database
from tests.support.pair import count as count_of
from tests.support.postgres import REPOSITORY, DatabaseServer

RATE = 200
_PATIENCE_S = 20.0
_LOOKED_BACK_S = 3.0
_DISK = "publisher's commit and listener's commit with fsync, JetStream synced at each write"


@dataclass(slots=True)
class _Runs:
    """What the runs of one variant gave."""

    middle: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)

    def take(self, sent: dict[str, float], applied: dict[str, float], *, accepted: int, published: int) -> None:
        """Keep one run."""
        took = [(applied[one] - at) * 1000 for one, at in sent.items() if one in applied]
        self.middle.append(percentile(took, 0.50))
        self.late.append(percentile(took, 0.99))
        self.gates.append(Gate(len(sent), accepted, published, len(took)))

    def rows(self, name: str, middle_ms: float, late_ms: float) -> list[Row]:
        """Return the two rows."""
        return [
            Row(
                figure=f"{name} at {RATE} events/s, {part}",
                unit="ms",
                ours=tuple(values),
                goal=Goal("value", "most", goal),
                disk=_DISK,
                gates=tuple(self.gates),
            )
            for part, values, goal in (("p50", self.middle, middle_ms), ("p99", self.late, late_ms))
        ]


async def measure(bench: Bench) -> None:
    """Add p50 and p99 without HTTP and with it."""
    postgres, broker = await bench.lab()
    runs = _Runs()
    for _ in range(bench.pace.runs):
        await drop_stream(broker, "finance")
        async with lab_database(postgres, "finance") as publisher, lab_database(postgres, "finance") as heard:
            await _committed(runs, publisher, heard, broker.server, bench)
    for row in runs.rows("commit → applied in another service", 3, 20):
        bench.add(row)
    for row in (await _over_http(bench)).rows("HTTP request → applied in another service", 10, 50):
        bench.add(row)


async def _committed(runs: _Runs, publisher: Database, heard: Database, broker: NatsServer, bench: Bench) -> None:
    sent: dict[str, float] = {}
    clock = SystemClock()
    bus = Bus(publisher, clock, url=broker.url("finance"), subscriptions=[], keys=event_keys(publisher.service))
    relaying = asyncio.ensure_future(bus.run_forever(relay=True, consumers=False))
    events = int(RATE * bench.pace.paced_s)
    warm = RATE // 2

    async def commit(number: int) -> None:
        request_id = str(new_id())
        actor = system_actor("finance")
        async with publisher.transaction(actor=actor, clock=clock, request_id=request_id) as tx:
            tx.emit(_drawn())
            if number >= warm:  # measured from the instant at which the commit stands
                tx.after_commit(lambda: sent.__setitem__(request_id, time.time()))

    try:
        # A relay that begins reads its stream back under the name that the listener takes; an empty one at once.
        await asyncio.sleep(_LOOKED_BACK_S)
        async with _listener(heard.url, broker, folder() / "public.json") as ask:
            await _wait_for(publisher, "SELECT count(*) FROM outbox_waiting", 0)
            began = time.perf_counter()
            async with asyncio.TaskGroup() as group:
                for number in range(warm + events):
                    await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
                    group.create_task(commit(number))
            await _wait_for(heard, "SELECT count(*) FROM effect", warm + events)
            applied = await ask()
        committed = await count_of(publisher, "SELECT count(*) FROM outbox_event")
        published = await count_of(publisher, "SELECT count(*) FROM outbox_published WHERE stream_sequence > 0")
        runs.take(sent, applied, accepted=committed - warm, published=published - warm)
    finally:
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying


async def _over_http(bench: Bench) -> _Runs:
    """Draw on finance over HTTP and watch the drawdowns arrive at a listener beside the suite."""
    suite = await bench.suite()
    lending = await prepare(suite, first=FIRMS)
    programs = Suite(suite.settings)
    keys = Path(programs.environment("finance")[PUBLIC_KEYS_SETTING])
    runs = _Runs()
    for _ in range(bench.pace.runs):
        token = token_of(suite, "bank-a")
        sent: dict[str, float] = {}
        words: dict[int, str] = {}

        def make(number: int, token: str = token, words: dict[int, str] = words) -> bytes:
            word = words.setdefault(number, str(new_id()))
            body = {
                "note_no": f"L-{word}",
                "amount_fen": 1,
                "starts_on": lending.signed_on,
                "matures_on": lending.matures_on,
            }
            target = f"/v1/loans/{lending.firms[number % FIRMS].loan_id}/drawdowns"
            return request(
                "POST", target, token=token, body=orjson.dumps(body), idempotency_key=word, x_request_id=word
            )

        def note(number: int, at: float, words: dict[int, str] = words, sent: dict[str, float] = sent) -> None:
            sent[words.setdefault(number, str(new_id()))] = at

        async with (
            lab_database(DatabaseServer(programs.postgres), "finance") as heard,
            _listener(heard.url, programs.nats, keys) as ask,
        ):
            # Events of earlier figures come first: they are heard before the window begins.
            await _settle(heard)
            before = await count_of(heard, "SELECT count(*) FROM effect")
            pressed = await pace(
                suite.ports["finance"], make, rate=RATE, seconds=bench.pace.paced_s, good=201, on_sent=note
            )
            pressed.must_be_good("drawdowns at a fixed rate")
            await _wait_for(heard, "SELECT count(*) FROM effect", before + pressed.sent)
            applied = await ask()
        (row,) = await suite.rows(
            "finance",
            "SELECT count(*) AS n FROM outbox_event JOIN outbox_published USING (position)"
            " WHERE stream_sequence > 0 AND subject = 'finance.loan.drawn.v1'"
            f" AND request_id = ANY(ARRAY{list(sent)!r})",
        )
        runs.take(sent, applied, accepted=pressed.sent, published=int(row["n"]))
    return runs


def _drawn() -> LoanDrawn:
    today = shanghai_date(SystemClock().now())
    return LoanDrawn(
        loan_id=new_id(),
        enterprise_uscc="91500107BB00000012",
        bank_uscc="91500000DEMBANKA1R",
        drawdown_id=new_id(),
        note_no="N-1",
        amount_fen=1,
        starts_on=today,
        matures_on=today,
    )


@asynccontextmanager
async def _listener(database_url: str, broker: NatsServer, public_keys: Path) -> AsyncIterator["_Ask"]:
    """Run the listening process; what is yielded ends it and returns its instants."""
    async with client_of(broker, PROVISIONER) as client:
        js = client.jetstream()
        await ensure_stream(js, "finance")
        await drop_consumer(js, "finance", "finance")  # of the run before, or of finance's own reading back
        await make_consumer(js, publisher="finance", listener="finance", subjects=[LoanDrawn.subject])
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.listener", database_url, broker.url("finance"), str(public_keys)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        cwd=REPOSITORY,
        limit=1 << 26,
    )
    assert child.stdout is not None
    try:
        if await asyncio.wait_for(child.stdout.readline(), _PATIENCE_S) != b"ready\n":
            raise RuntimeError("the listening process did not start")
        yield _Ask(child)
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()


@dataclass(slots=True)
class _Ask:
    """Ends a listening process and returns what it noted."""

    child: asyncio.subprocess.Process

    async def __call__(self) -> dict[str, float]:
        out, _ = await asyncio.wait_for(self.child.communicate(b""), _PATIENCE_S)
        found: dict[str, float] = orjson.loads(out.splitlines()[-1])
        return found


async def _wait_for(database: Database, query: str, value: int) -> None:
    """Wait until a query gives `value`; if it never does, the gate of the row tells."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_S):
            while await count_of(database, query) < value:  # noqa: ASYNC110  # a row in the database
                await asyncio.sleep(0.05)


async def _settle(database: Database) -> None:
    """Wait until nothing more arrives."""
    before = -1
    while (now := await count_of(database, "SELECT count(*) FROM effect")) != before:
        before = now
        await asyncio.sleep(1.0)
