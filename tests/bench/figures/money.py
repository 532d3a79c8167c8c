"""Money writes over HTTP beside asyncpg alone doing the very statements that one such call was seen to do."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import asyncpg
import orjson

from shared.kernel.ids import new_id
from tests.bench.bench import DISK_BOTH, Bench, token_of
from tests.bench.lending import FIRMS, Lending, prepare
from tests.bench.load import Pressed, press, request
from tests.bench.recorded import Recorded, record
from tests.bench.table import Gate, Goal, Row
from tests.support.suite import LaunchedSuite

_CONNECTIONS = (1, 16)
_FIRST_S = 1.0


@dataclass(frozen=True, slots=True)
class MoneyWrite:
    """One route that writes money.

    Attributes:
        name: as the table has it.
        client: demo client that calls it.
        goal: least ratio.
        counted: table of which one row is written per call.
        target: path for the connection with that number.
        body: body for the connection with that number and a word that nobody used before.
        own: what in the recorded statements stands for connection 0, and what for the connection with that number.
    """

    name: str
    client: str
    goal: float
    counted: str
    target: Callable[[int], str]
    body: Callable[[int, str], dict[str, object]]
    own: Callable[[int], dict[str, str]]


def money_writes(lending: Lending) -> tuple[MoneyWrite, ...]:
    """Return the two hot routes and one of the others."""
    firms, today = lending.firms, lending.today
    return (
        MoneyWrite(
            "drawdown (hot)",
            "bank-a",
            0.50,
            "drawdown",
            lambda at: f"/v1/loans/{firms[at].loan_id}/drawdowns",
            lambda _at, word: {
                "note_no": f"N-{word}",
                "amount_fen": 1,
                "starts_on": lending.signed_on,
                "matures_on": lending.matures_on,
            },
            lambda at: {firms[0].loan_id: firms[at].loan_id, firms[0].uscc: firms[at].uscc},
        ),
        MoneyWrite(
            "repayment (hot)",
            "bank-a",
            0.50,
            "repayment",
            lambda at: f"/v1/drawdowns/{firms[at].drawdown_id}/repayments",
            lambda _at, word: {"bank_ref": f"R-{word}", "amount_fen": 1, "value_on": today},
            lambda at: {
                firms[0].loan_id: firms[at].loan_id,
                firms[0].uscc: firms[at].uscc,
                firms[0].drawdown_id: firms[at].drawdown_id,
            },
        ),
        MoneyWrite(
            "contribution to the fund",
            "city",
            0.50,
            "fund_posting",
            lambda at: f"/v1/fund-accounts/{lending.units[at]}/contributions",
            lambda _at, word: {
                "contributor": "CITY",
                "amount_fen": 1,
                "receipt_no": f"F-{word}",
                "value_on": today,
                "evidence": {"level": "DOCUMENT", "issued_on": today, "official_no": f"F-{word}"},
            },
            lambda at: {lending.units[0]: lending.units[at]},
        ),
    )


async def measure(bench: Bench) -> None:
    """Add a row per route and number of connections."""
    suite = await bench.suite()
    lending = await prepare(suite, first=0)
    for write in money_writes(lending):
        # What only a first call makes, such as the row of an account, is there before anything is repeated.
        first = await _calls(suite, write, token_of(suite, write.client), FIRMS, 0, _FIRST_S)
        first.must_be_good(write.name)
        recorded = await record(
            suite,
            client=write.client,
            target=write.target(0),
            body=lambda write=write: write.body(0, str(new_id())),  # type: ignore[misc]  # bound now
        )
        for connections in _CONNECTIONS:
            await _row(bench, suite, write, recorded, connections)


async def _row(bench: Bench, suite: LaunchedSuite, write: MoneyWrite, recorded: Recorded, connections: int) -> None:
    pace = bench.pace
    token = token_of(suite, write.client)
    floor, ours, gates = [], [], []
    for _ in range(pace.runs):
        floor.append(await _statements(suite, recorded, write, connections, pace.warm_s, pace.window_s))
        before = await _count(suite, write.counted)
        pressed = await _calls(suite, write, token, connections, pace.warm_s, pace.window_s)
        pressed.must_be_good(write.name)
        gates.append(Gate(pressed.sent, await _count(suite, write.counted) - before, None, None))
        ours.append(pressed.rate)
    bench.add(
        Row(
            figure=f"money write: {write.name}, {connections} connection{'s' if connections > 1 else ''}",
            unit="calls/s",
            ours=tuple(ours),
            floor=tuple(floor),
            floor_name=f"asyncpg, the same {len(recorded.statements)} statements",
            goal=Goal("ratio", "least", write.goal),
            disk=DISK_BOTH,
            gates=tuple(gates),
        )
    )


async def _calls(
    suite: LaunchedSuite, write: MoneyWrite, token: str, connections: int, warm_s: float, window_s: float
) -> Pressed:
    def make(at: int, _turn: int) -> bytes:
        word = str(new_id())
        body = orjson.dumps(write.body(at, word))
        return request("POST", write.target(at), token=token, body=body, idempotency_key=word)

    port = suite.ports["finance"]
    return await press(port, make, connections=connections, warm_s=warm_s, window_s=window_s, good=201)


async def _statements(
    suite: LaunchedSuite, recorded: Recorded, write: MoneyWrite, connections: int, warm_s: float, window_s: float
) -> float:
    """Return transactions per second of asyncpg alone."""
    assert connections <= FIRMS
    begins = time.perf_counter() + warm_s
    ends = begins + window_s
    done = 0

    async def busy(at: int) -> None:
        nonlocal done
        connection = await asyncpg.connect(suite.database_url("finance"))
        try:
            fill = recorded.filler(write.own(at))
            while time.perf_counter() < ends:
                values = fill()
                await recorded.repeat(connection, values)
                done += begins <= time.perf_counter() <= ends
        finally:
            await connection.close()

    async with asyncio.TaskGroup() as group:
        for at in range(connections):
            group.create_task(busy(at))
    return done / window_s


async def _count(suite: LaunchedSuite, table: str) -> int:
    (row,) = await suite.rows("finance", f"SELECT count(*) AS n FROM {table}")
    return int(row["n"])
