"""Passkeys of people: added, removed, and answering for a password or beside one; checked by the library of WebAuthn.

The library is read in when it is first needed: who has no passkeys does not hold it in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from gateway.models import Account, Passkey
from gateway.rules import passkey as rules
from gateway.rules.passkey import PASSKEY_REFUSED, Purpose
from gateway.store import account as accounts
from gateway.store import passkey as store
from gateway.usecases import sign_in as signing_in
from gateway.usecases.passkey_question import PasskeySite, ask, asked_until
from gateway.usecases.sign_in import SignedIn, token_hash
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.kernel.refusals import NOT_FOUND

_LARGEST_ANSWER = 16_384
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "internal", "hybrid", "smart-card"})
_ES256, _EDDSA, _RS256 = -7, -8, -257


@dataclass(frozen=True, slots=True)
class Asked:
    """What a device was asked, and by which browser.

    Attributes:
        site: whom the passkey belongs to.
        secret: of the browser.
        purpose: what the answer is for.
    """

    site: PasskeySite
    secret: bytes
    purpose: Purpose


def to_add(asked: Asked, account: Account, held: Sequence[Passkey], now: datetime) -> str:
    """Return, as JSON, what a device is asked to make a passkey of."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.cose import COSEAlgorithmIdentifier
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=asked.site.name,
        rp_name=asked.site.name,
        user_id=account.id.bytes,
        user_name=account.login,
        user_display_name=account.name.reveal(),
        challenge=ask(asked.secret, asked.purpose, now),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_described(held),
        supported_pub_key_algs=[COSEAlgorithmIdentifier(one) for one in (_EDDSA, _ES256, _RS256)],
    )
    return str(options_to_json(options))


def to_sign_in(asked: Asked, held: Sequence[Passkey], now: datetime) -> str:
    """Return, as JSON, what a device is asked to sign.

    Args:
        asked: by whom and what for.
        held: the passkeys that may answer; empty: whichever the person chooses, who then proves themselves to it.
        now: the instant.
    """
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    needs = UserVerificationRequirement.PREFERRED if held else UserVerificationRequirement.REQUIRED
    options = generate_authentication_options(
        rp_id=asked.site.name,
        challenge=ask(asked.secret, asked.purpose, now),
        allow_credentials=_described(held),
        user_verification=needs,
    )
    return str(options_to_json(options))


