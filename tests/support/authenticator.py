"""A device of the tests that makes passkeys and signs with them, as W3C Web Authentication Level 3 says."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from shared.kernel.ids import new_id

_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def told(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@dataclass
class Device:
    """Holds one passkey of one site.

    Attributes:
        origin: of the page that asks, as its browser tells.
        verifies: whether the device makes sure of the person.
        count: of its signatures.
    """

    origin: str
    verifies: bool = True
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: new_id().bytes)
    user: bytes = b""

    def add(self, question: str) -> str:
        """Answer the question of a page that adds a passkey."""
        asked = json.loads(question)
        self.user = plain(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        own = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(public)
        data = self._data(asked["rp"]["id"], _ATTESTED) + own
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        response = {
            "clientDataJSON": told(client),
            "attestationObject": told(attestation),
            "transports": ["usb", "new"],
        }
        return self._answer(response)

    def sign(self, question: str) -> str:
        """Answer the question of a page that signs somebody in."""
        asked = json.loads(question)
        self.count += 1
        data = self._data(asked["rpId"], 0)
        client = self._client("webauthn.get", asked["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": told(client),
            "authenticatorData": told(data),
            "signature": told(signature),
            "userHandle": told(self.user),
        }
        return self._answer(response)

    def _data(self, site: str, flags: int) -> bytes:
        verified = _VERIFIED if self.verifies else 0
        return (
            hashlib.sha256(site.encode()).digest()
            + bytes([_PRESENT | verified | flags])
            + self.count.to_bytes(4, "big")
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        own = told(self.credential_id)
        return json.dumps(
            {"id": own, "rawId": own, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )
