"""A rotation leaves exactly one key that signs: in order after its announcement, or at once."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.rules.signing_key import ANNOUNCED_BEFORE, KeyPeriod, Rotation, published, rotate, signing, status

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
DAYS = 30
SIGNING = KeyPeriod("signing", NOW - timedelta(days=3), NOW + timedelta(days=27))
NEXT = KeyPeriod("next", NOW + timedelta(days=27), NOW + timedelta(days=57))
OVER = KeyPeriod("over", NOW - timedelta(days=33), NOW - timedelta(days=3))


def after(periods: list[KeyPeriod], rotation: Rotation) -> list[KeyPeriod]:
    ended = {one.kid: one for one in rotation.ended}
    return [*(ended.get(one.kid, one) for one in periods), rotation.made]


@pytest.mark.parametrize("before", [[SIGNING], [OVER, SIGNING, NEXT], []])
def test_a_rotation_in_order_loses_no_token(before: list[KeyPeriod]) -> None:
    rotation = rotate(before, kid="new", now=NOW, days=DAYS, at_once=False)
    periods = after(before, rotation)
    assert rotation.made.signs_from_at == NOW + ANNOUNCED_BEFORE
    assert "new" in {one.kid for one in published(periods, NOW)}
    assert {one.kid for one in published(periods, NOW)} >= {one.kid for one in published(before, NOW)}
    if before:
        found = signing(periods, NOW + ANNOUNCED_BEFORE - timedelta(seconds=1))
        assert found is not None
        assert found.kid == "signing"
    for later in (timedelta(hours=1), timedelta(days=28), timedelta(days=30)):
        assert [one.kid for one in periods if one.signs_from_at <= NOW + later < one.signs_until_at] == ["new"]
    assert OVER not in rotation.ended


def test_after_a_leak_no_other_key_is_believed_from_now_on() -> None:
    periods = after([OVER, SIGNING, NEXT], rotate([OVER, SIGNING, NEXT], kid="new", now=NOW, days=DAYS, at_once=True))
    assert [one.kid for one in published(periods, NOW)] == ["new"]
    assert signing(periods, NOW) == KeyPeriod("new", NOW, NOW + timedelta(days=DAYS))
    assert all(one.signs_from_at < one.signs_until_at for one in periods)


def test_a_key_is_announced_signs_is_published_and_withdrawn() -> None:
    moments = (SIGNING.signs_from_at - timedelta(minutes=1), NOW, SIGNING.signs_until_at, NOW + timedelta(days=28))
    assert [status(SIGNING, now) for now in moments] == ["ANNOUNCED", "SIGNING", "PUBLISHED", "WITHDRAWN"]
