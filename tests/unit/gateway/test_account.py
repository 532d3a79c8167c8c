"""Accounts of people: passwords, pauses after wrong tries, codes that count once."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2.exceptions import VerifyMismatchError
from hypothesis import given
from hypothesis import strategies as st

from gateway.models import Account
from gateway.rules import account as rules
from gateway.rules.account import AccountTerms, Lockout, Tries
from gateway.rules.client import AccountStatus
from gateway.usecases.password import Passwords
from gateway.usecases.sign_in import use_code
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.personal import Personal

NOW = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)
_RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890" of RFC 6238, appendix B


def account(**changes: object) -> Account:
    values: dict[str, object] = {
        "id": new_id(),
        "login": "zhang",
        "name": Personal("张三"),
        "role": Role.BANK,
        "scopes": [],
        "status": AccountStatus.ACTIVE,
        "password_hash": "",
        "created_at": NOW,
        "changed_at": NOW,
    }
    return Account(**{**values, **changes})


@given(st.integers(1, 20), st.integers(1, 600), st.lists(st.integers(0, 400), max_size=60))
def test_trying_stops_after_the_tries_that_are_forgiven_and_goes_on_after_the_pause(
    tries: int, minutes: int, waits: list[int]
) -> None:
    lockout, held, now, in_a_row = Lockout(tries, timedelta(minutes=minutes)), Tries(), NOW, 0
    for wait in waits:
        now += timedelta(minutes=wait)
        if rules.is_locked(held, now):
            assert rules.after_wrong(held, now, lockout) == held, "a pause is not prolonged by trying"
            continue
        held = rules.after_wrong(held, now, lockout)
        in_a_row += 1
        assert rules.is_locked(held, now) == (in_a_row % tries == 0)
        if rules.is_locked(held, now):
            assert held.locked_until_at == now + timedelta(minutes=minutes)
            assert not rules.is_locked(held, now + timedelta(minutes=minutes))


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 1_440), st.integers(1, 168))
def test_a_session_ends_when_it_rests_or_at_its_longest(idle_since: int, seen: int, idle: int, hours: int) -> None:
    seen_at = NOW + timedelta(minutes=seen)
    ends_at = rules.session_ends_at(NOW, seen_at, idle=timedelta(minutes=idle), longest=timedelta(hours=hours))
    at = seen_at + timedelta(minutes=idle_since)
    lives = idle_since < idle and seen + idle_since < hours * 60
    assert (at < ends_at) == lives


@pytest.mark.parametrize(
    "password", ["short-one", "zhang-is-my-login-word", "ZHANG-is-my-login-word", "a" * 40, "x" * 129]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(Refusal) as refused:
        rules.accept_password(password, login="zhang", least=12)
    assert refused.value.code is rules.PASSWORD_TOO_WEAK


@given(st.text(min_size=12, max_size=128).filter(lambda text: len(set(text)) > 1 and "zhang" not in text.casefold()))
def test_any_long_password_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert rules.accept_password(password, login="zhang", least=12) == password


def test_an_account_has_no_scope_beyond_its_role_and_acts_for_a_body_that_exists() -> None:
    terms = AccountTerms(login="zhang", role=Role.BANK, party="91500000DEMBANKA1R", scopes=["credit.loan:read"])
    assert rules.admit(terms, NOW.date()) == terms
    for change in ({"scopes": ["fund.cover:decide"]}, {"party": "91500000DEMBANKA1X"}, {"party": None}):
        with pytest.raises(Refusal):
            rules.admit(terms.model_copy(update=change), NOW.date())


@pytest.mark.parametrize(
    ("at", "code"), [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")]
)
def test_codes_are_those_of_the_published_table(at: int, code: str) -> None:
    assert pyotp.TOTP(_RFC_SECRET, digits=8).at(at) == code, "RFC 6238, appendix B"
    held = account(code_secret=Personal(_RFC_SECRET), code_confirmed=True)
    assert use_code(held, code[2:], at)


@given(st.integers(60, 2**31), st.integers(-90, 90))
def test_a_code_counts_once_now_or_one_step_late_and_never_early(now: int, shift: int) -> None:
    held = account(code_secret=Personal(_RFC_SECRET), code_confirmed=True)
    code = pyotp.TOTP(_RFC_SECRET).at(max(0, now + shift))
    steps = (now + shift) // 30 - now // 30
    same = {pyotp.TOTP(_RFC_SECRET).at(now), pyotp.TOTP(_RFC_SECRET).at(now - 30)}
    expected = steps in {0, -1} or code in same
    assert use_code(held, code, now) == expected
    assert not use_code(held, code, now)


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "１２３４５６", "9428708２"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert not use_code(account(code_secret=Personal(_RFC_SECRET)), code, 59)


def test_a_person_is_named_by_the_number_of_the_account_and_a_client_is_none() -> None:
    account_id = new_id()
    assert rules.person_of(rules.subject_of(account_id)) == account_id
    assert [rules.person_of(one) for one in ("bank-a", "person.", "person.zhang", str(account_id), "")] == [None] * 5


async def test_a_password_is_kept_as_a_hash_and_an_unknown_login_is_held_against_one_too() -> None:
    passwords = Passwords.of(cheap=True)
    kept = await passwords.hash("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert "horse" not in kept
    assert await passwords.matches("correct horse battery", kept)
    assert not await passwords.matches("correct horse batterY", kept)
    assert not await passwords.matches("nobody", None), "the hash of nobody opens nothing"
    assert not await passwords.matches("x" * 10_000, kept)
    assert not await passwords.matches("correct horse battery", "no hash")


async def test_a_right_password_is_hashed_anew_where_the_parameters_have_changed() -> None:
    passwords = Passwords.of(cheap=True)
    kept = await passwords.hash("correct horse battery")
    assert await passwords.renewed("correct horse battery", kept) is None
    renewed = await Passwords.of(cheap=False).renewed("correct horse battery", kept)
    assert renewed is not None
    assert "m=65536" in renewed
    assert await passwords.matches("correct horse battery", renewed)


@pytest.mark.parametrize("cheap", [True, False])
async def test_the_hash_of_nobody_costs_as_much_as_anybodys_and_nothing_at_start(cheap: bool) -> None:
    passwords = Passwords.of(cheap=cheap)
    assert not passwords.hasher.check_needs_rehash(passwords.nobody)
    with pytest.raises(VerifyMismatchError):  # it was computed and compared, not refused as no hash
        passwords.hasher.verify(passwords.nobody, "anything")
    assert passwords.nobody == Passwords.of(cheap=cheap).nobody
