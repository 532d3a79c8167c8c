"""The provisioner: makes streams and durable consumers, sets altered streams right, and answers what services ask.

`python -m shared.bus.provision` stays and watches; `once` makes what is missing and ends. The address with the
provisioner's user comes from `PROVISIONER_NATS_URL`. It makes things in one fixed form only: a service that asks gets
its own stream and its own durables, on streams that it hears, and can ask for nothing else.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import cast

import nats.errors
import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import APIError, NotFoundError
from pydantic import ValidationError

from shared.bus.cancellation import end_if_cancelled
from shared.bus.connection import connected
from shared.bus.request import Request, Verb
from shared.bus.streams import (
    drop_consumer,
    ensure_stream,
    find_consumer,
    make_consumer,
    make_reading,
    remake_stream,
    update_consumer,
)
from shared.events.catalogue import PUBLISHERS, stream_of
from shared.events.key_files import record_unsigned, unsigned_recorded
from shared.events.listeners import HEARD_BY, heard_of
from shared.events.permission import PROVISIONER, asks_on, inbox_of
from shared.events.trust import PUBLIC_KEYS_SETTING
from shared.kernel.clock import SystemClock
from shared.telemetry import configure_logging

URL_SETTING = "PROVISIONER_NATS_URL"
CHECK_SECONDS = 2.0
_RETRY_SECONDS = 0.5
# A stream is made again because it is broken: more often than this it is not the stream.
_ANEW_PAUSE_SECONDS = 1.0
_log = structlog.stdlib.get_logger(__name__)


class Refused(Exception):  # noqa: N818  # says what became of a request
    """A service asked for what it may not have; the message says what."""


class BrokerAway(Exception):  # noqa: N818  # says what is the case
    """The broker does not answer; the message says how that showed."""


class Provisioner:
    """Makes what the services need over one connection of the provisioner's user."""

    def __init__(
        self, js: JetStreamContext, heard_by: Mapping[str, Sequence[str]] = HEARD_BY, keys_file: Path | None = None
    ) -> None:
        """Name the parts.

        Args:
            js: of the provisioner's connection.
            heard_by: subject → listeners; nobody gets a consumer for anything else.
            keys_file: list of public keys, in which it is noted what streams held before events were signed.
        """
        self._js = js
        self._keys_file = keys_file
        self._heard_by = heard_by
        self._one_at_a_time = asyncio.Lock()
        self._made_anew: dict[str, float] = {}

    async def ensure_all(self) -> list[str]:
        """Make every stream and durable that is missing; return the names of what was made.

        Raises:
            nats.errors.Error, APIError, TimeoutError: the broker does not answer now.
        """
        made: list[str] = []
        await self._note_unsigned()
        for publisher in PUBLISHERS:
            async with self._one_at_a_time:
                await ensure_stream(self._js, publisher)
                for listener in PUBLISHERS:
                    subjects = heard_of(listener, publisher, self._heard_by)
                    # One that is there is left alone: only its listener knows whether its place still serves.
                    if subjects and await find_consumer(self._js, publisher, listener) is None:
                        await make_consumer(self._js, publisher=publisher, listener=listener, subjects=subjects)
                        made.append(f"{publisher} → {listener}")
        if made:
            _log.info("consumers_made", consumers=made)
        return made

    async def _note_unsigned(self) -> None:
        """Note once, of every stream, what it held before its publisher signed."""
        if self._keys_file is None:
            return
        held: dict[str, int] = {}
        for service in sorted(set(PUBLISHERS) - unsigned_recorded(self._keys_file)):
            try:
                held[service] = (await self._js.stream_info(stream_of(service))).state.last_seq
            except NotFoundError:
                held[service] = 0
        if held:
            _log.warning("unsigned_events_noted", last_sequences=held)
            record_unsigned(self._keys_file, held, SystemClock().now())
        self._keys_file = None

    async def answer(self, service: str, payload: bytes) -> dict[str, str]:
        """Do what `service` asks for and return the answer.

        Raises:
            nats.errors.Error, APIError, TimeoutError: the broker does not answer now.
        """
        try:
            request = Request.model_validate_json(payload)
            async with self._one_at_a_time:
                await self._do(service, request)
        except ValidationError:
            return {"refused": "no request of ours"}
        except Refused as fault:
            _log.warning("request_refused", service=service, reason=str(fault))
            return {"refused": str(fault)}
        return {"done": request.verb.value}

    async def _do(self, service: str, request: Request) -> None:
        if request.verb is Verb.STREAM:
            await ensure_stream(self._js, service)
        elif request.verb is Verb.STREAM_ANEW:
            await self._stream_anew(service)
        elif request.verb is Verb.READING:
            await make_reading(self._js, service, request.after + 1)
        else:
            await self._consumer(service, request)

    async def _stream_anew(self, service: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._made_anew.get(service, -_ANEW_PAUSE_SECONDS) < _ANEW_PAUSE_SECONDS:
            raise Refused("the stream was made anew just now")
        self._made_anew[service] = now
        _log.error("stream_made_anew", service=service)
        await remake_stream(self._js, service)

    def _may_hear(self, listener: str, publisher: str) -> tuple[str, ...]:
        return heard_of(listener, publisher, self._heard_by)

    async def _consumer(self, listener: str, request: Request) -> None:
        publisher = request.publisher or ""
        may_hear = self._may_hear(listener, publisher)
        if not request.subjects or not set(request.subjects) <= set(may_hear):
            raise Refused(f"{listener} does not hear {', '.join(sorted(set(request.subjects) - set(may_hear)))}")
        await ensure_stream(self._js, publisher)
        if request.verb is Verb.CONSUMER_ANEW:
            await drop_consumer(self._js, publisher, listener)
        held = await find_consumer(self._js, publisher, listener)
        if held is None:
            await make_consumer(
                self._js, publisher=publisher, listener=listener, subjects=request.subjects, after=request.after
            )
        else:
            await update_consumer(self._js, held, request.subjects)


async def watch(
    url: str, *, heard_by: Mapping[str, Sequence[str]] = HEARD_BY, told_ready: Callable[[], None] | None = None
) -> None:
    """Make what is missing, again and again, and answer what services ask, until cancelled.

    Args:
        url: `nats://provisioner:password@host:port`.
        heard_by: subject → listeners.
        told_ready: called each time that everything was found or made.
    """
    while True:
        end_if_cancelled()
        try:
            wake = asyncio.Event()
            async with connected(url, service=PROVISIONER, on_reconnect=wake.set) as client:
                await _serve(client, Provisioner(client.jetstream(), heard_by, _keys_file()), wake, told_ready)
        except (nats.errors.Error, OSError, TimeoutError) as fault:
            _log.warning("bus_not_reachable", fault=repr(fault))
        await asyncio.sleep(_RETRY_SECONDS)


def _keys_file() -> Path | None:
    named = os.environ.get(PUBLIC_KEYS_SETTING)
    return Path(named) if named else None


async def _serve(
    client: Client, provisioner: Provisioner, wake: asyncio.Event, told_ready: Callable[[], None] | None
) -> None:
    for service in PUBLISHERS:
        await client.subscribe(asks_on(service), cb=_answering(client, provisioner, service))
    while not client.is_closed:
        end_if_cancelled()
        wake.clear()
        try:
            await provisioner.ensure_all()
            if told_ready is not None:
                told_ready()
        except (nats.errors.Error, APIError, TimeoutError) as fault:
            _log.warning("not_provisioned_yet", fault=repr(fault))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHECK_SECONDS):
                await wake.wait()


