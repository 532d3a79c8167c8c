"""An answer inherits its terms, tells every field of its row under its own name, and judges nothing a second time."""

from dataclasses import dataclass

import pytest

from shared.kernel.shape import Read, Shape
from shared.kernel.types import Fen, ShortText


class ParcelTerms(Shape):
    """What somebody sends."""

    title: ShortText
    price_fen: Fen = 0


class ParcelRead(ParcelTerms, Read):
    """What is told of it."""

    id: int
    heavy: bool


@dataclass
class Parcel:
    """A row."""

    id: int = 7
    title: str = "a\u0000line that no rule would take today"
    price_fen: int = 12
    sender: str = "nobody else's business"


def test_an_answer_takes_the_fields_of_its_row_by_their_names_and_others_as_told() -> None:
    read = ParcelRead.of(Parcel(title="book"), heavy=True)
    assert read == ParcelRead(id=7, title="book", price_fen=12, heavy=True)
    assert read.model_dump_json() == '{"title":"book","price_fen":12,"id":7,"heavy":true}'


def test_a_row_that_a_later_rule_would_refuse_does_not_close_its_list() -> None:
    assert ParcelRead.of(Parcel(), heavy=False).title == Parcel().title
    with pytest.raises(ValueError, match="title"):
        ParcelRead(id=7, title=Parcel().title, heavy=False)


def test_a_field_that_nobody_tells_and_a_word_that_names_no_field_are_errors() -> None:
    with pytest.raises(AttributeError, match="heavy"):
        ParcelRead.of(Parcel())
    with pytest.raises(TypeError, match="colour"):
        ParcelRead.of(Parcel(), heavy=True, colour="red")


def test_an_answer_is_made_from_another_answer() -> None:
    class ParcelListed(ParcelRead):
        sender_name: str | None

    assert ParcelListed.of(ParcelRead.of(Parcel(), heavy=True), sender_name=None).id == 7


def test_the_contract_of_an_answer_is_open_and_every_field_of_it_is_told() -> None:
    asked, told = ParcelTerms.model_json_schema(), ParcelRead.model_json_schema(mode="serialization")
    assert asked["additionalProperties"] is False
    assert "additionalProperties" not in told
    assert asked["required"] == ["title"]
    assert told["required"] == ["title", "price_fen", "id", "heavy"]
