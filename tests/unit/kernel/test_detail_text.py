"""Details of a refusal read as people speak: yuan, per cent, and codes by their meaning."""

from datetime import date

import pytest

from services.finance.lending.rules.loan_application import ApplicationStatus
from shared.kernel.detail_text import amount_text, detail_words
from shared.kernel.errors import Detail


@pytest.mark.parametrize(
    ("amount_fen", "zh", "en"),
    [
        (150_000_000, "150万元", "CNY 1,500,000.00"),
        (1_250_000, "1.25万元", "CNY 12,500.00"),
        (1_234_567, "12,345.67 元", "CNY 12,345.67"),
        (99, "0.99 元", "CNY 0.99"),
        (0, "0.00 元", "CNY 0.00"),
    ],
)
def test_an_amount_is_told_in_yuan_and_loses_no_fen(amount_fen: int, zh: str, en: str) -> None:
    assert amount_text(amount_fen, "zh") == zh
    assert amount_text(amount_fen, "en") == en


@pytest.mark.parametrize(
    ("name", "value", "zh", "en"),
    [
        ("available_fen", 50_000_000, "50万元", "CNY 500,000.00"),
        ("rate_ppm", 34_500, "3.45%", "3.45%"),
        ("sum_ppm", 1_000_000, "100%", "100%"),
        ("status", ApplicationStatus.BANK_REVIEW, "银行审核中", "under review by the bank"),
        ("due_on", date(2026, 6, 10), "2026-06-10", "2026-06-10"),
        ("months_max", 12, "12", "12"),
        ("status", "BANK_REVIEW", "BANK_REVIEW", "BANK_REVIEW"),
    ],
)
def test_a_detail_is_told_by_its_name_and_kind(name: str, value: Detail, zh: str, en: str) -> None:
    assert detail_words({name: value}, "zh")[name] == zh
    assert detail_words({name: value}, "en")[name] == en


def test_a_detail_that_was_not_given_keeps_its_braces() -> None:
    assert "剩余 {left_fen}".format_map(detail_words({}, "zh")) == "剩余 {left_fen}"
