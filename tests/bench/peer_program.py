"""What the peer's own interpreter runs: an outbox of faststream-outbox, relayed to JetStream with acknowledgements.

Arguments: database, broker, number of events, number of workers. Imports nothing of this repository.
"""

import asyncio
import json
import sys
import time
from typing import Any

import nats
import uvloop
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData, func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

_BODY = {"uscc": "91500107BB00000012", "name": "示例企业有限公司", "unit_id": "500107", "status": "ACTIVE", "n": 0}


async def relay(database: str, broker_url: str, events: int, workers: int) -> dict[str, float]:
    """Fill the outbox, then let the workers relay it; return the seconds from start to the last acknowledgement."""
    metadata = MetaData()
    table = make_outbox_table(metadata, table_name="outbox")
    engine = create_async_engine(database.replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=workers + 4)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    broker = OutboxBroker(engine, outbox_table=table)
    client = await nats.connect(broker_url, inbox_prefix=b"_INBOX_finance")
    js = client.jetstream()
    done = 0
    finished = asyncio.Event()

    # Batches of its own size, no pause between them: the quickest that its settings allow without losing its promise.
    @broker.subscriber(
        "q", max_workers=workers, fetch_batch_size=100, min_fetch_interval=0.001, max_fetch_interval=0.05
    )
    async def handle(body: dict[str, Any]) -> None:
        nonlocal done
        await js.publish("finance.bench.v1", json.dumps(body).encode(), headers={"Nats-Msg-Id": str(body["n"])})
        done += 1
        if done >= events:
            finished.set()

    sessions = async_sessionmaker(engine, expire_on_commit=False)
    for begin in range(0, events, 500):
        async with sessions() as session, session.begin():
            bodies = [{**_BODY, "n": number} for number in range(begin, min(begin + 500, events))]
            await broker.publish_batch(*bodies, queue="q", session=session)
    async with engine.connect() as connection:
        committed = (await connection.execute(select(func.count()).select_from(table))).scalar_one()
    began = time.perf_counter()
    await broker.start()
    await asyncio.wait_for(finished.wait(), 100)
    while True:  # each row is deleted after its handler: until then the relay is not done
        async with engine.connect() as connection:
            if (await connection.execute(select(func.count()).select_from(table))).scalar_one() == 0:
                break
        await asyncio.sleep(0.005)
    took = time.perf_counter() - began
    await broker.stop()
    await client.close()
    await engine.dispose()
    return {"seconds": took, "committed": committed}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(relay(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))))
