"""A program of a thief: one stolen secret on its standard input, nothing of the product, and what it came to.

`python -I thief.py broker|key|database` reads a JSON document and prints one. Run in an empty environment it holds
nothing but what it was given.
"""

import asyncio
import base64
import hashlib
import json
import sys
from typing import Any

import asyncpg
import nats
import nats.errors
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_WAIT_SECONDS = 1.0


async def broker(stolen: dict[str, Any]) -> dict[str, Any]:
    """Enter the broker as a service and try what is another's; then speak in its own name, without its key."""
    refused: list[str] = []
    answered: list[str] = []

    async def note(fault: Exception) -> None:
        refused.append(str(fault).lower())

    async def hear(message: Any) -> None:
        answered.append(message.data.decode())

    service = stolen["service"]
    client = nats.NATS()
    await client.connect(stolen["url"], inbox_prefix=f"_INBOX_{service}".encode(), error_cb=note)
    answers = f"_INBOX_{service}.answers"
    await client.subscribe(answers, cb=hear)
    for subject, payload in stolen["attacks"]:
        await client.publish(subject, json.dumps(payload).encode() if payload is not None else b"", reply=answers)
    for one in stolen["foreign"]:
        await client.publish(one["subject"], json.dumps(one["event"]).encode())
    await client.flush()
    await asyncio.sleep(_WAIT_SECONDS)
    for one in stolen["own"]:
        await client.jetstream().publish(one["subject"], json.dumps(one["event"]).encode())
    await client.close()
    return {"refused": refused, "answered": answered}


async def key(stolen: dict[str, Any]) -> dict[str, Any]:
    """Sign what another service might say with a stolen key, and try to enter with no other secret."""
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(stolen["private"]))
    signature = private.sign(hashlib.sha256(stolen["id"].encode()).digest())
    told = []
    for user, password in (("", ""), (stolen["service"], signature.hex()), (stolen["service"], stolen["id"])):
        entry = f"{user}:{password}@" if user else ""
        try:
            client = await nats.connect(
                f"nats://{entry}{stolen['server']}", allow_reconnect=False, max_reconnect_attempts=0, connect_timeout=2
            )
            told.append("entered")
            await client.close()
        except (nats.errors.Error, OSError, TimeoutError) as fault:
            told.append(str(fault).lower())
    return {"told": told, "signature": len(signature)}


async def database(stolen: dict[str, Any]) -> dict[str, Any]:
    """Enter the database of a service and try to rewrite and to empty what it keeps, and to enter another."""
    told = {}
    connection = await asyncpg.connect(stolen["url"])
    for statement in stolen["attacks"]:
        try:
            told[statement] = await connection.execute(statement)
        except asyncpg.PostgresError as fault:
            told[statement] = type(fault).__name__
    await connection.close()
    for name in stolen["others"]:
        try:
            other = await asyncpg.connect(stolen["url"].rsplit("/", 1)[0] + f"/{name}")
            told[name] = "entered"
            await other.close()
        except asyncpg.PostgresError as fault:
            told[name] = type(fault).__name__
    return told


if __name__ == "__main__":
    attack = {"broker": broker, "key": key, "database": database}[sys.argv[1]]
    print(json.dumps(asyncio.run(attack(json.load(sys.stdin)))))
