"""Accounts of people: registered, suspended, given a first password; their owners change password and second factor."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import pyotp
from pydantic import Field

from gateway.models import Account
from gateway.rules import account as rules
from gateway.rules import account_act as act_rules
from gateway.rules.account import AccountTerms, SessionEnd
from gateway.rules.account_act import AccountStanding
from gateway.rules.client import AccountStatus
from gateway.store import account as store
from gateway.store import passkey as passkeys
from gateway.usecases import session as sessions
from gateway.usecases.password import Passwords
from gateway.usecases.sign_in import use_code
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.personal import Personal
from shared.kernel.refusals import NOT_FOUND

_FIRST_PASSWORD_BYTES = 12


class DemoPeoplePresentError(Exception):
    """Demo people can sign in although the demo is off; the gateway must not start."""


class DemoPerson(AccountTerms):
    """A person of the demo, with the password that the launcher made."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    password: Annotated[str, Field(min_length=12, max_length=128)]


@dataclass(frozen=True, slots=True)
class DemoChange:
    """A demo person that is to be put, judged without a lock.

    Attributes:
        person: what it becomes.
        password_hash: the hash of its password.
        seen_hash: the hash that was held when it was judged, None if there was no such account.
    """

    person: DemoPerson
    password_hash: str
    seen_hash: str | None


def first_password() -> str:
    """Return a password that is shown once and must be changed."""
    return secrets.token_urlsafe(_FIRST_PASSWORD_BYTES)


async def register(tx: Transaction, terms: AccountTerms, name: str, *, password_hash: str) -> Account:
    """Register a person, who must change the password at the first sign-in.

    Raises:
        Refusal: `account_exists`, and what `rules.account.admit` and `rules.account_act.admit_body` refuse.
    """
    act_rules.admit_body(tx.actor, terms)
    rules.admit(terms, tx.today, besides=act_rules.ADMINISTRATION)
    if await store.lock_login(tx, terms.login) is not None:
        raise Refusal(rules.ACCOUNT_EXISTS, pointer="/login")
    held = _new(tx, terms, name, password_hash=password_hash, demo=False)
    _touch(tx, held, "account.registered")
    return held


def standing(tx: Transaction, held: Account, *, has_issuer: bool = False) -> AccountStanding:
    """Return how an account stands for who asks."""
    is_own = rules.subject_of(held.id) == tx.actor.client_id
    return AccountStanding(held.status, is_own=is_own, has_issuer=has_issuer)


async def read(tx: Transaction, account_id: UUID) -> Account:
    """Return an account; who reads the name of a person is recorded.

    Raises:
        Refusal: `not_found`.
    """
    held = await store.find(tx, account_id)
    if held is None:
        raise Refusal(NOT_FOUND, noun="account")
    tx.audit("account.read", subject=f"account/{held.id}", fields=["name"])
    return held


async def suspend(tx: Transaction, account_id: UUID, *, reason: str = "") -> Account:
    """Suspend a person, whose sessions end at once.

    Raises:
        Refusal: `not_found`, `account_is_own`, `account_state_conflict`.
    """
    held = await held_of(tx, account_id)
    act_rules.suspendable(standing(tx, held))
    held.status = AccountStatus.SUSPENDED
    await sessions.end_all(tx, account_id, SessionEnd.ACCOUNT_SUSPENDED)
    _touch(tx, held, "account.suspended", reason=reason)
    return held


async def resume(tx: Transaction, account_id: UUID) -> Account:
    """Let a person back in, wrong tries forgotten.

    Raises:
        Refusal: `not_found`, `account_state_conflict`.
    """
    held = await held_of(tx, account_id)
    act_rules.resumable(standing(tx, held))
    held.status = AccountStatus.ACTIVE
    held.failed_tries, held.locked_until_at = 0, None
    _touch(tx, held, "account.active")
    return held


async def end_sessions(tx: Transaction, account_id: UUID) -> Account:
    """End every session of a person, who may sign in again.

    Raises:
        Refusal: `not_found`, `account_is_own`.
    """
    held = await held_of(tx, account_id)
    act_rules.anothers(standing(tx, held))
    await sessions.end_all(tx, account_id, SessionEnd.ENDED_BY_ADMINISTRATOR)
    _touch(tx, held, "account.sessions_ended")
    return held


async def reset(tx: Transaction, account_id: UUID, *, password_hash: str) -> Account:
    """Give a person a new first password; the second factor goes with the old one, and every session ends.

    Raises:
        Refusal: `not_found`, `account_is_own`.
    """
    held = await held_of(tx, account_id)
    act_rules.anothers(standing(tx, held))
    held.password_hash, held.must_change = password_hash, True
    held.code_secret, held.code_confirmed, held.code_step = None, False, 0
    held.passkeys = 0
    await passkeys.remove(tx, account_id)
    held.failed_tries, held.locked_until_at = 0, None
    await sessions.end_all(tx, account_id, SessionEnd.PASSWORD_CHANGED)
    _touch(tx, held, "account.password_reset")
    return held


