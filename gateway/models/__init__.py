"""Tables of the gateway: clients, signing keys, accounts of people, their passkeys, sessions and unsent forms."""

from gateway.models.account import Account, AccountSession
from gateway.models.account_identity import AccountIdentity
from gateway.models.authorization import AuthorizationGrant, RefreshToken
from gateway.models.base import Base, metadata
from gateway.models.client import Client
from gateway.models.kept_form import KeptForm
from gateway.models.passkey import AnsweredChallenge, Passkey
from gateway.models.signing_key import SigningKey

__all__ = [
    "Account",
    "AccountIdentity",
    "AccountSession",
    "AnsweredChallenge",
    "AuthorizationGrant",
    "Base",
    "Client",
    "KeptForm",
    "Passkey",
    "RefreshToken",
    "SigningKey",
    "metadata",
]
