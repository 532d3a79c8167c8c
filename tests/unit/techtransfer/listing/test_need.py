import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.techtransfer.listing.rules import need as rules
from tests.unit.techtransfer.builders import need


@pytest.mark.parametrize("text", ["检出率不低于 98%", "成本下降３成", "寿命提高两倍", "精度达到 0.01 mm", "十二个月"])
def test_an_indicator_with_a_quantity_counts(text: str) -> None:
    assert rules.quantified([text])


@pytest.mark.parametrize("text", ["显著提高检出率", "达到国际一流水平", "统一标准"])
def test_an_indicator_without_a_quantity_does_not_count(text: str) -> None:
    assert not rules.quantified([text])


@given(st.integers(min_value=0, max_value=10**6), st.text(alphabet="检测精度提高成本", max_size=20))
def test_any_digit_makes_a_quantity(number: int, words: str) -> None:
    assert rules.quantified([words, f"{words}{number}"])
    assert not rules.quantified([])


def test_a_complete_need_is_asked_for_nothing() -> None:
    assert rules.open_asks(need()) == ()


@pytest.mark.parametrize(
    ("field", "empty"),
    [("core_indicators", []), ("budget_fen", None), ("trl_wanted", None), ("solution_months", None)],
)
def test_what_is_missing_is_asked_for_in_both_languages(field: str, empty: object) -> None:
    (ask,) = rules.open_asks(need(**{field: empty}))
    assert ask.field == field
    assert ask.text_zh
    assert ask.text_en
