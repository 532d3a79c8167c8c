"""B11: with a service's own credentials nobody changes a stream, makes a consumer, reads or speaks for another."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import nats as nats_client
import orjson
import pytest

from shared.bus.provision import watch
from shared.bus.runner import Bus
from shared.events.listeners import HEARD_BY
from shared.events.permission import PROVISIONER, asks_on
from tests.fault.bus.herd import comes_to
from tests.support.event_keys import event_keys
from tests.support.nats import Broker, running_nats
from tests.support.pair import CLOCK, Pair, marked, named, until

pytestmark = [pytest.mark.fault("B11"), pytest.mark.timeout(120)]
_STREAM = {"name": "TECHTRANSFER", "subjects": ["techtransfer.>"], "retention": "limits", "storage": "file"}
_PUSH = {"durable_name": "techtransfer", "name": "techtransfer", "deliver_subject": "registry.filing.accepted.v1"}
FORBIDDEN: dict[str, tuple[str, Any]] = {
    "a stream that republishes in another's name": (
        "$JS.API.STREAM.UPDATE.TECHTRANSFER",
        {**_STREAM, "republish": {"src": ">", "dest": "registry.filing.accepted.v1"}},
    ),
    "a stream that copies another": (
        "$JS.API.STREAM.UPDATE.TECHTRANSFER",
        {**_STREAM, "sources": [{"name": "FINANCE"}]},
    ),
    "a stream that hears more": ("$JS.API.STREAM.UPDATE.TECHTRANSFER", {**_STREAM, "subjects": [">"]}),
    "a stream that transforms its subjects": (
        "$JS.API.STREAM.UPDATE.TECHTRANSFER",
        {**_STREAM, "subject_transform": {"src": "techtransfer.>", "dest": "registry.>"}},
    ),
    "a mirror": ("$JS.API.STREAM.CREATE.MINE", {"name": "MINE", "mirror": {"name": "FINANCE"}}),
    "its own stream made": ("$JS.API.STREAM.CREATE.TECHTRANSFER", _STREAM),
    "its own stream deleted": ("$JS.API.STREAM.DELETE.TECHTRANSFER", None),
    "its own stream purged": ("$JS.API.STREAM.PURGE.TECHTRANSFER", None),
    "another's stream purged": ("$JS.API.STREAM.PURGE.REGISTRY", None),
    "an event of another deleted": ("$JS.API.STREAM.MSG.DELETE.REGISTRY", {"seq": 1}),
    "another's event read": ("$JS.API.STREAM.MSG.GET.REGISTRY", {"seq": 1}),
    "another's event read directly": ("$JS.API.DIRECT.GET.REGISTRY", {"seq": 1}),
    "another's stream described": ("$JS.API.STREAM.INFO.FINANCE", None),
    "all streams listed": ("$JS.API.STREAM.LIST", None),
    "a consumer on another's stream": (
        "$JS.API.CONSUMER.CREATE.REGISTRY.techtransfer",
        {"stream_name": "REGISTRY", "config": {"durable_name": "techtransfer", "ack_policy": "explicit"}},
    ),
    "a consumer that delivers in another's name": (
        "$JS.API.CONSUMER.CREATE.TECHTRANSFER.techtransfer",
        {"stream_name": "TECHTRANSFER", "config": _PUSH},
    ),
    "a durable that it does not hear": ("$JS.API.CONSUMER.MSG.NEXT.FINANCE.techtransfer", {"batch": 1}),
    "another's durable": ("$JS.API.CONSUMER.MSG.NEXT.REGISTRY.finance", {"batch": 1}),
    "another's durable deleted": ("$JS.API.CONSUMER.DELETE.REGISTRY.finance", None),
    "another's event published": ("registry.filing.accepted.v1", {}),
    "asking in another's name": (asks_on("registry"), {"verb": "stream-anew"}),
}
_MAY_NOT = {"verb": "consumer", "publisher": "registry", "subjects": ["registry.filing.accepted.v1"]}
REQUESTS: dict[str, Any] = {
    "a subject that it does not hear": _MAY_NOT,
    "all of a publisher": {**_MAY_NOT, "subjects": ["registry.>"]},
    "another's stream": {**_MAY_NOT, "publisher": "finance", "subjects": ["finance.loan.signed.v1"]},
    "its own place on its own stream": {**_MAY_NOT, "publisher": "techtransfer", "subjects": ["techtransfer.>"]},
    "a form of its own": {
        "verb": "consumer",
        "publisher": "registry",
        "subjects": ["registry.enterprise.changed.v1"],
        "deliver_subject": "registry.filing.accepted.v1",
    },
    "something else": {"verb": "purge"},
}


class Thief:
    """Somebody who holds techtransfer's credentials and nothing else."""

    def __init__(self) -> None:
        self.client = nats_client.NATS()
        self.refused: list[str] = []

    async def note(self, fault: Exception) -> None:
        self.refused.append(str(fault).lower())


