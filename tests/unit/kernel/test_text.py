"""Text is kept as it was written, unless nobody could see it or it would be seen as something else."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from shared.kernel.fault import texts_of
from shared.kernel.text import line, person_name, prose, shows_something

EVERY = (line, prose, person_name)


def code_of(read: Callable[[str], str], text: str) -> str:
    with pytest.raises(PydanticCustomError) as caught:
        read(text)
    chinese, english = texts_of(caught.value)
    assert chinese != english
    assert english.isascii()
    assert "{" not in chinese + english
    return caught.value.type


@pytest.mark.parametrize("read", EVERY)
@pytest.mark.parametrize(
    "nothing",
    [
        "\u200b",
        "\u3164",
        "\u2800",
        "\u2800\u2800 \u2800",
        "\u200d\u200c",
        "\ufeff",
        "\u00ad",
        "\u115f\u1160",
        "\uffa0",
        "\u2062\u2063",
        "\u034f",
        "\ufe0f",
        "\U000e0101",
        " \u200b\u3000\u3164 ",
        "\u180e",
        "\u17b4",
        "\u0301",
        "\u200b\u0301\u200b",
    ],
)
def test_what_shows_nothing_is_no_text(read: Callable[[str], str], nothing: str) -> None:
    assert code_of(read, nothing) == "text_invisible"
    assert not shows_something(nothing)


@pytest.mark.parametrize("read", EVERY)
@pytest.mark.parametrize("empty", ["", "  ", "\u3000", "\t\n", "\u00a0\u2003"])
def test_spaces_alone_are_an_empty_text(read: Callable[[str], str], empty: str) -> None:
    assert code_of(read, empty) == "text_empty"


@pytest.mark.parametrize("read", EVERY)
@pytest.mark.parametrize("mark", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_direction_controls_are_refused_by_name(read: Callable[[str], str], mark: int) -> None:
    for text in (f"张{chr(mark)}三", f"{chr(mark)}张三", f"张三{chr(mark)}"):
        with pytest.raises(PydanticCustomError, match=f"U\\+{mark:04X}"):
            read(text)
        assert code_of(read, text) == "text_direction_mark"


@pytest.mark.parametrize("read", EVERY)
@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ("\U000e0001", "text_tag"),
        ("\U000e0041", "text_tag"),
        ("\U000e007f", "text_tag"),
        ("\U000e0200", "text_tag"),
        ("\x00", "text_control"),
        ("\x1b", "text_control"),
        ("\x0b", "text_control"),
        ("\x85", "text_control"),
        ("\x7f", "text_control"),
        ("\ufff9", "text_control"),
        ("\ufffd", "text_damaged"),
        (chr(0xDC00), "text_damaged"),
        ("\ufdd0", "text_damaged"),
        ("\uffff", "text_damaged"),
        ("\U0010ffff", "text_damaged"),
        ("\ue000", "text_private_letter"),
        ("\uf8ff", "text_private_letter"),
        ("\U000f0000", "text_private_letter"),
    ],
)
def test_marks_that_are_no_writing_are_refused(read: Callable[[str], str], mark: str, code: str) -> None:
    assert code_of(read, f"重庆{mark}科技") == code


@pytest.mark.parametrize("mark", ["\n", "\r\n", "\t", "\u2028", "\u2029"])
def test_a_line_has_no_line_break_and_prose_keeps_it(mark: str) -> None:
    assert code_of(line, f"第一行{mark}第二行") == "text_line_break"
    assert code_of(person_name, f"张{mark}三") == "text_line_break"
    assert prose(f"第一行{mark}第二行") == ("第一行\t第二行" if mark == "\t" else "第一行\n第二行")
    assert line(f"名称{mark}") == "名称"


@pytest.mark.parametrize("read", EVERY)
@pytest.mark.parametrize(
    "place",
    [
        0x20000,
        0x2A6DF,
        0x2B73A,
        0x2CEAF,
        0x2EBE0,
        0x2EBF0,
        0x2EE5D,
        0x30000,
        0x31350,
        0x323AF,
        0x323B0,
        0x33479,
        0x3FFFD,
    ],
)
def test_every_extension_of_han_letters_is_valid_whatever_the_interpreter_knows(
    read: Callable[[str], str], place: int
) -> None:
    assert read(f"王{chr(place)}") == f"王{chr(place)}"
    assert read(chr(place)) == chr(place)


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("\ue816", "\U00020087"),
        ("\ue831", "\U000215d7"),
        ("\ue855", "\U000241fe"),
        ("\ue81e", "\u9fb4"),
        ("\ue864", "\u9fbb"),
        ("\ue863", "\u4dae"),
        ("\ue7c7", "\u1e3f"),
        ("\ue78d", "\ufe10"),
        ("\ue796", "\ufe19"),
    ],
)
def test_private_letters_of_the_national_standard_are_written_as_the_letters_they_became(old: str, now: str) -> None:
    assert line(f"王{old}") == prose(f"王{old}") == f"王{now}"


def test_letters_that_gbk_files_leave_in_the_private_area_are_read() -> None:
    assert line(b"\xcd\xf5\xfe\x59".decode("gb18030")) == "王\u9fb4"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("重庆\u200b科技", "重庆科技"),
        ("\ufeff重庆科技", "重庆科技"),
        ("重庆\u00ad科技\u200e", "重庆科技"),
        ("\u200d重庆", "重庆"),
        ("重庆 \ufe0f科技", "重庆 科技"),
        ("葛\U000e0101城", "葛\U000e0101城"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("e\u0301cole", "e\u0301cole"),
        ("　华为（重庆）　", "华为（重庆）"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("〇", "〇"),
    ],
)
def test_marks_that_mean_nothing_are_dropped_and_writing_is_kept(written: str, kept: str) -> None:
    assert line(written) == person_name(written) == kept


@pytest.mark.parametrize("name", ["123", "…", "——", "（）", "13800001111", "☺"])
def test_a_person_has_a_name_with_a_letter(name: str) -> None:
    assert line(name) == name
    assert code_of(person_name, name) == "person_name_unreadable"


@given(st.text(max_size=80))
def test_what_is_kept_is_kept_again_unchanged(text: str) -> None:
    for read in EVERY:
        try:
            kept = read(text)
        except ValueError:
            continue
        assert read(kept) == kept
        assert shows_something(kept)
