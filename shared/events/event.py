"""The base of every event: a promise in the past tense with the smallest useful set of fields."""

from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from shared.kernel.shape import values_of

MAX_EVENT_BYTES = 500_000
"""Most that the data of one event may have as JSON: half of what a broker takes by default (1 MiB with its headers)."""


class EventKind(StrEnum):
    """How a consumer must treat order."""

    STATE = "state"
    """The whole public state of an aggregate; applied only if newer than what is held."""
    HAPPENING = "happening"
    """Something that happened once; a gap in `sequence` is judged before it is applied."""


class Event(BaseModel):
    """One event of the catalogue.

    Unknown fields are ignored on reading, since a publisher may add fields within a version.

    Attributes:
        subject: NATS subject and CloudEvents type, `<service>.<noun>.<past>.v<major>`.
        meaning_zh: what it says, in Chinese; the docstring says it in English.
        ordering: state or happening.
        aggregate: noun of the aggregate whose versions count, such as `enterprise`.
        key: names of the fields that identify the aggregate, in order.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    subject: ClassVar[str]
    meaning_zh: ClassVar[str]
    ordering: ClassVar[EventKind]
    aggregate: ClassVar[str]
    key: ClassVar[tuple[str, ...]]

    @classmethod
    def of(cls, row: object, /, **words: Any) -> Self:  # noqa: ANN401  # checked by the fields' own types
        """Return the event that tells `row`.

        Args:
            row: a table's row, terms or a decision; each field that no keyword names is its attribute of that name.
            words: fields that the row lacks, or has under another name.

        Raises:
            AttributeError: the row lacks a field.
            TypeError: a keyword names no field.
            pydantic.ValidationError: a value has another type than its field.
        """
        return cls(**values_of(cls.__pydantic_fields__, row, words))

    @property
    def aggregate_id(self) -> str:
        """The values of the key fields joined by `/`."""
        return "/".join(str(getattr(self, name)) for name in self.key)

    @classmethod
    def publisher(cls) -> str:
        """The service that owns this event: the first word of the subject."""
        return cls.subject.split(".", 1)[0]


class HeldState(Event):
    """The whole public state of something that other services hold.

    `withdrawn` says that its owner no longer knows of it, as after a restored backup: whoever holds it forgets it. The
    other fields then repeat what was told last.
    """

    ordering: ClassVar[EventKind] = EventKind.STATE

    withdrawn: bool = False

    @classmethod
    def of(cls, row: object, /, **words: Any) -> Self:  # noqa: ANN401  # checked by the fields' own types
        """Return the event that tells `row`: what has a row is known.

        Raises:
            AttributeError: the row lacks a field.
            TypeError: a keyword names no field.
            pydantic.ValidationError: a value has another type than its field.
        """
        return super().of(row, **{"withdrawn": False, **words})
