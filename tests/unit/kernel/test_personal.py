"""Personal data are masked wherever they are shown and unreadable in the database."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy.dialects import postgresql

from shared.kernel import personal
from shared.kernel.personal import Personal, PersonalColumn, PersonalKeyMissing, add_key
from shared.kernel.shape import Shape

DIALECT = postgresql.dialect()
COLUMN = PersonalColumn()


class Signer(Shape):
    """A shape with personal data."""

    name: Personal
    phone: Personal | None = None


@pytest.fixture(autouse=True)
def own_key_ring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test its own ring with one key."""
    monkeypatch.setattr(personal, "_KEYS", personal._KeyRing())
    add_key(b"k" * 32)
    return None


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("张三丰", "张**"),
        ("李", "**"),
        ("13812345678", "138****78"),
        ("6788123", "67****3"),
        ("023-6788 1234", "023****34"),
        ("+86 138 1234 5678", "861****678"),
        ("１３８１２３４５６７８", "138****78"),
        ("110", "1****"),
        ("12", "1****"),
        ("7", "****"),
        ("张三", "张**"),
        ("50010119900101123X", "500****123X"),
        ("A B", "A**"),
    ],
)
def test_a_mask_shows_the_least(text: str, mask: str) -> None:
    value = Personal(text)
    assert str(value) == value.masked == f"{value}" == mask
    assert text not in repr(value)
    assert value.reveal() == text


def test_json_shows_the_mask_and_rows_keep_the_text() -> None:
    signer = Signer.model_validate({"name": " 张三丰 ", "phone": "13812345678"})
    assert json.loads(signer.model_dump_json()) == {"name": "张**", "phone": "138****78"}
    assert Signer.model_validate(signer.model_dump()).name.reveal() == "张三丰"
    assert "张三丰" not in repr(signer)
    assert "张三丰" not in str(signer.model_dump())
    assert "张三丰" not in json.dumps(signer.model_dump(mode="json"), ensure_ascii=False)


@pytest.mark.parametrize("bad", ["", "  ", "a" * 201, "张\x00三", "张\n三", 5, None, ["张"]])
def test_only_printable_text_is_taken_and_a_refusal_does_not_repeat_it(bad: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Signer.model_validate({"name": bad})
    fault = caught.value.errors(include_input=False)[0]
    assert fault["type"].startswith("text_")
    assert "张" not in f"{fault}"


@given(st.text(alphabet="0123456789", min_size=1, max_size=30))
def test_at_least_half_of_every_number_is_hidden(digits: str) -> None:
    shown = [mark for mark in Personal(digits).masked if mark != "*"]
    assert 2 * len(shown) <= len(digits)


@given(st.text(min_size=1, max_size=60))
def test_at_least_half_of_every_text_is_hidden(text: str) -> None:
    assert 2 * len(Personal(text).masked.replace("*", "")) <= max(len(text), 1)


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.strip() == text and text.isprintable()))
def test_the_database_holds_no_readable_text(text: str) -> None:
    kept = COLUMN.process_bind_param(Personal(text), DIALECT)
    assert kept is not None
    assert len(text) < 3 or text.encode() not in kept
    assert COLUMN.process_result_value(kept, DIALECT) == Personal(text)


def test_one_text_is_never_kept_as_the_same_bytes_twice() -> None:
    assert COLUMN.process_bind_param(Personal("张三"), DIALECT) != COLUMN.process_bind_param(Personal("张三"), DIALECT)


def test_an_old_key_still_reads_after_a_new_one_came() -> None:
    old = COLUMN.process_bind_param(Personal("张三"), DIALECT)
    add_key(b"n" * 32)
    new = COLUMN.process_bind_param(Personal("张三"), DIALECT)
    assert old is not None
    assert new is not None
    assert old[:4] != new[:4]
    assert COLUMN.process_result_value(old, DIALECT) == COLUMN.process_result_value(new, DIALECT)


def test_another_key_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = COLUMN.process_bind_param(Personal("张三"), DIALECT)
    monkeypatch.setattr(personal, "_KEYS", personal._KeyRing())
    with pytest.raises(PersonalKeyMissing, match="not set here"):
        COLUMN.process_result_value(kept, DIALECT)
    with pytest.raises(PersonalKeyMissing, match="no key"):
        COLUMN.process_bind_param(Personal("张三"), DIALECT)


def test_altered_bytes_are_found() -> None:
    kept = COLUMN.process_bind_param(Personal("张三"), DIALECT)
    assert kept is not None
    with pytest.raises(PersonalKeyMissing, match="altered"):
        COLUMN.process_result_value(kept[:-1] + bytes([kept[-1] ^ 1]), DIALECT)


def test_nothing_stays_nothing() -> None:
    assert COLUMN.process_bind_param(None, DIALECT) is None
    assert COLUMN.process_result_value(None, DIALECT) is None


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        add_key(b"short")
