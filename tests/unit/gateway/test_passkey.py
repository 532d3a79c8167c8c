"""Passkeys: the site they belong to, and questions that nobody else can use."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules import passkey as rules
from gateway.rules.passkey import Purpose
from gateway.usecases import passkey_question as questions
from shared.kernel.errors import Refusal

NOW = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://kechuang.example", ("https://kechuang.example", "kechuang.example")),
        ("https://kechuang.example:8443/x", ("https://kechuang.example:8443", "kechuang.example")),
        ("http://127.0.0.1:8000", ("http://localhost:8000", "localhost")),
        ("http://[::1]:8000", ("http://localhost:8000", "localhost")),
        ("http://localhost:8000", ("http://localhost:8000", "localhost")),
        ("https://10.0.0.7", None),
        ("", None),
    ],
)
def test_a_site_has_a_name_and_an_address_in_numbers_has_none(origin: str, expected: tuple[str, str] | None) -> None:
    found = questions.site_of(origin)
    assert (None if found is None else (found.origin, found.name)) == expected


@given(st.binary(min_size=32, max_size=32), st.sampled_from(Purpose), st.integers(0, 600))
def test_a_question_is_good_for_its_browser_its_purpose_and_five_minutes(
    secret: bytes, purpose: Purpose, later: int
) -> None:
    challenge, now = questions.ask(secret, purpose, NOW), NOW + timedelta(seconds=later)
    if later < 300:
        assert questions.asked_until(challenge, secret, purpose, now) == NOW + timedelta(minutes=5)
    others = [(challenge, secret[:-1] + bytes([secret[-1] ^ 1]), purpose, NOW)]
    others += [(challenge, secret, one, NOW) for one in Purpose if one is not purpose]
    others += [(challenge[:-1], secret, purpose, NOW), (b"", secret, purpose, NOW)]
    others += [(challenge[:20] + b"\xff" * 4 + challenge[24:], secret, purpose, NOW)]
    others += [(challenge, secret, purpose, now)] if later >= 300 else []
    for one in others:
        with pytest.raises(Refusal):
            questions.asked_until(*one)


def test_there_is_an_end_to_the_passkeys_of_a_person() -> None:
    rules.addable([1] * (rules.MOST - 1))
    with pytest.raises(Refusal) as refused:
        rules.addable([1] * rules.MOST)
    assert refused.value.code.code == "passkey_too_many"
