"""B12: what its publisher did not sign is never applied, closes nobody's history, and raises an alarm."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from prometheus_client import REGISTRY

from shared.bus.dead_letter import replay
from shared.bus.provision import Provisioner
from shared.db.dead_letter import park
from shared.events.envelope import to_wire
from shared.events.key_files import make_key, record_unsigned
from shared.events.signature import HEADER, Proof, SignatureInvalid
from shared.events.trust import EventKeys, Signer, Trust
from shared.kernel.actor import system_actor
from tests.fault.bus.herd import comes_to, recorded
from tests.fault.bus.test_forged import forged
from tests.support.event_keys import event_keys, expired_signer, folder, private_file, signed, trust
from tests.support.lab import scalar
from tests.support.pair import CLOCK, Pair, count, marked, named

pytestmark = [pytest.mark.fault("B12"), pytest.mark.timeout(120)]
EVENT = named("firm-1", "forged")
REFUSED = "SELECT count(*) FROM dead_letter WHERE reason LIKE 'signature: {}%'"


def _payload() -> bytes:
    document = orjson.loads(forged(EVENT, source="registry"))
    return orjson.dumps({**document, "version": 9, "sequence": 9})


def _headers(why: str, payload: bytes, tmp_path: Path) -> dict[str, str]:
    """Return what stands over a forged event."""
    if why == "missing":
        return {}
    if why == "foreign":
        # All that whoever took techtransfer's secrets can sign with.
        return signed("techtransfer", EVENT.subject, payload)
    if why == "unknown":
        make_key("registry", tmp_path / "registry.json", tmp_path / "public.json", datetime.now(UTC))  # noqa: TID251
        return {HEADER: Signer(tmp_path / "registry.json").headers([(EVENT.subject, payload)])[0]}
    if why == "malformed":
        return {HEADER: "v1;registry-x"}
    if why == "expired":
        # A key that was taken from an old backup, put into the place of the one that is valid.
        return {HEADER: expired_signer().headers([(EVENT.subject, payload)])[0]}
    return signed("registry", EVENT.subject, payload.replace(b"forged", b"signed"))


def _alarms(why: str) -> float:
    labels = {"service": "finance", "publisher": "registry", "why": why}
    return REGISTRY.get_sample_value("kechuang_event_signature_refused_total", labels) or 0.0


@pytest.mark.parametrize("why", ["missing", "malformed", "foreign", "unknown", "expired", "changed"])
async def test_an_event_that_its_publisher_did_not_sign_is_a_dead_letter_and_an_alarm(
    pair: Pair, why: str, tmp_path: Path
) -> None:
    before = _alarms(why)
    async with pair.running():
        await pair.emit(named("firm-1", "true"))
        await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name", 1)
        # The broker's permissions are not what holds here: the forger may publish.
        await pair.inject(_payload(), headers=_headers(why, _payload(), tmp_path))
        await comes_to(pair.listener, REFUSED.format(why), 1)
        await pair.emit(named("firm-2", "next"))
        await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name", 2)
        _, failures = await replay(pair.listener, CLOCK, pair.handlers.subscriptions(), trust())
    assert len(failures) == 1
    assert "signature:" in failures[0]
    assert await scalar(pair.listener, "SELECT name FROM enterprise_name WHERE uscc = 'firm-1'") == "true"
    assert _alarms(why) == before + 1
    # Nor does it close the publisher, whose outbox does not know it.
    async with pair.running(consumers=False):
        await pair.emit(named("firm-3", "after"))
        await comes_to(pair.publisher, "SELECT count(*) FROM outbox_waiting", 0)
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0


async def test_a_pull_whose_answers_go_to_anothers_subject_changes_nothing(pair: Pair) -> None:
    # The broker does not judge where a pull is answered to: a genuine event comes back under another subject.
    async with pair.running():
        await pair.emit(named("firm-1", "true"), marked("firm-1"))
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 1)
        async with pair.client() as client:
            held = (await client.jetstream().get_msg("REGISTRY", 2)).data or b""
            genuine = (await client.jetstream().get_msg("REGISTRY", 2)).headers or {}
        await pair.inject(held, headers={HEADER: genuine[HEADER]}, subject=EVENT.subject)
        await comes_to(pair.listener, "SELECT count(*) FROM dead_letter", 1)
    assert await scalar(pair.listener, "SELECT name FROM enterprise_name") == "true"
    assert await count(pair.listener, "SELECT count(*) FROM effect WHERE times <> 1") == 0


async def test_one_forged_among_the_neighbours_of_a_signed_batch_is_the_only_one_refused(pair: Pair) -> None:
    payloads = [forged(named(f"firm-{number}", "true"), source="registry") for number in range(20)]
    headers = event_keys("registry").signer.headers([(EVENT.subject, one) for one in payloads])
    payloads[10] = payloads[10].replace(b"true", b"free")
    for payload, header in zip(payloads, headers, strict=True):
        await pair.inject(payload, headers={HEADER: header})
    async with pair.running(relay=False):
        await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name WHERE name = 'true'", 19)
        await comes_to(pair.listener, REFUSED.format("changed"), 1)
    assert await count(pair.listener, "SELECT count(*) FROM enterprise_name") == 19


async def test_a_key_is_changed_while_events_flow_and_the_old_one_ends(pair: Pair, tmp_path: Path) -> None:
    public, private = tmp_path / "public.json", tmp_path / "registry.json"
    now = datetime.now(UTC)  # noqa: TID251  # the broker's clock, which stamps what it stores
    make_key("registry", private, public, now)
    old = Signer(private)
    # It signs on with the key that it once read.
    old._file.look_after = float("inf")
    keys = EventKeys(Signer(private), Trust(public))
    buses = [
        pair.publishing(keys),
        pair.listening(keys=EventKeys(event_keys("finance").signer, Trust(public))),
    ]
    running = [
        asyncio.ensure_future(buses[0].run_forever(relay=True, consumers=False)),
        asyncio.ensure_future(buses[1].run_forever(relay=False, consumers=True)),
    ]
    try:
        await pair.emit(named("firm-1", "old key"))
        await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name", 1)
        make_key("registry", private, public, now)
        await asyncio.sleep(2.1)
        await pair.emit(named("firm-2", "new key"))
        await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name", 2)
        # Both are valid for a day; then what the old one signs anew is refused.
        document = orjson.loads(public.read_bytes())
        document["keys"][0]["valid_until"] = (now - timedelta(seconds=1)).isoformat()
        public.write_bytes(orjson.dumps(document))
        await asyncio.sleep(2.1)
        await pair.inject(_payload(), headers={HEADER: old.headers([(EVENT.subject, _payload())])[0]})
        await comes_to(pair.listener, REFUSED.format("expired"), 1)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert old._id != keys.signer._id


async def test_what_a_stream_held_before_events_were_signed_is_believed_and_nothing_after_it(
    pair: Pair, tmp_path: Path
) -> None:
    public = tmp_path / "public.json"
    shutil.copy(folder() / "public.json", public)
    await pair.emit(named("firm-1", "before"))
    (event,) = await recorded(pair)
    await pair.inject(to_wire(event), headers={})
    async with pair.operator() as client:
        await Provisioner(client.jetstream(), keys_file=public).ensure_all()
    await pair.inject(_payload(), headers={})
    # It is noted once: what came since does not become a past.
    async with pair.operator() as client:
        await Provisioner(client.jetstream(), keys_file=public).ensure_all()
    keys = EventKeys(event_keys("registry").signer, Trust(public))
    async with pair.running(keys=keys):
        # The relay publishes it too, signed: it has its one effect.
        await comes_to(pair.listener, REFUSED.format("missing"), 1)
        await comes_to(pair.listener, "SELECT count(*) FROM enterprise_name", 1)
        await comes_to(pair.publisher, "SELECT count(*) FROM outbox_waiting", 0)
    assert await scalar(pair.listener, "SELECT name FROM enterprise_name") == "before"
    assert await count(pair.publisher, "SELECT count(*) FROM history_break") == 0


def _first() -> Proof:
    return Proof(None, CLOCK.at, 1)


@pytest.mark.parametrize(
    "proof",
    [
        pytest.param(_first()._replace(stream_sequence=2), id="behind the last that is noted"),
        pytest.param(_first()._replace(stored_at=CLOCK.at + timedelta(hours=1)), id="in a stream that was made anew"),
        pytest.param(_first()._replace(stream_sequence=None), id="in another's stream"),
    ],
)
def test_an_unsigned_event_is_no_past(proof: Proof, tmp_path: Path) -> None:
    public = tmp_path / "public.json"
    shutil.copy(folder() / "public.json", public)
    with pytest.raises(SignatureInvalid, match="missing"):
        Trust(public).check(EVENT.subject, _payload(), _first())
    record_unsigned(public, {"registry": 1}, CLOCK.at + timedelta(minutes=1))
    Trust(public).check(EVENT.subject, _payload(), _first())
    with pytest.raises(SignatureInvalid, match="missing"):
        Trust(public).check(EVENT.subject, _payload(), proof)


async def test_a_letter_of_before_events_were_signed_is_replayed_as_it_was_believed(pair: Pair) -> None:
    await pair.emit(named("firm-1", "before"))
    (event,) = await recorded(pair)
    (handler,) = [one.handler_name for one in pair.handlers.subscriptions() if one.event.subject == EVENT.subject]
    async with pair.listener.transaction(actor=system_actor("finance"), clock=CLOCK) as tx:
        await park(
            tx,
            handler=handler,
            subject=EVENT.subject,
            event_id=event.id,
            payload=to_wire(event),
            reason="mended",
            deliveries=5,
        )
    assert await replay(pair.listener, CLOCK, pair.handlers.subscriptions(), trust()) == (1, [])
    assert await scalar(pair.listener, "SELECT name FROM enterprise_name") == "before"


async def test_a_genuine_event_under_another_subject_of_its_publisher_is_an_alarm(pair: Pair) -> None:
    before = _alarms("changed")
    async with pair.running():
        await pair.emit(marked("firm-1"))
        await comes_to(pair.listener, "SELECT count(*) FROM effect", 1)
        async with pair.client() as client:
            held = await client.jetstream().get_msg("REGISTRY", 1)
        assert held.headers is not None
        await pair.inject(held.data or b"", headers={HEADER: held.headers[HEADER]}, subject=EVENT.subject)
        await comes_to(pair.listener, REFUSED.format("changed"), 1)
    assert _alarms("changed") == before + 1


async def test_an_event_under_a_key_of_a_moment_ago_is_believed(tmp_path: Path) -> None:
    public, private = tmp_path / "public.json", tmp_path / "registry.json"
    make_key("registry", private, public, CLOCK.at)
    trusting = Trust(public)
    make_key("registry", private, public, CLOCK.at)
    (header,) = Signer(private).headers([(EVENT.subject, b"{}")])
    trusting.check(EVENT.subject, b"{}", Proof(header, CLOCK.at, 1))


async def test_a_list_of_keys_that_is_half_copied_changes_nothing(tmp_path: Path) -> None:
    public, private = tmp_path / "public.json", tmp_path / "registry.json"
    make_key("registry", private, public, CLOCK.at)
    signer, trusting = Signer(private), Trust(public)
    whole = public.read_bytes(), private.read_bytes()
    for half, file in zip(whole, (public, private), strict=True):
        file.write_bytes(half[: len(half) // 2])
    for watched in (signer._file, trusting._file):
        watched.look_after = 0
    (header,) = signer.headers([(EVENT.subject, b"{}")])
    trusting.check(EVENT.subject, b"{}", Proof(header, CLOCK.at, 1))
    # The rest comes, and with it another key.
    public.write_bytes(whole[0])
    private.write_bytes(whole[1])
    make_key("registry", private, public, CLOCK.at)
    for watched in (signer._file, trusting._file):
        watched.look_after = 0
    (later,) = signer.headers([(EVENT.subject, b"{}")])
    assert later.split(";")[1] != header.split(";")[1]
    trusting.check(EVENT.subject, b"{}", Proof(later, CLOCK.at, 2))


def test_a_private_key_is_its_owners_alone() -> None:
    for service in ("registry", "finance"):
        assert private_file(folder(), service).stat().st_mode & 0o777 == 0o600
