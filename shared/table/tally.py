"""The counts of an import: lines by outcome, findings by kind and group, columns that were mostly not read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.table.column import ListForm
from shared.table.finding import FindingKind, RowFinding, RowGravity, RowOutcome, finding, texts
from shared.table.kinds import (
    AMOUNT_BELOW_FEN,
    AMOUNT_FOREIGN,
    AMOUNT_TOO_LARGE,
    AMOUNT_WITHOUT_UNIT,
    CELL_IGNORED,
    CELL_INVALID,
    CODE_FOLDED,
    CODES_FOLDED,
    COLUMN_MOSTLY_UNREAD,
    DATE_INVALID,
)

UNREAD = frozenset(
    kind.code
    for kind in (
        AMOUNT_BELOW_FEN,
        AMOUNT_FOREIGN,
        AMOUNT_TOO_LARGE,
        AMOUNT_WITHOUT_UNIT,
        CELL_IGNORED,
        CELL_INVALID,
        DATE_INVALID,
    )
)
"""Findings that say a cell was not read."""
_LEAST_UNREAD = 3
_MOST_GROUPS = 200


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of one line.

    Attributes:
        line: its number in the file, the heading's own included.
        outcome: kept, and how, or refused.
        findings: what was found on it.
        filled: columns whose cell holds something.
    """

    line: int
    outcome: RowOutcome
    findings: tuple[RowFinding, ...]
    filled: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """The counts of an import so far; changed in place batch by batch."""

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    flagged: int = 0
    findings: dict[str, Counter[str]] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    unread: dict[str, Counter[str]] = field(default_factory=dict)
    labels: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    folded: dict[str, dict[str, tuple[int, str]]] = field(default_factory=dict)

    def add(self, results: Sequence[LineResult]) -> None:
        """Count further lines.

        Source: K-TAB-08 (design: the report counts what it names).
        """
        self.rows += len(results)
        for result in results:
            self.outcomes[result.outcome.value.lower()] += 1
            self.filled.update(result.filled)
            is_flagged = False
            for one in result.findings:
                self._count(one)
                is_flagged = is_flagged or one.kind.gravity is RowGravity.FLAGGED
            self.flagged += is_flagged and result.outcome is not RowOutcome.REFUSED

    def _count(self, one: RowFinding) -> None:
        groups = self.findings.setdefault(one.kind.code, Counter())
        # A list may hold a new word on every line: the summary stays readable.
        group = one.group if one.group in groups or len(groups) < _MOST_GROUPS else ""
        groups[group] += 1
        if one.label is not None and group:
            self.labels.setdefault(one.kind.code, {}).setdefault(group, one.label)
        if one.kind.code == CODE_FOLDED.code and group:
            ways = self.folded.setdefault(one.column, {})
            count, example = ways.get(group, (0, one.value))
            ways[group] = (count + 1, example)
        if one.kind.code in UNREAD:
            self.unread.setdefault(one.column, Counter())[one.kind.code] += 1

    def as_json(self) -> dict[str, Any]:
        """Return the report: totals, then each finding with its count and its groups."""
        return {
            "rows": self.rows,
            **{one.value.lower(): self.outcomes[one.value.lower()] for one in RowOutcome},
            "flagged": self.flagged,
            "findings": {
                code: {
                    "count": groups.total(),
                    "groups": {name: n for name, n in groups.items() if name},
                    "labels": {name: {"zh": zh, "en": en} for name, (zh, en) in self.labels.get(code, {}).items()},
                }
                for code, groups in sorted(self.findings.items())
            },
        }

    def kept(self) -> dict[str, Any]:
        """Return what the counts need, beside the report, to go on after a crash."""
        return {
            "filled": dict(self.filled),
            "unread": {name: dict(codes) for name, codes in self.unread.items()},
            "folded": {column: {way: list(told) for way, told in ways.items()} for column, ways in self.folded.items()},
        }

    @classmethod
    def resumed(cls, report: Mapping[str, Any] | None) -> "Tally":
        """Return the counts of an import that goes on after a crash."""
        if not report or "rows" not in report:
            return cls()
        found: dict[str, Counter[str]] = {}
        for code, entry in report["findings"].items():
            named = Counter({str(name): int(count) for name, count in entry["groups"].items()})
            rest = entry["count"] - named.total()
            found[code] = named + Counter({"": rest}) if rest else named
        kept = report.get("kept") or {}
        return cls(
            rows=report["rows"],
            outcomes=Counter({one.value.lower(): report[one.value.lower()] for one in RowOutcome}),
            flagged=report["flagged"],
            findings=found,
            filled=Counter(kept.get("filled") or {}),
            unread={name: Counter(codes) for name, codes in (kept.get("unread") or {}).items()},
            labels={
                code: {name: (told["zh"], told["en"]) for name, told in (entry.get("labels") or {}).items()}
                for code, entry in report["findings"].items()
                if entry.get("labels")
            },
            folded={
                column: {way: (told[0], told[1]) for way, told in ways.items()}
                for column, ways in (kept.get("folded") or {}).items()
            },
        )

    def codes_folded(self) -> list[RowFinding]:
        """Return for each column and each way of writing how many codes were read in another form, with an example.

        Source: K-TAB-08 (design).
        """
        return [
            finding(
                CODES_FOLDED,
                column,
                example,
                count=count,
                example=example,
                how_zh=self.labels[CODE_FOLDED.code][way][0],
                how_en=self.labels[CODE_FOLDED.code][way][1],
            )
            for column, ways in self.folded.items()
            for way, (count, example) in ways.items()
            if way in self.labels.get(CODE_FOLDED.code, {})
        ]

    def columns_mostly_unread(self, form: ListForm, headings: Mapping[str, str]) -> list[RowFinding]:
        """Return each column of which more than half of the filled cells were not read: said once, in the head.

        Args:
            form: the list.
            headings: field → heading as the file writes it.

        Source: K-TAB-08 (design).
        """
        said = []
        for name, heading in headings.items():
            unread, filled = self.unread.get(heading, Counter[str]()).total(), self.filled[heading]
            if unread >= _LEAST_UNREAD and unread * 2 > filled:
                column = form.column(name)
                said.append(
                    finding(
                        COLUMN_MOSTLY_UNREAD,
                        heading,
                        "",
                        filled=filled,
                        unread=unread,
                        expected_zh=column.meaning_zh,
                        expected_en=column.meaning_en,
                    )
                )
        return said


def head_entry(one: RowFinding, *, count: int | None = None) -> dict[str, Any]:
    """Return a finding of the whole file as the head of the report shows it."""
    return {
        "code": one.kind.code,
        "gravity": one.kind.gravity.value,
        "column": one.column,
        "value": one.value,
        "count": count,
        **texts(one.kind, dict(one.details)),
    }


def kinds_by_code(*groups: Sequence[FindingKind]) -> dict[str, FindingKind]:
    """Return kinds of findings by their codes."""
    return {kind.code: kind for group in groups for kind in group}
