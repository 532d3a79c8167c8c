"""Personal data: masked wherever it is shown, encrypted where it is kept, readable only through `reveal()`."""

import hashlib
import os
import re
import unicodedata
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from shared.kernel.fault import value_fault
from shared.kernel.text import line

_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_PURPOSE = b"kechuang personal data v1"
_LENGTH_MAX = 200
_NUMBER = re.compile(r"\(?\+?[0-9][0-9 Xx()/*#.-]*")
_DIGIT = re.compile("[0-9Xx]")
_HEAD, _TAIL = 3, 4


class PersonalKeyMissing(RuntimeError):  # noqa: N818  # says what is missing
    """Personal data cannot be kept or read: no key of this process fits."""


class Personal:
    """A name, telephone number, address or identity number of a person; `str()`, `repr()` and JSON show the mask.

    No dataclass: pydantic would take one apart and show the text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep the text."""
        self._text = text

    def __eq__(self, other: object) -> bool:
        """Compare the whole texts."""
        return isinstance(other, Personal) and self._text == other._text

    def __hash__(self) -> int:
        """Hash the whole text."""
        return hash(self._text)

    @property
    def masked(self) -> str:
        """What may be shown, never more than half of what there is: `张**`, `138****78`, `023****6` for `0236789`."""
        plain = unicodedata.normalize("NFKC", self._text)
        if _NUMBER.fullmatch(plain):
            return _masked_number("".join(_DIGIT.findall(plain)))
        return f"{self._text[:1]}**" if len(self._text) > 1 else "**"

    def reveal(self) -> str:
        """Return the whole text; whoever calls this writes an audit row."""
        return self._text

    def __str__(self) -> str:
        """Return the mask."""
        return self.masked

    def __repr__(self) -> str:
        """Return the mask."""
        return f"Personal({self.masked!r})"

    @classmethod
    def _take(cls, value: object) -> "Personal":
        if isinstance(value, Personal):
            return value
        if not isinstance(value, str):
            raise value_fault("text_expected", "应为文本", "must be text")
        text = line(value)
        if len(text) > _LENGTH_MAX:
            raise value_fault("text_too_long", "至多 {most} 个字符", "may have at most {most} characters", most="200")
        return cls(text)

    @staticmethod
    def _show(value: "Personal", info: SerializationInfo) -> "Personal | str":
        # Only JSON shows the mask: a row is built from `model_dump()`, which must not lose the text.
        return value if info.mode == "python" else value.masked

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:  # noqa: ANN401  # pydantic's signature
        """Take text in, show the mask in JSON."""
        mask = core_schema.plain_serializer_function_ser_schema(cls._show, info_arg=True)
        return core_schema.no_info_plain_validator_function(cls._take, serialization=mask)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the text in the API documents."""
        return {
            "type": "string",
            "minLength": 1,
            "maxLength": _LENGTH_MAX,
            "description": "Personal data: taken whole, shown masked.",
        }


def _masked_number(digits: str) -> str:
    """Return a number with at least half of its digits hidden; how many there are is not told."""
    shown = len(digits) // 2
    tail = min(_TAIL, shown // 2)
    head = min(_HEAD, shown - tail)
    return f"{digits[:head]}****{digits[len(digits) - tail :]}"


class _KeyRing:
    """The keys of this process: the newest one encrypts, each one decrypts what it encrypted."""

    def __init__(self) -> None:
        self._keys: dict[bytes, AESGCM] = {}
        self._newest: bytes | None = None

    def add(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError("the key of personal data has 32 bytes")
        self._newest = hashlib.sha256(_PURPOSE + key).digest()[:_KEY_ID_BYTES]
        self._keys[self._newest] = AESGCM(key)

    def encrypt(self, text: str) -> bytes:
        if self._newest is None:
            raise PersonalKeyMissing("no key of personal data is set: set PERSONAL_DATA_KEY of the service")
        nonce = os.urandom(_NONCE_BYTES)
        return self._newest + nonce + self._keys[self._newest].encrypt(nonce, text.encode(), _PURPOSE)

    def decrypt(self, kept: bytes) -> str:
        key_id, nonce = kept[:_KEY_ID_BYTES], kept[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
        cipher = self._keys.get(key_id)
        if cipher is None:
            raise PersonalKeyMissing(f"personal data were encrypted with key {key_id.hex()}, which is not set here")
        try:
            return cipher.decrypt(nonce, kept[_KEY_ID_BYTES + _NONCE_BYTES :], _PURPOSE).decode()
        except InvalidTag:
            raise PersonalKeyMissing("personal data were altered in the database, or belong to another key") from None


_KEYS = _KeyRing()


def add_key(key: bytes) -> None:
    """Add a key of 32 bytes to this process; the last one added encrypts (older ones still decrypt).

    Raises:
        ValueError: not 32 bytes.
    """
    _KEYS.add(key)


class PersonalColumn(TypeDecorator[Personal]):
    """A column that keeps `Personal` encrypted: key id, nonce, AES-256-GCM text and tag. It cannot be searched."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Personal | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002  # given by SQLAlchemy
        """Encrypt what goes to the database."""
        return None if value is None else _KEYS.encrypt(value.reveal())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Personal | None:  # noqa: ARG002  # 〃
        """Decrypt what comes from the database."""
        return None if value is None else Personal(_KEYS.decrypt(value))
