"""Tables of the gateway: clients and signing keys."""

from gateway.models.base import Base, metadata
from gateway.models.client import Client
from gateway.models.signing_key import SigningKey

__all__ = ["Base", "Client", "SigningKey", "metadata"]
