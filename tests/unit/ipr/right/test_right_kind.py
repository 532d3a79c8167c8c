"""Numbers of rights by kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.rules.right_kind import (
    RightKind,
    display_number,
    normalise_number,
    number_year,
    numbers_kept,
)
from shared.kernel.errors import Refusal
from tests.unit.ipr.builders import patent

INVENTION, MODEL, DESIGN = RightKind.INVENTION, RightKind.UTILITY_MODEL, RightKind.DESIGN

# Typed from the standard's examples: number, check digit, kind that the type digit names.
PATENTS = [
    ("201710601862", "3", INVENTION),
    ("201310699744", "2", INVENTION),
    ("200310102344", "5", INVENTION),
    ("202210123456", "1", INVENTION),
    ("202220654321", "3", MODEL),
    ("202230112233", "6", DESIGN),
    ("202080011112", "0", INVENTION),
    ("202210000003", "X", INVENTION),
    ("95115608", "X", INVENTION),
    ("97101765", "4", INVENTION),
]


@pytest.mark.parametrize(("digits", "check", "kind"), PATENTS)
def test_a_patent_number_is_kept_without_prefix_and_dot(digits: str, check: str, kind: RightKind) -> None:
    for written in (f"ZL{digits}.{check}", f"CN {digits}.{check}", f"{digits}{check}", f" {digits}.{check.lower()} "):
        assert normalise_number(kind, written) == digits + check
    assert display_number(kind, digits + check) == f"{digits}.{check}"


@pytest.mark.parametrize(("digits", "check", "kind"), PATENTS)
def test_a_wrong_check_digit_is_refused(digits: str, check: str, kind: RightKind) -> None:
    for wrong in set("0123456789X") - {check}:
        with pytest.raises(Refusal) as refusal:
            normalise_number(kind, f"{digits}.{wrong}")
        assert refusal.value.code.code == "right_no_invalid"


@pytest.mark.parametrize(("digits", "check", "kind"), PATENTS)
def test_a_patent_number_of_another_kind_is_refused(digits: str, check: str, kind: RightKind) -> None:
    for other in {INVENTION, MODEL, DESIGN} - {kind}:
        with pytest.raises(Refusal) as refusal:
            normalise_number(other, digits + check)
        assert refusal.value.code.code == "right_no_of_other_kind"
        assert refusal.value.pointer == "/right_no"


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        (RightKind.SOFTWARE_COPYRIGHT, "2023SR0123456", "2023SR0123456"),
        (RightKind.SOFTWARE_COPYRIGHT, "2015sr123456", "2015SR123456"),
        (RightKind.TRADEMARK, "第12345678号".strip("第号"), "12345678"),
        (RightKind.IC_LAYOUT, "BS.205012345", "BS.205012345"),
        (RightKind.PLANT_VARIETY, "CNA20191000123", "CNA20191000123"),
        (RightKind.PLANT_VARIETY, "CNA20170123.4", "CNA20170123.4"),
        (RightKind.CROP_VARIETY, "国审稻20180001", "国审稻20180001"),
        (RightKind.NEW_DRUG, "国药证字H20180001", "国药证字H20180001"),
        (RightKind.TCM_PROTECTED, "ZYB2072018001", "ZYB2072018001"),
        (RightKind.GEOGRAPHICAL_INDICATION, "AGI2019-01-2567", "AGI2019-01-2567"),
        (RightKind.DEFENCE_PATENT, "ZL201018000012.3", "ZL201018000012.3"),
        (RightKind.SOFTWARE_COPYRIGHT, "２０２３ＳＲ０１２３４５６", "2023SR0123456"),
    ],
)
def test_each_kind_has_its_own_form(kind: RightKind, written: str, kept: str) -> None:
    assert normalise_number(kind, written) == kept
    with pytest.raises(Refusal):
        normalise_number(kind, "!" + written)


@pytest.mark.parametrize(
    ("number", "year"),
    [(patent("1", 1, 2022), 2022), ("95115608X", 1995), ("971017654", 1997), ("022000012", 2002), ("851000010", 1985)],
)
def test_the_year_of_filing_stands_in_a_patent_number(number: str, year: int) -> None:
    assert number_year(INVENTION, number) == year
    assert number_year(RightKind.TRADEMARK, "12345678") is None


@given(st.sampled_from(list(RightKind)), st.text(max_size=40))
def test_any_text_is_a_number_or_a_refusal(kind: RightKind, text: str) -> None:
    try:
        number = normalise_number(kind, text)
    except Refusal:
        return
    assert normalise_number(kind, number) == number


@pytest.mark.parametrize(
    ("kept", "kind", "asked"),
    [
        (
            "2022101234561",
            INVENTION,
            ("ZL202210123456.1", "cn 202210123456.1", "２０２２１０１２３４５６.1", "2022101234561"),
        ),
        ("BS.205012345", RightKind.IC_LAYOUT, ("BS.205012345", "bs.205012345")),
        ("ZL201018000012.3", RightKind.DEFENCE_PATENT, ("ZL201018000012.3", "zl 201018000012.3")),
    ],
)
def test_a_number_is_asked_for_as_it_is_written_anywhere(kept: str, kind: RightKind, asked: tuple[str, ...]) -> None:
    assert normalise_number(kind, asked[0]) == kept
    for written in asked:
        assert kept in numbers_kept(written), written
    assert kept not in numbers_kept("ZL202210123456.2")
