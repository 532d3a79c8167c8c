"""Imports as long work: starting one, working through its lines in batches, reading its report."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.registry.enterprise.models.import_report import ImportFinding
from services.registry.enterprise.rules.enterprise import AUTHORITIES, check_role
from services.registry.enterprise.rules.import_report import RowFinding, RowGravity, RowOutcome, tally
from services.registry.enterprise.store import import_report as store
from shared.db.operation import Operation, find_operation, progress, start_operation
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND

ENTERPRISES = "import_enterprises"
FILINGS = "import_filings"


@dataclass(frozen=True, slots=True)
class NumberedRow:
    """One line of an uploaded table; `broken` if the reader found it damaged."""

    line: int
    cells: Mapping[str, object]
    broken: bool


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one line."""

    line: int
    outcome: RowOutcome
    findings: tuple[RowFinding, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of an import so far."""

    rows: int = 0
    outcomes: Mapping[str, int] = field(default_factory=lambda: {one.value.lower(): 0 for one in RowOutcome})
    flagged: int = 0
    findings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def with_results(self, results: Sequence[RowResult]) -> "Tally":
        """Return the counts after further lines."""
        outcomes = dict(self.outcomes)
        findings: Mapping[str, Mapping[str, int]] = self.findings
        flagged = self.flagged
        for result in results:
            outcomes[result.outcome.value.lower()] += 1
            findings = tally(findings, result.findings)
            flagged += result.outcome is not RowOutcome.REFUSED and any(
                one.kind.gravity is RowGravity.FLAGGED for one in result.findings
            )
        return Tally(self.rows + len(results), outcomes, flagged, findings)

    def as_json(self) -> dict[str, Any]:
        """Return the report: totals, then each finding with its count and its groups."""
        return {
            "rows": self.rows,
            **self.outcomes,
            "flagged": self.flagged,
            "findings": {
                code: {"count": sum(groups.values()), "groups": {name: n for name, n in groups.items() if name}}
                for code, groups in sorted(self.findings.items())
            },
        }

    @classmethod
    def from_json(cls, report: Mapping[str, Any] | None) -> "Tally":
        """Return the counts of an import that goes on after a crash."""
        if not report:
            return cls()
        found = {}
        for code, entry in report["findings"].items():
            named = dict(entry["groups"])
            rest = entry["count"] - sum(named.values())
            found[code] = {**named, "": rest} if rest else named
        outcomes = {one.value.lower(): report[one.value.lower()] for one in RowOutcome}
        return cls(report["rows"], outcomes, report["flagged"], found)


async def start_import(
    tx: Transaction, *, kind: str, operation_id: UUID, sha256: str, media_type: str, filename: str
) -> Operation:
    """Queue an import for the actor; the job picks it up after the commit.

    Raises:
        Refusal: `forbidden_role`.
    """
    check_role(tx.actor.role, AUTHORITIES)
    operation = await start_operation(
        tx,
        operation_id=operation_id,
        kind=kind,
        file_sha256=sha256,
        given={"media_type": media_type, "filename": filename},
    )
    tx.audit(f"{kind}.start", subject=f"operation/{operation_id}", detail={"sha256": sha256})
    return operation


async def read_import(tx: Transaction, operation_id: UUID, kind: str) -> Operation:
    """Return an import of the actor.

    Raises:
        Refusal: `not_found`, also for another client's.
    """
    operation = await find_operation(tx, operation_id, kind)
    if operation is None:
        raise Refusal(NOT_FOUND, noun="import")
    return operation


async def record_batch(
    tx: Transaction, operation: Operation, results: Sequence[RowResult], counts: Tally, *, done: int
) -> None:
    """Write the findings of a batch and the progress, in the transaction of its rows."""
    rows = [
        {
            "operation_id": operation.id,
            "line": result.line,
            "position": position,
            "gravity": one.kind.gravity,
            "code": one.kind.code,
            "column_name": one.column[:120],
            "value": one.value,
        }
        for result in results
        for position, one in enumerate(result.findings)
    ]
    await store.add(tx, rows)
    await progress(tx, operation.id, done=done, result=counts.as_json())


async def finish_import(tx: Transaction, operation: Operation, counts: Tally, *, done: int) -> None:
    """Close an import whose lines are all handled."""
    await progress(tx, operation.id, done=done, total=done, state="DONE", result=counts.as_json())
    tx.audit(f"{operation.kind}.finish", subject=f"operation/{operation.id}", detail={"rows": counts.rows})


async def fail_import(tx: Transaction, operation: Operation, reason: str) -> None:
    """Close an import that cannot go on; lines that were committed stay."""
    await progress(tx, operation.id, done=operation.done, state="FAILED", error=reason)
    tx.audit(f"{operation.kind}.fail", subject=f"operation/{operation.id}", detail={"reason": reason})


async def page_of_findings(
    tx: Transaction, operation_id: UUID, *, after: tuple[int, int] | None, limit: int
) -> Sequence[ImportFinding]:
    """Return a page of what an import found; who may see it was decided by `read_import`."""
    return await store.page(tx, operation_id, after=after, limit=limit)


def all_findings(tx: Transaction, operation_id: UUID) -> AsyncIterator[ImportFinding]:
    """Yield all that an import found; who may see it was decided by `read_import`."""
    return store.stream(tx, operation_id)
