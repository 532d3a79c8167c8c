"""Tables of the gateway: clients, signing keys, accounts of people, their sessions, and what they had typed."""

from gateway.models.account import Account, AccountSession
from gateway.models.base import Base, metadata
from gateway.models.client import Client
from gateway.models.kept_form import KeptForm
from gateway.models.signing_key import SigningKey

__all__ = ["Account", "AccountSession", "Base", "Client", "KeptForm", "SigningKey", "metadata"]
