"""Secrets of one installation: each a file with mode 0600, made once."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def secret(folder: Path, name: str) -> str:
    """Return the secret `name`, made of 32 random hexadecimal digits on first use."""
    return _kept(folder / name, lambda: secrets.token_hex(16))


def key(folder: Path, name: str) -> str:
    """Return 32 random bytes in base64, made on first use."""
    return _kept(folder / name, lambda: base64.b64encode(os.urandom(32)).decode())


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads; it appears whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.rename(path)


def _kept(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        write_private(path, make())
    return path.read_text(encoding="utf-8")
