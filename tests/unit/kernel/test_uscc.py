"""Unified social credit codes: real ones pass, and no single wrong character does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as oracle

from shared.kernel.uscc import ALPHABET, SubjectKind, check_character, classify, is_valid, is_well_formed
from tests.support.source import ROOT

CODES = ROOT.parent / "shared" / "data" / "companies" / "uscc_valid_10k.txt"
# Real ones of public bodies and companies, and made-up ones; GB 32100-2015.
VECTORS = ["91420000737944946L", "11500000009275780L", "9150000020286320X6"]
MADE_UP = ["91500107MA5XTE8T03", "91500112MA5XTE8T0A", "91500103MA5XTE8T09", "91500105MA5XTE8T06"]

needs_codes = pytest.mark.skipif(not CODES.exists(), reason="needs the 10,000 real codes beside the repository")


def real_codes() -> list[str]:
    """Return the real codes of the data folder."""
    return [line.strip() for line in CODES.read_text(encoding="utf-8").splitlines() if line.strip()]


@pytest.mark.parametrize("code", VECTORS + MADE_UP)
def test_codes_of_the_standard_are_valid(code: str) -> None:
    assert is_valid(code)
    assert check_character(code[:17]) == code[17]


@pytest.mark.sample
@needs_codes
def test_all_real_codes_are_valid() -> None:
    codes = real_codes()
    assert len(codes) == 10_000
    assert [code for code in codes if not is_valid(code)] == []


@pytest.mark.sample
@needs_codes
def test_every_single_change_of_a_real_code_is_found() -> None:
    missed = [
        (code, place, other)
        for code in real_codes()[:1_000]
        for place in range(18)
        for other in ALPHABET
        if other != code[place] and is_valid(code[:place] + other + code[place + 1 :])
    ]
    assert missed == []


@given(st.text(alphabet=ALPHABET, min_size=17, max_size=17))
def test_another_implementation_finds_the_same_check_character(first_17: str) -> None:
    assert check_character(first_17) == oracle.calc_check_digit(first_17)


@given(st.text(alphabet=ALPHABET, min_size=18, max_size=18))
def test_a_code_is_valid_only_if_another_implementation_takes_it(code: str) -> None:
    region_is_digits = code[2:8].isdecimal()
    assert is_valid(code) == (region_is_digits and oracle.calc_check_digit(code[:17]) == code[17])


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91500107MA5XTE8T0",
        "91500107MA5XTE8T033",
        "91500107ma5xte8t03",
        "91500107MA5XTE8TO3",
        "9150010７MA5XTE8T03",
        "915001A7MA5XTE8T03",
        "91500107MA5XTE8T0 ",
        "91500107MA5XTE8T0Z",
    ],
)
def test_other_forms_are_not_well_formed(code: str) -> None:
    assert not is_well_formed(code)
    assert not is_valid(code)


@pytest.mark.parametrize("first", ["", "9150010", "91500107MA5XTE8TO", "91500107MA5XTE8T03"])
def test_a_check_character_needs_17_symbols(first: str) -> None:
    with pytest.raises(ValueError, match="17 symbols"):
        check_character(first)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        ("91", SubjectKind.ENTERPRISE),
        ("92", SubjectKind.INDIVIDUAL_BUSINESS),
        ("93", SubjectKind.FARMER_COOPERATIVE),
        ("81", SubjectKind.OTHER),
        ("12", SubjectKind.OTHER),
        ("9A", SubjectKind.OTHER),
    ],
)
def test_only_91_is_a_company(start: str, kind: SubjectKind) -> None:
    assert classify(start + "500107MA5XTE8T03") is kind