async def add(tx: Transaction, account_id: UUID, answer: str, name: str, asked: Asked) -> Passkey:
    """Keep the public half of a passkey that a device has made.

    Raises:
        Refusal: `not_found`, `passkey_too_many`, `passkey_refused`.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    account = await accounts.lock(tx, account_id)
    if account is None:
        raise Refusal(NOT_FOUND, noun="account")
    rules.addable(await store.of_account(tx, account_id))
    told, challenge = await _told(tx, answer, asked)
    try:
        made = verify_registration_response(
            credential=told,
            expected_challenge=challenge,
            expected_rp_id=asked.site.name,
            expected_origin=asked.site.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise Refusal(PASSKEY_REFUSED) from None
    if await store.lock_credential(tx, made.credential_id) is not None:
        raise Refusal(PASSKEY_REFUSED)
    passkey = Passkey(
        id=new_id(),
        account_id=account_id,
        name=name[: rules.NAME_LENGTH],
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=_transports(told),
        created_at=tx.now,
    )
    tx.session.add(passkey)
    account.passkeys += 1
    tx.audit("account.passkey_added", subject=f"account/{account_id}", detail={"passkey": str(passkey.id)})
    return passkey


async def remove(tx: Transaction, account_id: UUID, passkey_id: UUID) -> None:
    """Remove a passkey of a person.

    Raises:
        Refusal: `not_found` for another's.
    """
    account = await accounts.lock(tx, account_id)
    if account is None or not await store.remove(tx, account_id, passkey_id):
        raise Refusal(NOT_FOUND, noun="passkey")
    account.passkeys -= 1
    tx.audit("account.passkey_removed", subject=f"account/{account_id}", detail={"passkey": str(passkey_id)})


async def sign_in(tx: Transaction, answer: str, asked: Asked, *, browser: str) -> SignedIn | None:
    """Begin a session by a passkey alone, whose device has made sure of the person; None if it proves nobody."""
    account = await _proven(tx, answer, asked, needs_person=True)
    return None if account is None else signing_in.begin_session(tx, account, browser=browser, waits_for_code=False)


async def complete(tx: Transaction, token: str, answer: str, asked: Asked) -> bool:
    """Complete a session that waits for a second factor by a passkey of the same account."""
    found = await accounts.of_token(tx, token_hash(token))
    if found is None or not found[0].waits_for_code:
        return False
    account = await _proven(tx, answer, asked, needs_person=False)
    if account is None or account.id != found[1].id:
        return False
    signing_in.complete_session(tx, found[0], account)
    return True


class _UnprovenError(Exception):
    """An answer proves nobody who may sign in.

    Attributes:
        account_id: whose passkey it claims to be of, None if nobody's.
    """

    def __init__(self, account_id: UUID | None = None) -> None:
        super().__init__()
        self.account_id = account_id


async def _proven(tx: Transaction, answer: str, asked: Asked, *, needs_person: bool) -> Account | None:
    """Return the account whose passkey has answered, None if there is none or it may not sign in now."""
    try:
        return await _prove(tx, answer, asked, needs_person=needs_person)
    except _UnprovenError as fault:
        subject = "account/-" if fault.account_id is None else f"account/{fault.account_id}"
        tx.audit("session.refused", subject=subject, outcome="refused", detail={"reason": "passkey"})
        return None


async def _prove(tx: Transaction, answer: str, asked: Asked, *, needs_person: bool) -> Account:
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        told, challenge = await _told(tx, answer, asked)
        passkey = await store.lock_credential(tx, base64url_to_bytes(told["rawId"]))
    except (Refusal, ValueError, KeyError, TypeError):
        raise _UnprovenError from None
    if passkey is None:
        raise _UnprovenError
    try:
        done = verify_authentication_response(
            credential=told,
            expected_challenge=challenge,
            expected_rp_id=asked.site.name,
            expected_origin=asked.site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=needs_person,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise _UnprovenError(passkey.account_id) from None
    account = await accounts.lock(tx, passkey.account_id)
    if account is None or signing_in.is_closed(tx, account):
        raise _UnprovenError(passkey.account_id)
    passkey.sign_count, passkey.used_at = done.new_sign_count, tx.now
    return account


async def _told(tx: Transaction, answer: str, asked: Asked) -> tuple[dict[str, Any], bytes]:
    """Return an answer and the question that it is to; each question is answered once.

    Raises:
        Refusal: `passkey_refused`.
    """
    from webauthn.helpers import base64url_to_bytes

    try:
        told = orjson.loads(answer) if len(answer) <= _LARGEST_ANSWER else {}
        said = orjson.loads(base64url_to_bytes(told["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(said["challenge"])
    except (ValueError, KeyError, TypeError):
        raise Refusal(PASSKEY_REFUSED) from None
    ends_at = asked_until(challenge, asked.secret, asked.purpose, tx.now)
    if not await store.take_challenge(tx, token_hash(challenge.hex()), ends_at):
        raise Refusal(PASSKEY_REFUSED)
    return dict(told), challenge


def _described(held: Sequence[Passkey]) -> list[Any]:
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id, transports=[AuthenticatorTransport(way) for way in one.transports] or None
        )
        for one in held
    ]


def _transports(told: dict[str, Any]) -> list[str]:
    """Return how the device is reached, as far as its browser told it in words that we know."""
    said = told["response"].get("transports")
    return sorted({one for one in said if one in _TRANSPORTS}) if isinstance(said, list) else []
