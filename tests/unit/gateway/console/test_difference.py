"""What somebody else changed while a form was open: field by field, as people read it, whatever the form held."""

import pytest

from gateway.console.difference import Watched, differences, kept
from gateway.console.form import Form
from gateway.console.words import words_of

WATCHED = (
    Watched(name="status", kind="value", enumeration="ApplicationStatus"),
    Watched(name="amount_fen", kind="money"),
    Watched(name="valid_until_on", kind="day"),
    Watched(name="rate_ppm", kind="rate"),
    Watched(name="note"),
)
READ = {"status": "BANK_REVIEW", "amount_fen": 100_000_000, "valid_until_on": None, "rate_ppm": 30_000, "note": "a"}


def test_a_field_that_changed_is_told_as_it_was_as_it_is_and_as_it_was_typed() -> None:
    now = {**READ, "amount_fen": 80_000_000, "valid_until_on": "2026-12-01"}
    form = Form({"amount_fen": ["90万元"]})
    found = differences(kept(READ, WATCHED), now, WATCHED, form, words_of("zh"))
    told = [(one.label, one.read, one.now, one.typed) for one in found]
    assert told == [("金额", "1,000,000.00 元", "800,000.00 元", "90万元"), ("有效期止", "—", "2026年12月1日", "—")]


def test_values_are_called_as_the_dictionary_calls_them() -> None:
    (one,) = differences(kept(READ, WATCHED), {**READ, "status": "APPROVED"}, WATCHED, Form(), words_of("en"))
    assert (one.label, one.read, one.now) == ("Status", "Under review by the bank", "Approved")


def test_a_case_that_stands_as_it_was_read_has_no_difference() -> None:
    assert differences(kept(READ, WATCHED), READ, WATCHED, Form(), words_of("en")) == []


@pytest.mark.parametrize("held", ["", "{", "[]", "null", "7", '"a"', '{"other": 1}', "x" * 9_000])
def test_what_the_form_did_not_get_from_us_says_nothing(held: str) -> None:
    assert differences(held, {**READ, "status": "APPROVED"}, WATCHED, Form(), words_of("en")) == []


@pytest.mark.parametrize("value", ["x", [1], {"a": 1}, True, 10**40, -1, "2026-13-45"])
def test_a_value_of_another_kind_is_shown_as_it_is_and_breaks_nothing(value: object) -> None:
    for one in WATCHED:
        assert one.text(words_of("zh"), value)


def test_a_case_without_watched_fields_keeps_nothing_in_the_form() -> None:
    assert kept(READ, ()) == ""
