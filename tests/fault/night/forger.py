"""Somebody who took secrets of a service out of its installation and speaks in its name."""

import asyncio
from typing import Any

import nats
import orjson

from shared.events.catalogue import CATALOGUE
from shared.events.signature import HEADER
from shared.events.trust import Signer
from shared.kernel.clock import SystemClock
from shared.kernel.ids import new_id
from tests.support.suite import LaunchedSuite

_LAST = """
SELECT subject, aggregate, aggregate_id, version, sequence, CAST(data AS text) AS data FROM outbox_event
WHERE subject = '{}' ORDER BY position DESC LIMIT 1
"""


def forge(suite: LaunchedSuite, subject: str, *, signed: bool, **changes: Any) -> str:
    """Publish the next state of what a service told last, with other words in it; return the id of the event.

    Args:
        suite: whose secrets were taken.
        subject: of the event.
        signed: whether the key was taken too.
        changes: of its data.
    """
    service = subject.partition(".")[0]
    assert subject in CATALOGUE
    (last,) = asyncio.run(suite.rows(service, _LAST.format(subject)))
    event_id = str(new_id())
    payload = orjson.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": f"/kechuang/{service}",
            "type": subject,
            "time": SystemClock().now().isoformat(),
            "aggregate": last["aggregate"],
            "aggregateid": last["aggregate_id"],
            "version": last["version"] + 1,
            "sequence": last["sequence"] + 1,
            "causationid": str(new_id()),
            "data": orjson.loads(last["data"]) | changes,
        }
    )
    headers = {}
    if signed:
        signer = Signer(suite.settings.secrets / f"event-key-{service}.json")
        headers = {HEADER: signer.headers([(subject, payload)])[0]}
    asyncio.run(_publish(suite, service, subject, payload, headers))
    return event_id


async def _publish(suite: LaunchedSuite, service: str, subject: str, payload: bytes, headers: dict[str, str]) -> None:
    password = (suite.settings.secrets / f"nats-{service}").read_text()
    address = f"nats://{service}:{password}@127.0.0.1:{suite.ports['nats']}"
    client = await nats.connect(address, inbox_prefix=f"_INBOX_{service}".encode())
    try:
        await client.jetstream().publish(subject, payload, headers=headers or None)
    finally:
        await client.close()
