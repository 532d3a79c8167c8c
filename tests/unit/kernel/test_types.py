"""Each word of the kernel means the same in Python, in SQL and in JSON."""

from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import BigInteger, Integer
from sqlmodel import Field, SQLModel

from shared.kernel import types
from shared.kernel.key_field import KeyField
from shared.kernel.shape import Shape


class Words(Shape):
    """One field of each word."""

    amount_fen: types.Fen = 0
    limit_fen: types.FenOrNone = None
    rate_ppm: types.RatePpm = 0
    points_milli: types.Milli = 0
    staff: types.Count = 0
    term_months: types.TermMonths = 1
    year: types.Year = 2025
    uscc: types.Uscc = "91500107MA5XTE8T03"
    owner: types.UsccOrNone = None
    official_code: types.LooseUscc = "91500107MA5XTE8T03"
    patent_no: types.PatentNo = "2017106018623"
    unit_id: types.UnitId = "500107"
    name: types.ShortText = "示例"
    note: types.ShortTextOrNone = None
    purpose: types.LongText = "示例"
    remark: types.LongTextOrNone = None


class WordsRow(Words, table=True):
    """The same words as a table."""

    id: int = Field(primary_key=True)


NUMBERS = ["amount_fen", "limit_fen", "rate_ppm", "points_milli", "staff", "term_months", "year"]
NOT_NUMBERS = [1.0, "12", True, "1e3", [1], {"a": 1}]
NOT_TEXTS = ["示例\x00", "a\x1b[0m", "damaged �", "\ud800", "", " ", 5, ["a"]]


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", NOT_NUMBERS)
def test_only_whole_numbers_are_numbers(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        Words.model_validate({field: value})


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [
        ("amount_fen", 0, 9_000_000_000_000_000),
        ("limit_fen", 0, 9_000_000_000_000_000),
        ("rate_ppm", 0, 10_000_000),
        ("points_milli", 0, 9_000_000_000_000_000),
        ("staff", 0, 100_000_000),
        ("term_months", 1, 360),
        ("year", 1990, 2100),
    ],
)
def test_each_number_has_its_bounds(field: str, least: int, most: int) -> None:
    for inside in (least, most):
        assert getattr(Words.model_validate({field: inside}), field) == inside
    for outside in (least - 1, most + 1):
        with pytest.raises(ValidationError):
            Words.model_validate({field: outside})


def test_money_is_bigint_in_the_database() -> None:
    table = SQLModel.metadata.tables["wordsrow"]
    for column in ("amount_fen", "limit_fen", "points_milli"):
        assert type(table.c[column].type) is BigInteger
    for column in ("rate_ppm", "staff", "term_months", "year"):
        assert type(table.c[column].type) is Integer
    assert table.c["limit_fen"].nullable
    assert not table.c["amount_fen"].nullable


@pytest.mark.parametrize("field", ["name", "purpose"])
@pytest.mark.parametrize("value", NOT_TEXTS)
def test_texts_hold_no_damage_and_no_control_characters(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        Words.model_validate({field: value})


@pytest.mark.parametrize(("field", "most"), [("name", 200), ("note", 200), ("purpose", 4000), ("remark", 4000)])
def test_texts_have_their_length(field: str, most: int) -> None:
    assert getattr(Words.model_validate({field: "字" * most}), field) == "字" * most
    with pytest.raises(ValidationError):
        Words.model_validate({field: "字" * (most + 1)})


def test_spaces_around_a_text_are_dropped() -> None:
    assert Words.model_validate({"name": "  示例 企业  "}).name == "示例 企业"


@pytest.mark.parametrize("value", ["91500107MA5XTE8T04", "", "9150", 5])
def test_a_code_with_a_wrong_check_character_is_no_uscc(value: Any) -> None:
    for field in ("uscc", "owner") if value != "" else ("uscc",):
        with pytest.raises(ValidationError):
            Words.model_validate({field: value})


def test_an_official_code_may_have_a_wrong_check_character() -> None:
    assert Words.model_validate({"official_code": "91500107MA5XTE8T04"}).official_code == "91500107MA5XTE8T04"
    with pytest.raises(ValidationError):
        Words.model_validate({"official_code": "91500107MA5XTE8TO4"})


def test_a_patent_number_is_kept_in_one_form() -> None:
    assert Words.model_validate({"patent_no": "ZL 201710601862.3"}).patent_no == "2017106018623"


@pytest.mark.parametrize("unit_id", ["500107", "CQ-LJ", "CQ-GX", "CQ-WS", "500105"])
def test_units_past_and_present_are_units(unit_id: str) -> None:
    assert Words.model_validate({"unit_id": unit_id}).unit_id == unit_id


@pytest.mark.parametrize("unit_id", ["500000", "510107", "九龙坡区", ""])
def test_other_codes_are_no_units(unit_id: str) -> None:
    with pytest.raises(ValidationError):
        Words.model_validate({"unit_id": unit_id})


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError):
        Words.model_validate({"amount": 5})


def test_the_seven_key_fields_have_names_in_both_languages() -> None:
    assert [field.value for field in KeyField] == ["NGIT", "NEICV", "EQUIP", "NEWMAT", "NEWENERGY", "BIOMED", "CARBON"]
    assert KeyField.NGIT.title_zh == "新一代信息技术"
    assert len({field.title_en for field in KeyField}) == len({field.title_zh for field in KeyField}) == 7
