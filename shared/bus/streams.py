"""One stream per publisher, one durable consumer per listener; only the provisioner may make or change them."""

import contextlib
from collections.abc import Sequence

import structlog
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from shared.events.catalogue import stream_of

# Short: what a worker that was killed had in hand comes again soon. One that lives says so every third of it.
ACK_WAIT_SECONDS = 6.0
MAX_ACK_PENDING = 10_000
_DUPLICATE_WINDOW_SECONDS = 120.0
_READING_ENDS_AFTER_SECONDS = 60.0
_NO_SUCH_STREAM = 10059
_log = structlog.stdlib.get_logger(__name__)


async def ensure_stream(js: JetStreamContext, service: str) -> api.StreamInfo:
    """Return the stream of `service`, made if it is missing and set right if it carries what it may not."""
    try:
        info = await js.stream_info(stream_of(service))
    except NotFoundError:
        return await make_stream(js, service)
    return await _set_right(js, service, info)


async def make_stream(js: JetStreamContext, service: str) -> api.StreamInfo:
    """Make the stream of `service`."""
    name = stream_of(service)
    _log.warning("stream_made", stream=name)
    return await js.add_stream(
        api.StreamConfig(
            name=name,
            subjects=_subjects(service),
            retention=api.RetentionPolicy.LIMITS,
            storage=api.StorageType.FILE,
            discard=api.DiscardPolicy.OLD,
            duplicate_window=_DUPLICATE_WINDOW_SECONDS,
            allow_atomic=True,
        )
    )


async def remake_stream(js: JetStreamContext, service: str) -> api.StreamInfo:
    """Throw the stream of `service` away and make it anew, without its consumers."""
    with contextlib.suppress(NotFoundError):
        await js.delete_stream(stream_of(service))
    return await make_stream(js, service)


async def _set_right(js: JetStreamContext, service: str, info: api.StreamInfo) -> api.StreamInfo:
    """Take away what lets a stream speak in another's name or hear what is not its own; limits are the operator's."""
    config = info.config
    foreign = {
        "subjects": list(config.subjects or ()) != _subjects(service),
        "republish": config.republish is not None,
        "sources": bool(config.sources),
        "subject_transform": config.subject_transform is not None,
        "mirror": config.mirror is not None,
    }
    if not any(foreign.values()):
        return info
    _log.error("stream_was_altered", stream=config.name, altered=sorted(name for name, yes in foreign.items() if yes))
    if foreign["mirror"]:  # a mirror cannot be turned into a stream; what it held was another's
        return await remake_stream(js, service)
    return await js.update_stream(
        config.evolve(subjects=_subjects(service), republish=None, sources=None, subject_transform=None)
    )


def _subjects(service: str) -> list[str]:
    return [f"{service}.>"]


def missing_within(info: api.StreamInfo) -> int:
    """Return how many events are gone from the stream although nothing may delete them.

    A stream under limits of its own (set by an operator) may drop its oldest; then only holes after its first count.
    """
    state, config = info.state, info.config
    limited = any(limit is not None and limit > 0 for limit in (config.max_age, config.max_msgs, config.max_bytes))
    if state.last_seq == 0:
        return 0
    expected = state.last_seq - state.first_seq + 1 if limited else state.last_seq
    return max(0, expected - state.messages)


async def find_consumer(js: JetStreamContext, publisher: str, listener: str) -> api.ConsumerInfo | None:
    """Return the durable consumer of `listener` on the stream of `publisher`, None if there is none.

    Raises:
        NotFoundError: there is no such stream.
    """
    try:
        found: api.ConsumerInfo = await js.consumer_info(stream_of(publisher), listener)
    except NotFoundError as fault:
        if fault.err_code == _NO_SUCH_STREAM:
            raise
        return None
    return found


async def make_consumer(
    js: JetStreamContext, *, publisher: str, listener: str, subjects: Sequence[str], after: int = 0
) -> api.ConsumerInfo:
    """Make the durable consumer of `listener`, which is given everything above sequence `after`.

    The durable is named exactly as its service: NATS permissions are granted per whole token.
    """
    start = api.DeliverPolicy.BY_START_SEQUENCE if after else api.DeliverPolicy.ALL
    return await js.add_consumer(
        stream_of(publisher), _consumer(listener, subjects, start, after + 1 if after else None)
    )


async def update_consumer(js: JetStreamContext, held: api.ConsumerInfo, subjects: Sequence[str]) -> None:
    """Give a durable consumer the settings of today; where it began it keeps."""
    start = held.config.deliver_policy or api.DeliverPolicy.ALL
    await js.add_consumer(held.stream_name, _consumer(held.name, subjects, start, held.config.opt_start_seq))


async def make_reading(js: JetStreamContext, service: str, first: int) -> None:
    """Make the consumer by which `service` reads the headers of its own stream back from `first` on; it ends alone."""
    stream = stream_of(service)
    with contextlib.suppress(NotFoundError):
        await js.delete_consumer(stream, service)
    await js.add_consumer(
        stream,
        api.ConsumerConfig(
            name=service,
            durable_name=service,
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=api.AckPolicy.NONE,
            headers_only=True,
            inactive_threshold=_READING_ENDS_AFTER_SECONDS,
        ),
    )


async def drop_consumer(js: JetStreamContext, publisher: str, listener: str) -> None:
    """Take a durable consumer away; whoever pulls from it is told."""
    with contextlib.suppress(NotFoundError):
        await js.delete_consumer(stream_of(publisher), listener)


def serves(held: api.ConsumerInfo, subjects: Sequence[str]) -> bool:
    """Tell whether a consumer was given all of these subjects from its beginning."""
    return set(subjects) <= _filters(held)


def is_of_today(held: api.ConsumerInfo, subjects: Sequence[str]) -> bool:
    """Tell whether a consumer has the settings of today."""
    return _filters(held) == set(subjects) and held.config.ack_wait == ACK_WAIT_SECONDS


def has_given_nothing(held: api.ConsumerInfo) -> bool:
    """Tell whether a consumer begins at the first event and has not given one yet: nobody's place is lost with it."""
    begins = held.config.deliver_policy in {None, api.DeliverPolicy.ALL}
    return begins and held.delivered is not None and held.delivered.consumer_seq == 0


def _filters(held: api.ConsumerInfo) -> set[str]:
    return set(held.config.filter_subjects or filter(None, [held.config.filter_subject]))


def _consumer(
    listener: str, subjects: Sequence[str], start: api.DeliverPolicy, sequence: int | None
) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        name=listener,
        durable_name=listener,
        filter_subjects=sorted(subjects),
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_SECONDS,
        deliver_policy=start,
        opt_start_seq=sequence,
        # No server-side limit and no back-off list: the consumer itself parks a message at its fifth delivery, and a
        # back-off list would shorten the wait for every acknowledgement.
        max_deliver=-1,
        max_ack_pending=MAX_ACK_PENDING,
    )