@pytest.fixture
async def thief(pair: Pair) -> AsyncIterator[Thief]:
    one = Thief()
    await one.client.connect(pair.broker.url("techtransfer"), inbox_prefix=b"_INBOX_techtransfer", error_cb=one.note)

    async def whole() -> bool:
        standing = await _standing(pair)
        return bool(standing["REGISTRY"][1]["consumer_count"] == len(listeners_of_the_registry()))

    await until(whole)
    yield one
    await one.client.close()


def listeners_of_the_registry() -> set[str]:
    """Return who hears the registry."""
    return {one for subject, heard in HEARD_BY.items() if subject.startswith("registry.") for one in heard}


@pytest.fixture
def unprovisioned() -> Iterator[Broker]:
    """A broker on which nobody has made anything yet."""
    with running_nats(provision=False) as broker:
        yield broker


async def _standing(pair: Pair) -> dict[str, Any]:
    """Return how every stream and its consumers are made, and what is in them."""
    found: dict[str, Any] = {}
    async with pair.operator() as client:
        for name in ("REGISTRY", "FINANCE", "TECHTRANSFER", "IPR", "GATEWAY"):
            told = orjson.loads((await client.request(f"$JS.API.STREAM.INFO.{name}", b"", timeout=5)).data)
            found[name] = (told["config"], told["state"])
    return found


@pytest.mark.parametrize("attack", FORBIDDEN)
async def test_what_is_the_provisioners_or_anothers_is_refused_by_the_broker(
    pair: Pair, thief: Thief, attack: str
) -> None:
    async with pair.running():
        await pair.emit(named("firm-1", "true"), marked("firm-1"))
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 1)
    before = await _standing(pair)
    subject, document = FORBIDDEN[attack]
    payload = b"" if document is None else orjson.dumps(document)
    answers: list[bytes] = []

    async def hear(message: Any) -> None:
        answers.append(message.data)

    await thief.client.subscribe("_INBOX_techtransfer.answers", cb=hear)
    await thief.client.publish(subject, payload, reply="_INBOX_techtransfer.answers")
    await thief.client.flush()
    await asyncio.sleep(0.2)
    assert answers == []
    assert [one for one in thief.refused if "permissions violation" in one and subject.lower() in one]
    assert await _standing(pair) == before


@pytest.mark.parametrize("request_", REQUESTS)
async def test_the_provisioner_gives_only_what_the_service_hears_in_one_form(
    pair: Pair, thief: Thief, request_: str
) -> None:
    before = await _standing(pair)
    payload = orjson.dumps(REQUESTS[request_])
    answer = await thief.client.request(asks_on("techtransfer"), payload, timeout=5)
    assert "refused" in orjson.loads(answer.data)
    assert await _standing(pair) == before


async def test_the_provisioner_answers_nobody_but_who_asked(pair: Pair, thief: Thief) -> None:
    before = await _standing(pair)
    await thief.client.publish(asks_on("techtransfer"), b'{"verb":"stream"}', reply="registry.filing.accepted.v1")
    await thief.client.flush()
    await asyncio.sleep(0.3)
    assert await _standing(pair) == before


async def test_streams_that_were_altered_are_set_right(pair: Pair) -> None:
    async with pair.operator() as client:
        js = client.jetstream()
        held = (await js.stream_info("TECHTRANSFER")).config
        altered = nats_client.js.api.RePublish(src=">", dest="elsewhere.>")
        await js.update_stream(held.evolve(republish=altered, subjects=["techtransfer.>", "other.>"]))

        async def right() -> bool:
            now = (await js.stream_info("TECHTRANSFER")).config
            return now.republish is None and now.subjects == ["techtransfer.>"]

        await until(right)


async def test_a_service_whose_stream_nobody_makes_waits_and_says_so(pair: Pair, unprovisioned: Broker) -> None:
    bus = Bus(
        pair.publisher,
        CLOCK,
        url=unprovisioned.url("registry"),
        subscriptions=[],
        keys=event_keys(pair.publisher.service),
    )
    running = asyncio.ensure_future(bus.run_forever(relay=True, consumers=False))
    try:
        await pair.emit(named("firm-1", "x"))

        async def told() -> bool:
            return bus.waits_for != []

        await until(told)
        provisioning = asyncio.ensure_future(watch(unprovisioned.url(PROVISIONER)))
        await comes_to(pair.publisher, "SELECT count(*) FROM outbox_waiting", 0)
        assert bus.waits_for == []
        provisioning.cancel()
        await asyncio.gather(provisioning, return_exceptions=True)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
