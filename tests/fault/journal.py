"""What a client knows of its calls: sent, ok, refused or unknown, as Jepsen's clients write it down."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

State = Literal["sent", "ok", "refused", "unknown"]


@dataclass
class Entry:
    """One act: one effect is wanted, however often it is sent.

    Attributes:
        kind: what is done, such as `draw`.
        natural: the client's own number of it, by which the database is asked later.
        amount_fen: money that it moves, in fen.
        state: what the client knows at the end; `unknown` may be done or not, but never twice.
        tries: how often it was sent.
        code: of the refusal.
    """

    kind: str
    natural: str
    amount_fen: int = 0
    state: State = "sent"
    tries: int = 0
    code: str = ""


@dataclass
class Journal:
    """All acts of all clients of one scenario, and every answer that was seen."""

    entries: list[Entry] = field(default_factory=list)
    answers: Counter[tuple[str, str, int, str]] = field(default_factory=Counter)
    """(method, path template, status, media type) → how often."""
    slowest_s: float = 0.0
    faults: list[str] = field(default_factory=list)
    """What a client saw that no answer may be."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, kind: str, natural: str, amount_fen: int = 0) -> Entry:
        """Write down an act before it is sent."""
        entry = Entry(kind, natural, amount_fen)
        with self._lock:
            self.entries.append(entry)
        return entry

    def saw(self, method: str, template: str, status: int, media_type: str, began: float) -> None:
        """Write down one answer."""
        with self._lock:
            self.answers[method, template, status, media_type] += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    def of(self, kind: str, state: State | None = None) -> list[Entry]:
        """Return the acts of one kind, in one state if one is named."""
        return [one for one in self.entries if one.kind == kind and state in (None, one.state)]

    def summary(self) -> str:
        """Return the counts in one line."""
        counts = Counter(one.state for one in self.entries)
        tries = sum(one.tries for one in self.entries)
        return " ".join(f"{state} {counts[state]}" for state in ("ok", "refused", "unknown")) + f" tries {tries}"
