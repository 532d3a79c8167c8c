"""One stream per publisher, one durable consumer per listener; made when missing, updated when changed."""

from collections.abc import Sequence

import structlog
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from shared.events.catalogue import stream_of

ACK_WAIT_SECONDS = 30.0
MAX_ACK_PENDING = 10_000
_DUPLICATE_WINDOW_SECONDS = 120.0
_log = structlog.stdlib.get_logger(__name__)


async def ensure_stream(js: JetStreamContext, service: str) -> api.StreamInfo:
    """Return the stream of `service`, made if it is missing; only its owner may call this."""
    name = stream_of(service)
    try:
        return await js.stream_info(name)
    except NotFoundError:
        _log.warning("stream_made", stream=name)
        return await js.add_stream(
            api.StreamConfig(
                name=name,
                subjects=[f"{service}.>"],
                retention=api.RetentionPolicy.LIMITS,
                storage=api.StorageType.FILE,
                discard=api.DiscardPolicy.OLD,
                duplicate_window=_DUPLICATE_WINDOW_SECONDS,
                allow_atomic=True,
            )
        )


async def ensure_consumer(js: JetStreamContext, *, publisher: str, listener: str, subjects: Sequence[str]) -> None:
    """Make or update the durable consumer of `listener` on the stream of `publisher`.

    The durable is named exactly as its service: NATS permissions are granted per whole token.

    Raises:
        NotFoundError: the publisher has not made its stream yet.
    """
    wanted = sorted(subjects)
    stream = stream_of(publisher)
    try:
        held = await js.consumer_info(stream, listener)
    except NotFoundError:
        await js.stream_info(stream)
    else:
        filters = held.config.filter_subjects or [held.config.filter_subject]
        if sorted(one for one in filters if one) == wanted:
            return
    await js.add_consumer(
        stream,
        api.ConsumerConfig(
            name=listener,
            durable_name=listener,
            filter_subjects=wanted,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            deliver_policy=api.DeliverPolicy.ALL,
            # No server-side limit and no back-off list: the consumer itself parks a message at its fifth delivery,
            # and a back-off list would shorten the wait for every acknowledgement.
            max_deliver=-1,
            max_ack_pending=MAX_ACK_PENDING,
        ),
    )
