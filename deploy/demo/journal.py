"""What was asked and answered, step by step, in a file: a demonstration that was cut off goes on where it was."""

import json
import os
from pathlib import Path
from typing import Any


class Journal:
    """The recorded steps of one demonstration, one JSON line each.

    Attributes:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        """Read what is recorded; a line that a crash cut off is dropped."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._steps: dict[str, dict[str, Any]] = {}
        whole: list[str] = []
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    step = json.loads(line)
                except ValueError:
                    break
                self._steps[step["step"]] = step
                whole.append(line)
            path.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")

    def __contains__(self, step: str) -> bool:
        """Tell whether `step` was answered."""
        return self._steps.get(step, {}).get("answer") is not None

    def __len__(self) -> int:
        """Return how many steps are recorded."""
        return len(self._steps)

    def answer(self, step: str) -> Any:  # noqa: ANN401  # JSON
        """Return the recorded answer of `step`."""
        return self._steps[step]["answer"]

    def asked(self, step: str) -> dict[str, Any] | None:
        """Return what `step` asked, so that it is asked again in the very same words; None if it never was."""
        return self._steps.get(step)

    def record(self, step: str, **parts: Any) -> None:  # noqa: ANN401  # JSON
        """Write `step` to the file before anything else happens; a later record of the same step replaces it."""
        entry = {"step": step, **parts}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._steps[step] = entry
