"""What a service asks the provisioner for: it may not make or change a stream or a consumer itself."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import nats.errors
import orjson
from nats.aio.client import Client
from pydantic import BaseModel, ConfigDict, Field

from shared.bus.metrics import UNPROVISIONED
from shared.events.permission import asks_on

_TIMEOUT_SECONDS = 5.0


class Verb(StrEnum):
    """What may be asked for; nothing else can be had, and each has one fixed form."""

    STREAM = "stream"
    """My stream, if it is missing."""
    STREAM_ANEW = "stream-anew"
    """My stream thrown away and made again: it has holes, or takes nothing any more."""
    CONSUMER = "consumer"
    """My durable on a publisher's stream, if it is missing, with the settings of today."""
    CONSUMER_ANEW = "consumer-anew"
    """My durable made again behind a sequence: my database was set back."""
    READING = "reading"
    """The consumer by which I read my own stream back."""


class Request(BaseModel):
    """One request; who asks stands in the subject, which the broker guards.

    Attributes:
        verb: what for.
        publisher: whose stream the durable is on.
        subjects: what the durable is to be given.
        after: sequence behind which it begins, or before which nothing is read back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    verb: Verb
    publisher: Annotated[str, Field(max_length=32)] | None = None
    subjects: Annotated[tuple[Annotated[str, Field(max_length=128)], ...], Field(max_length=64)] = ()
    after: Annotated[int, Field(ge=0, lt=2**63)] = 0


class NotProvisioned(nats.errors.Error):  # says what is the case
    """The provisioner does not answer or refused; the message says what was asked for."""


class Provisioning:
    """The way of one service to the provisioner."""

    def __init__(self, client: Client, service: str, *, of: str) -> None:
        """Name the parts.

        Args:
            client: of the service.
            service: who asks.
            of: whose stream it is about: its own or a publisher's.
        """
        self._client = client
        self._service = service
        self._of = of
        self.waits_for: str | None = None
        """What was asked for and is not there yet."""

    def is_there(self) -> None:
        """Say that what the service needs of this stream is there, whoever made it."""
        self.waits_for = None
        UNPROVISIONED.labels(self._service, self._of).set(0)

    async def stream(self) -> None:
        """Ask for the own stream, made if it is missing."""
        await self._ask(Request(verb=Verb.STREAM))

    async def stream_anew(self) -> None:
        """Ask for the own stream thrown away and made again."""
        await self._ask(Request(verb=Verb.STREAM_ANEW))

    async def consumer(self, subjects: Sequence[str]) -> None:
        """Ask for the durable on the publisher's stream, with the settings of today; its place it keeps."""
        await self._ask(Request(verb=Verb.CONSUMER, publisher=self._of, subjects=tuple(subjects)))

    async def consumer_anew(self, subjects: Sequence[str], *, after: int) -> None:
        """Ask for the durable made again, to be given everything above `after`."""
        await self._ask(Request(verb=Verb.CONSUMER_ANEW, publisher=self._of, subjects=tuple(subjects), after=after))

    async def reading(self, *, after: int) -> None:
        """Ask for the consumer that gives the headers of the own stream above `after`."""
        await self._ask(Request(verb=Verb.READING, after=after))

    async def _ask(self, request: Request) -> None:
        """Send one request.

        Raises:
            NotProvisioned: nobody answers, or it was refused.
        """
        self.waits_for = f"{request.verb} {self._of}"
        UNPROVISIONED.labels(self._service, self._of).set(1)
        payload = orjson.dumps(request.model_dump(mode="json"))
        try:
            answer = await self._client.request(asks_on(self._service), payload, timeout=_TIMEOUT_SECONDS)
        except (nats.errors.NoRespondersError, TimeoutError) as fault:
            raise NotProvisioned(
                f"{request.verb}: the provisioner does not answer; run kechuang bus provision 供给程序无应答"
            ) from fault
        told = orjson.loads(answer.data)
        if "refused" in told:
            raise NotProvisioned(f"{request.verb}: {told['refused']}")
        self.is_there()
