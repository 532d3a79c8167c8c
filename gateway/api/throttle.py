"""Slows down who guesses secrets: failures count per client and address, so nobody locks another client out."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

_WINDOW_S = 60.0
_MAX_FAILURES = 10
_MAX_KEYS = 10_000

Key = tuple[str, str]


@dataclass(slots=True)
class FailureThrottle:
    """Failures of the last minute by (client, address); the oldest key is forgotten when there are too many."""

    _failures: OrderedDict[Key, deque[float]] = field(default_factory=OrderedDict)

    def wait_s(self, key: Key, now: float) -> int:
        """Return for how many seconds `key` must wait; 0 if it may try."""
        failures = self._failures.get(key)
        if failures is None:
            return 0
        while failures and now - failures[0] > _WINDOW_S:
            failures.popleft()
        if len(failures) < _MAX_FAILURES:
            return 0
        return int(_WINDOW_S - (now - failures[0])) + 1

    def failed(self, key: Key, now: float) -> None:
        """Count a failure."""
        self._failures.setdefault(key, deque(maxlen=_MAX_FAILURES)).append(now)
        self._failures.move_to_end(key)
        while len(self._failures) > _MAX_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, key: Key) -> None:
        """Forget the failures of `key`."""
        self._failures.pop(key, None)
