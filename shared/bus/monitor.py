"""Asks the broker's monitor whether it syncs each write: a server that does not loses acknowledged events."""

import httpx
import orjson


async def syncs_always(monitor_url: str) -> bool | None:
    """Tell whether JetStream syncs before it acknowledges; None where the monitor does not answer."""
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            answer = await client.get(f"{monitor_url.rstrip('/')}/varz")
            config = orjson.loads(answer.content).get("jetstream", {}).get("config", {})
    except (httpx.HTTPError, orjson.JSONDecodeError, AttributeError):
        return None
    return bool(config.get("sync_always", False))
