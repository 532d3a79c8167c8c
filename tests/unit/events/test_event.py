"""An event is made from a row by the names of its fields, and a field that is not there is an error at once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import pytest
from pydantic import ValidationError

from shared.events.event import Event, EventKind


class ParcelSent(Event):
    """A parcel left."""

    subject: ClassVar[str] = "sample.parcel.sent.v1"
    meaning_zh: ClassVar[str] = "包裹已寄出"
    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "parcel"
    key: ClassVar[tuple[str, ...]] = ("parcel_id",)

    parcel_id: int
    status: str
    weight_fen: int | None


class Status(StrEnum):
    """What became of it."""

    SENT = "SENT"


@dataclass
class Parcel:
    """A row with more than the event tells."""

    id: int = 7
    status: str = Status.SENT
    weight_fen: int | str | None = 12
    owner: str = "nobody else's business"


def test_the_fields_of_a_row_are_taken_by_their_names() -> None:
    told = ParcelSent.of(Parcel(), parcel_id=7)
    assert told == ParcelSent(parcel_id=7, status="SENT", weight_fen=12)
    assert type(told.status) is str


def test_what_is_said_in_words_wins_over_the_row() -> None:
    assert ParcelSent.of(Parcel(), parcel_id=7, weight_fen=None).weight_fen is None


def test_a_field_that_the_row_lacks_is_an_error() -> None:
    with pytest.raises(AttributeError, match="parcel_id"):
        ParcelSent.of(Parcel())


def test_a_word_that_names_no_field_is_an_error_although_readers_ignore_unknown_fields() -> None:
    with pytest.raises(TypeError, match="owner"):
        ParcelSent.of(Parcel(), parcel_id=7, owner="somebody")


def test_a_value_of_another_type_is_an_error() -> None:
    with pytest.raises(ValidationError, match="weight_fen"):
        ParcelSent.of(Parcel(weight_fen="heavy"), parcel_id=7)
