"""Keys that follow one another without a gap."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.signing_key import KeyPeriod, next_period, published, signing

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def walk(days: int, minutes: list[int]) -> list[tuple[datetime, list[KeyPeriod]]]:
    """Let time pass in steps; at each step make the next key if it is time."""
    periods: list[KeyPeriod] = []
    now, seen = NOW, []
    for number, step in enumerate(minutes):
        made = next_period(periods, kid=str(number), now=now, days=days)
        periods += [made] if made else []
        seen.append((now, list(periods)))
        now += timedelta(minutes=step)
    return seen


@given(days=st.integers(1, 40), minutes=st.lists(st.integers(0, 50), min_size=1, max_size=80))
def test_at_every_instant_exactly_one_key_signs(days: int, minutes: list[int]) -> None:
    for now, periods in walk(days, minutes):
        found = [one for one in periods if one.signs_from_at <= now < one.signs_until_at]
        assert found == [signing(periods, now)]
        assert found[0] in published(periods, now)


def test_a_process_that_slept_beyond_its_last_key_makes_one_that_signs_at_once() -> None:
    old = KeyPeriod("old", NOW - timedelta(days=9), NOW - timedelta(days=2))
    made = next_period([old], kid="new", now=NOW, days=7)
    assert made == KeyPeriod("new", NOW, NOW + timedelta(days=7))


def test_the_next_key_is_made_once_and_follows_without_a_gap() -> None:
    first = KeyPeriod("a", NOW, NOW + timedelta(days=1))
    assert next_period([first], kid="b", now=NOW + timedelta(hours=22, minutes=59), days=1) is None
    second = next_period([first], kid="b", now=NOW + timedelta(hours=23), days=1)
    assert second == KeyPeriod("b", first.signs_until_at, first.signs_until_at + timedelta(days=1))
    assert next_period([first, second], kid="c", now=NOW + timedelta(hours=23, minutes=30), days=1) is None


def test_a_key_is_published_an_hour_before_it_signs_and_half_an_hour_after() -> None:
    first = KeyPeriod("a", NOW, NOW + timedelta(days=1))
    second = KeyPeriod("b", first.signs_until_at, first.signs_until_at + timedelta(days=1))
    ends = first.signs_until_at
    assert published([first, second], ends - timedelta(hours=1)) == [first, second]
    assert published([first, second], ends + timedelta(minutes=29)) == [first, second]
    assert published([first, second], ends + timedelta(minutes=30)) == [second]
