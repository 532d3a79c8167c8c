"""The archive of the write-ahead log: with a base backup it leads to any instant since that was made.

PostgreSQL's own archiver fills it, piece by piece, in a folder beside its data. The folder exists from the first backup
on, and where it is missing afterwards the archiver fails. A piece appears in it whole and synced or not at all, and is
never written over.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ARCHIVE = "archive"
"""Its name beside the data folder, in which the server runs its commands: no path is too long or odd for them."""

BEGUN_BY = "archive_timeout"
"""The setting that the first backup gives the server: from then on every piece is kept."""

_AT = f"../{ARCHIVE}"
# The server runs this in its data folder. Before the first backup nothing is kept. What that sets there stays, also in
# data that were put back: where the archive is missing then, the command fails, and that is told.
# A piece that is there already must be the same: the server asks again for one whose success it did not note.
ARCHIVE_COMMAND = (
    f"if [ ! -d {_AT} ]; then ! grep -qs '^{BEGUN_BY} ' postgresql.auto.conf; "
    f"elif [ -e {_AT}/%f.gz ]; then gzip -cd {_AT}/%f.gz | cmp -s - %p; "
    f"else umask 077; gzip -1 -c %p > {_AT}/%f.new && sync {_AT}/%f.new && ln {_AT}/%f.new {_AT}/%f.gz "
    f"&& rm {_AT}/%f.new && sync {_AT}; fi"
)
RESTORE_COMMAND = f"[ -e {_AT}/%f.gz ] && gzip -cd {_AT}/%f.gz > %p"

SWITCH_SECONDS = 60
"""A piece that was begun is archived after so long at the latest, full or not."""

_PIECE = re.compile(r"(?P<timeline>[0-9A-F]{8})(?P<log>[0-9A-F]{8})(?P<part>[0-9A-F]{8})")
_KEPT_NAME = re.compile(r"(?P<name>[0-9A-F]{8}(\.history|[0-9A-F]{16}(\.partial|\.[0-9A-F]{8}\.backup)?))\.gz")
_PARTS = 256  # of 16 MiB in each "log", the server's default
_TIMELINES = "timelines.json"
_CHECKED_AT_ONCE = 200


def number_of(piece: str) -> int | None:
    """Return where in the history a piece stands, on whatever timeline; None where the name is that of no piece."""
    found = _PIECE.fullmatch(piece)
    return int(found["log"], 16) * _PARTS + int(found["part"], 16) if found else None


@dataclass(frozen=True, slots=True)
class WalArchive:
    """A folder of archived pieces.

    Attributes:
        folder: where they lie.
    """

    folder: Path

    def pieces(self) -> list[str]:
        """Return the names of what is kept, without the ending of the files."""
        if not self.folder.is_dir():
            return []
        found = (_KEPT_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(one["name"] for one in found if one is not None)

    def since(self, start: str) -> list[str]:
        """Return the pieces that a recovery from the piece `start` on may need, with the histories of timelines."""
        first = number_of(start) or 0
        return [one for one in self.pieces() if (number := number_of(one[:24])) is None or number >= first]

    def first_hole(self, start: str, beside: Sequence[str] = ()) -> str | None:
        """Return the name of the first piece that is missing from `start` on, though later ones exist.

        Args:
            start: piece with which the recovery begins.
            beside: pieces that lie elsewhere, such as in the data folder that was lost.
        """
        kept = {number for one in (*self.since(start), *beside) if (number := number_of(one)) is not None}
        first = number_of(start)
        if not kept or first is None:
            return None
        missing = next((number for number in range(first, max(kept)) if number not in kept), None)
        return None if missing is None else f"{start[:8]}{missing // _PARTS:08X}{missing % _PARTS:08X}"

    def damaged(self, pieces: Sequence[str]) -> list[str]:
        """Return those of the pieces whose check sum is wrong."""
        found = []
        for start in range(0, len(pieces), _CHECKED_AT_ONCE):
            files = [str(self.folder / f"{one}.gz") for one in pieces[start : start + _CHECKED_AT_ONCE]]
            told = subprocess.run(["gzip", "-t", *files], check=False, capture_output=True, text=True)
            if told.returncode != 0:
                found += [one for one in pieces if f"{one}.gz:" in told.stderr]
        return found

    def copy_to(self, other: "WalArchive", pieces: Sequence[str]) -> int:
        """Copy what the other lacks, each whole or not at all; return how many were copied."""
        other.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = set(other.pieces())
        missing = [one for one in pieces if one not in there]
        for one in missing:
            draft = other.folder / f"{one}.new"
            shutil.copyfile(self.folder / f"{one}.gz", draft)
            draft.chmod(0o600)
            draft.rename(other.folder / f"{one}.gz")
        if (timelines := self.folder / _TIMELINES).exists():
            shutil.copyfile(timelines, other.folder / _TIMELINES)
        return len(missing)

    def prune(self, start: str) -> int:
        """Remove the pieces before `start`, which no backup needs any more; return how many."""
        needed = set(self.since(start))
        dropped = [one for one in self.pieces() if one not in needed]
        for one in dropped:
            (self.folder / f"{one}.gz").unlink()
        return len(dropped)

    def note_timeline(self, timeline: int, began_at: datetime) -> None:
        """Note that from `began_at` on the database went on under another timeline, since it was set back."""
        noted = [*self._timelines(), (began_at, timeline)]
        lines = [{"began_at": at.isoformat(), "timeline": number} for at, number in noted]
        draft = self.folder / f"{_TIMELINES}.new"
        draft.write_text(json.dumps(lines, indent=1), encoding="utf-8")
        draft.chmod(0o600)
        draft.rename(self.folder / _TIMELINES)

    def timeline_at(self, at: datetime | None, otherwise: int) -> int:
        """Return the timeline that was written at an instant, the newest where none is named.

        Args:
            at: the instant.
            otherwise: timeline of the base backup, right unless the database was set back since.
        """
        found = [number for began_at, number in self._timelines() if at is None or began_at <= at]
        return max([otherwise, *found[-1:]])

    def _timelines(self) -> Iterator[tuple[datetime, int]]:
        path = self.folder / _TIMELINES
        if path.exists():
            for line in json.loads(path.read_text(encoding="utf-8")):
                yield datetime.fromisoformat(line["began_at"]), int(line["timeline"])