def _answering(client: Client, provisioner: Provisioner, service: str) -> Callable[[Msg], Awaitable[None]]:
    async def answer(message: Msg) -> None:
        # An answer goes to whoever asked: any other subject would let a service speak through the provisioner.
        if not message.reply.startswith(f"{inbox_of(service)}."):
            _log.warning("request_refused", service=service, reason="its answer is for somebody else")
            return
        try:
            told = await provisioner.answer(service, message.data)
        except (nats.errors.Error, APIError, TimeoutError) as fault:
            told = {"refused": f"the broker does not answer: {fault!r}"}
        with contextlib.suppress(nats.errors.Error):  # the line is gone: who asked will ask again
            await client.publish(message.reply, orjson.dumps(told))

    return answer


async def once(url: str) -> list[str]:
    """Make what is missing and return the names of the durables that were made.

    Raises:
        BrokerAway: it does not answer.
    """
    try:
        async with asyncio.timeout(60), connected(url, service=PROVISIONER) as client:
            return await Provisioner(client.jetstream(), keys_file=_keys_file()).ensure_all()
    except (nats.errors.Error, APIError, OSError, TimeoutError) as fault:
        raise BrokerAway(repr(fault)) from fault


async def _until_stopped(url: str, beside: AbstractAsyncContextManager[None]) -> None:
    watching = cast("asyncio.Task[None]", asyncio.current_task())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        async with beside:
            await watch(url)


def main(beside: AbstractAsyncContextManager[None] | None = None) -> int:
    """Watch until told to stop; `beside` is open meanwhile, for whoever looks after this process."""
    configure_logging(PROVISIONER, os.environ.get("KECHUANG_LOG_LEVEL", "INFO"))
    url = os.environ.get(URL_SETTING)
    if url is None:
        sys.stderr.write(f"set {URL_SETTING} 请设置 {URL_SETTING}\n")
        return 2
    asyncio.run(_until_stopped(url, beside or contextlib.nullcontext()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