async def change_password(tx: Transaction, account_id: UUID, session_id: UUID, *, password_hash: str) -> None:
    """Take a person's own new password; every other session of theirs ends.

    Raises:
        Refusal: `not_found`.
    """
    held = await held_of(tx, account_id)
    held.password_hash, held.must_change = password_hash, False
    await sessions.end_all(tx, account_id, SessionEnd.PASSWORD_CHANGED, but=session_id)
    _touch(tx, held, "account.password_changed")


async def offer_code(tx: Transaction, account_id: UUID) -> str:
    """Return a new secret for codes, which counts once a code of it was given.

    Raises:
        Refusal: `not_found`.
    """
    held = await held_of(tx, account_id)
    secret = pyotp.random_base32()
    held.code_secret, held.code_confirmed, held.code_step = Personal(secret), False, 0
    _touch(tx, held, "account.code_offered")
    return secret


async def confirm_code(tx: Transaction, account_id: UUID, code: str) -> None:
    """Let codes count from now on.

    Raises:
        Refusal: `not_found`, `code_wrong`.
    """
    held = await held_of(tx, account_id)
    if not use_code(held, code, int(tx.now.timestamp())):
        raise Refusal(rules.CODE_WRONG, pointer="/code")
    held.code_confirmed = True
    _touch(tx, held, "account.code_confirmed")


async def judge_demo_people(
    held: Sequence[Account], people: Sequence[DemoPerson], passwords: Passwords
) -> list[DemoChange]:
    """Return which demo people are not what the launcher's file says; hashing is slow, so no lock is held."""
    known = {one.login: one for one in held}
    changes = []
    for person in people:
        before = known.get(person.login)
        is_same = before is not None and _is_same(before, person)
        if is_same and before is not None and await passwords.matches(person.password, before.password_hash):
            continue
        seen = None if before is None else before.password_hash
        changes.append(DemoChange(person, await passwords.hash(person.password), seen))
    return changes


async def put_demo_people(tx: Transaction, changes: Sequence[DemoChange], *, named: Collection[str]) -> None:
    """Make the demo people what was judged; those that the launcher's file no longer names are suspended.

    One that another process has put since it was judged stays as that left it: both read the same file.
    """
    for change in sorted(changes, key=lambda one: one.person.login):
        held = await store.lock_login(tx, change.person.login)
        if (None if held is None else held.password_hash) != change.seen_hash:
            continue
        if held is None:
            held = _new(tx, change.person, change.person.name, password_hash=change.password_hash, demo=True)
        held.role, held.party, held.unit_id = change.person.role, change.person.party, change.person.unit_id
        held.scopes, held.password_hash, held.must_change = change.person.scopes, change.password_hash, False
        held.status, held.demo = AccountStatus.ACTIVE, True
        _touch(tx, held, "account.registered")
    for held in await store.every(tx):
        if held.demo and held.login not in named and held.status is AccountStatus.ACTIVE:
            await suspend(tx, held.id)


async def refuse_demo_people(tx: Transaction) -> None:
    """Make sure that no demo person can sign in.

    Raises:
        DemoPeoplePresentError: one can.
    """
    count = await store.count_demo(tx)
    if count:
        raise DemoPeoplePresentError(
            f"{count} demo people can still sign in: suspend them with `kechuang account suspend-demo`, "
            "or start with GATEWAY_DEMO_PEOPLE"
        )


async def suspend_demo_people(tx: Transaction) -> int:
    """Suspend every demo person; return how many were."""
    found = [one for one in await store.every(tx) if one.demo and one.status is AccountStatus.ACTIVE]
    for one in found:
        await suspend(tx, one.id)
    return len(found)


def _is_same(held: Account, person: DemoPerson) -> bool:
    terms = AccountTerms.model_validate(person.model_dump(exclude={"name", "password"}))
    return held.demo and held.status is AccountStatus.ACTIVE and AccountTerms.of_row(held) == terms


def _new(tx: Transaction, terms: AccountTerms, name: str, *, password_hash: str, demo: bool) -> Account:
    held = Account(
        id=new_id(),
        login=terms.login,
        name=Personal(name),
        role=terms.role,
        party=terms.party,
        unit_id=terms.unit_id,
        scopes=terms.scopes,
        status=AccountStatus.ACTIVE,
        password_hash=password_hash,
        must_change=not demo,
        demo=demo,
        created_at=tx.now,
        changed_at=tx.now,
    )
    tx.session.add(held)
    return held


async def held_of(tx: Transaction, account_id: UUID) -> Account:
    """Return an account that the actor may see under its row lock.

    Raises:
        Refusal: `not_found`.
    """
    held = await store.lock(tx, account_id)
    if held is None:
        raise Refusal(NOT_FOUND, noun="account")
    return held


def _touch(tx: Transaction, held: Account, action: str, *, reason: str = "") -> None:
    held.version += 1
    held.changed_at = tx.now
    told = {"role": held.role.value, "scopes": held.scopes, **({"reason": reason} if reason else {})}
    tx.audit(action, subject=f"account/{held.id}", detail=told)
