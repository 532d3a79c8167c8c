"""The key files by which the events of a suite are signed: made on first use, in the state folder unless named."""

import os
from collections.abc import Mapping
from pathlib import Path

from deploy.embedded.launch_settings import PROCESSES, LaunchSettings
from shared.events.key_files import make_key, record_unsigned, unsigned_recorded
from shared.events.trust import PUBLIC_KEYS_SETTING
from shared.kernel.clock import SystemClock

PUBLIC_LIST = "event-keys.json"
"""Name of the list of public keys, which lies and is backed up with the secrets."""


class EventKeyFiles:
    """Where the private keys of the publishers and the list of their public halves lie."""

    def __init__(self, settings: LaunchSettings, environment: Mapping[str, str] = os.environ) -> None:
        """Name the files; nothing is made yet."""
        self._settings = settings
        self._environment = environment

    @property
    def public(self) -> Path:
        """The list of public keys that all services share."""
        return Path(self._environment.get(PUBLIC_KEYS_SETTING) or self._settings.secrets / PUBLIC_LIST)

    def private(self, name: str) -> Path:
        """Return the private key file of a publisher, made with its public half on first use."""
        named = self._environment.get(f"{name.upper()}_EVENT_KEY_FILE")
        path = Path(named) if named else self._settings.secrets / f"event-key-{name}.json"
        if not named and not path.exists():
            make_key(name, path, self.public, SystemClock().now())
        return path

    def note_new_streams(self) -> None:
        """Note that no stream holds an event that was published before events were signed."""
        record_unsigned(self.public, dict.fromkeys(PROCESSES, 0), SystemClock().now())

    @property
    def past_is_noted(self) -> bool:
        """Whether it is noted of every stream what it held before its publisher signed."""
        return unsigned_recorded(self.public) >= set(PROCESSES)
