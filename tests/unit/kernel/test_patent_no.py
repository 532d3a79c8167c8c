"""Patent application numbers of both forms with their check digit (ZC 0006-2003)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.patent_no import PatentType, check_digit, display, kind_of, normalise

# Real numbers and check digits by the standard, typed from it.
NUMBERS = {
    "201710601862": "3",
    "201310699744": "2",
    "200310102344": "5",
    "202210123456": "1",
    "202220654321": "3",
    "202230112233": "6",
    "202080011112": "0",
    "202210000003": "X",
    "95115608": "X",
    "97101765": "4",
}


@pytest.mark.parametrize(("digits", "check"), NUMBERS.items())
def test_check_digits_of_the_standard(digits: str, check: str) -> None:
    assert check_digit(digits) == check
    assert normalise(f"{digits}.{check}") == digits + check


@pytest.mark.parametrize(
    "written",
    [
        "201710601862.3",
        "2017106018623",
        "ZL201710601862.3",
        "ZL 201710601862.3",
        "CN201710601862.3",
        " zl201710601862.3 ",
        "ＺＬ２０１７１０６０１８６２．３",
        "'2017 1060 1862.3",
        "\u202d201710601862.3\u202c",
        "201710601862.3\u200b",
    ],
)
def test_every_way_of_writing_leads_to_one_number(written: str) -> None:
    assert normalise(written) == "2017106018623"
    assert display("2017106018623") == "201710601862.3"


@pytest.mark.parametrize(
    ("written", "number"), [("95115608.X", "95115608X"), ("ZL95115608.x", "95115608X"), ("97101765.4", "971017654")]
)
def test_the_form_before_october_2003(written: str, number: str) -> None:
    assert normalise(written) == number
    assert kind_of(number) is PatentType.INVENTION


@pytest.mark.parametrize(
    "written",
    [
        "",
        "CN",
        "123",
        "2017106018623X",
        "201740601862.3",
        "189910601862.3",
        "CN109876543A",
        "２０１７①０６０１８６２.3x",
        "95415608.X",
    ],
)
def test_other_texts_are_no_patent_numbers(written: str) -> None:
    with pytest.raises(ValueError, match="not a Chinese patent application number"):
        normalise(written)


@pytest.mark.parametrize("number", list(NUMBERS))
def test_a_wrong_check_digit_is_named_with_the_right_one(number: str) -> None:
    for wrong in set("0123456789X") - {NUMBERS[number]}:
        with pytest.raises(ValueError, match=f"is {wrong}, it should be {NUMBERS[number]}"):
            normalise(number + wrong)


@given(st.integers(0, 9_999_999), st.sampled_from("12389"), st.integers(1985, 2026), st.data())
def test_a_single_wrong_digit_is_always_found(serial: int, kind: str, year: int, data: st.DataObject) -> None:
    digits = f"{year}{kind}{serial:07d}"
    place = data.draw(st.integers(5, 11))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[place]]))
    changed = digits[:place] + other + digits[place + 1 :]
    assert check_digit(changed) != check_digit(digits)


@pytest.mark.parametrize(
    ("type_digit", "kind"),
    [
        ("1", PatentType.INVENTION),
        ("2", PatentType.UTILITY_MODEL),
        ("3", PatentType.DESIGN),
        ("8", PatentType.INVENTION),
        ("9", PatentType.UTILITY_MODEL),
    ],
)
def test_the_type_digit_names_the_kind(type_digit: str, kind: PatentType) -> None:
    digits = f"2022{type_digit}0123456"
    assert kind_of(digits + check_digit(digits)) is kind
    old = f"95{type_digit}15608"
    assert kind_of(old + check_digit(old)) is kind
