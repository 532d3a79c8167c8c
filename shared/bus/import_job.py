"""The one engine of imports: a job works through an uploaded list batch by batch and goes on after a crash.

An import is a column list, a reader of one line and a writer of a batch. While one batch is written, the next is read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import islice
from typing import Any, Generic, TypeVar

import structlog

from shared.bus.job import Job, JobContext, Opened
from shared.db.bulk import read_by_key
from shared.db.document import ScanVerdict
from shared.db.engine import Busy, DatabaseUnavailable
from shared.db.line_finding import add_findings
from shared.db.operation import Operation, claim_operation, find_operation, progress
from shared.db.transaction import Transaction
from shared.files.line_judgement import is_example, judged_line, said_of_file
from shared.files.scan import FILE_INFECTED
from shared.files.table_refusals import TABLE_EMPTY
from shared.files.tabular import Line, Table
from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal
from shared.policy.book import RuleBook
from shared.table.cells import Cells
from shared.table.column import ListForm
from shared.table.finding import RowFinding, RowOutcome, finding, is_refused, kind_of, texts
from shared.table.kinds import (
    EXAMPLE_SKIPPED,
    ROW_REPEATED,
)
from shared.table.row import ReadLine, ReadRow, Written
from shared.table.tally import LineResult, Tally, head_entry

_log = structlog.get_logger(__name__)
_INTERVAL_S = 2.0
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class TableImport(Generic[Value]):
    """One kind of import.

    Attributes:
        form: its columns and its names.
        read: the reader of one line; pure, called in a thread, with the business day.
        write: the writer of a batch: what became of each row, in order.
        settle: what the lines as a whole still bring about, in transactions of its own; the list is told done behind
            it. It goes on where it was cut, and finds by itself what lines of a list that was given up have left.
    """

    form: ListForm
    read: Callable[[Cells, date], ReadLine[Value]]
    write: Callable[[Transaction, Sequence[ReadRow[Value]], RuleBook], Awaitable[Sequence[Written]]]
    settle: Callable[[Opened, RuleBook], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class _Judged(Generic[Value]):
    """One line, its cells and what its reader made of it."""

    line: Line
    cells: Cells
    read: ReadLine[Value]


class _Cancelled(Exception):  # noqa: N818  # an order, not an error
    """The import was cancelled while a batch was written: the batch is undone."""


class _DryRun(Exception):  # noqa: N818  # the end of a rehearsal
    """What a batch would do is known: it is undone."""


def import_job(work: TableImport[Any]) -> Job:
    """Return the job that works through every waiting list of one kind."""

    async def run(context: JobContext) -> None:
        while (operation := await _claim(context, work.form.operation)) is not None:
            try:
                await _Run(context, operation, work).through()
            except (DatabaseUnavailable, Busy):
                raise  # the same list goes on behind its last commit with the next run
            except _Cancelled:
                _log.info("import_cancelled", operation_id=str(operation.id))
            except Refusal as refusal:
                await _fail(context, operation, refusal)
            except Exception:  # noqa: BLE001  # one bad list must not stop those behind it; it is logged and closed
                _log.exception("import_failed", operation_id=str(operation.id))
                await _fail(context, operation, None)

    return Job(work.form.operation, _INTERVAL_S, run)


async def _claim(context: JobContext, kind: str) -> Operation | None:
    async with context.transaction() as tx:
        return await claim_operation(tx, kind)


def _transaction(context: JobContext, operation: Operation) -> AbstractAsyncContextManager[Transaction]:
    """Act for the client that uploaded: its row scope holds here too."""
    return context.transaction(
        actor=operation.actor, causation_id=operation.causation_id, request_id=operation.request_id
    )


async def _fail(context: JobContext, operation: Operation, refusal: Refusal | None) -> None:
    """Close an import that cannot go on; lines that were committed stay, and so does their report."""
    code = "internal" if refusal is None else refusal.code.code
    async with _transaction(context, operation) as tx:
        held = await find_operation(tx, operation.id, operation.kind)
        result = dict((held.result if held is not None else None) or Tally().as_json())
        if refusal is not None:
            result["problem"] = {"code": code, **texts(kind_of(refusal.code), refusal.details)}
        await progress(tx, operation.id, done=result["rows"], state="FAILED", error=code, result=result)
        tx.audit(f"{operation.kind}.fail", subject=f"operation/{operation.id}", detail={"reason": code})


class _Run(Generic[Value]):
    """One import on its way through its file."""

    def __init__(self, context: JobContext, operation: Operation, work: TableImport[Value]) -> None:
        self._context = context
        self._operation = operation
        self._work = work
        self._is_dry = bool(operation.input.get("dry_run"))
        self._today = shanghai_date(context.clock.now())
        self._tally = Tally.resumed(operation.result)
        self._seen: dict[str, int] = {}
        self._done = 0
        self._examples = 0
        self._batch_rows = context.settings.import_batch_rows

    async def through(self) -> None:
        """Work through the file and close the import.

        Raises:
            Refusal: what the table refuses; the lines before it stay. `table_empty` if nothing but the example stands.
                What the scanner refuses; nothing was read then.
        """
        sha256 = self._operation.file_sha256 or ""
        await self._scan(sha256)
        content = await self._context.files.read(sha256)
        table = Table(content, self._operation.input["media_type"], self._work.form)
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(table.__enter__)
        try:
            lines = table.lines()
            following = loop.run_in_executor(None, self._judge, table, lines)
            try:
                while batch := await following:
                    following = loop.run_in_executor(None, self._judge, table, lines)
                    await self._take(table, batch)
            finally:
                # The thread reads the file that is closed below.
                await asyncio.wait([following])
                following.exception()
        finally:
            table.__exit__(None, None, None)
        if self._work.settle is not None and not self._is_dry:
            await self._work.settle(partial(_transaction, self._context, self._operation), self._context.rule_book)
        await self._finish(table)

    async def _scan(self, sha256: str) -> None:
        """Let the scanner see the file before a line of it is read, once for all runs.

        Raises:
            Refusal: `file_infected`, its bytes are then removed; `scan_unavailable`.
        """
        scan, files = self._context.scan, self._context.files
        if scan is None or self._operation.done:
            return
        if await scan(files.open(sha256)) is not ScanVerdict.CLEAN:
            await files.remove(sha256)
            raise Refusal(FILE_INFECTED)

    def _judge(self, table: Table, lines: Any) -> list[_Judged[Value]]:  # noqa: ANN401  # an iterator of lines
        """Read the next batch of lines; runs in a thread while the batch before is written."""
        return [self._judged(table, line) for line in islice(lines, self._batch_rows)]

    def _judged(self, table: Table, line: Line) -> _Judged[Value]:
        cells, read = judged_line(table, line, self._work.read, self._today)
        return _Judged(line, cells, read)

    async def _take(self, table: Table, batch: list[_Judged[Value]]) -> None:
        """Write one batch and record what became of it, in one transaction."""
        # Lines committed before a crash: only their keys are needed, to know a repeated line.
        before = min(max(self._operation.done - self._done, 0), len(batch))
        self._done += len(batch)
        for one in batch[:before]:
            self._first(one)
        fresh = batch[before:]
        if not fresh:
            return
        rows, results = self._sorted(fresh)
        if self._is_dry:
            results |= await self._rehearsed(rows)
        async with _transaction(self._context, self._operation) as tx:
            if not self._is_dry:
                results |= await self._written(tx, rows)
            ordered = [results[one.line.number] for one in fresh if one.line.number in results]
            self._tally.add(ordered)
            await add_findings(tx, self._operation.id, ordered)
            if not await progress(
                tx, self._operation.id, done=self._done, total=self._expected(table), result=self._result(table)
            ):
                raise _Cancelled

    def _sorted(self, fresh: list[_Judged[Value]]) -> tuple[list[_Judged[Value]], dict[int, LineResult]]:
        """Return the lines that are to be written, and what became of the others."""
        rows, results = [], {}
        for one in fresh:
            if is_example(self._work.form, one.cells):
                self._examples += 1
                continue
            findings = one.read.findings
            first = self._first(one)
            if first is not None and first != one.line.number:
                findings = (*findings, finding(ROW_REPEATED, self._key_column(one), one.read.key, first=first))
            if one.read.value is None or one.read.key is None or is_refused(findings):
                results[one.line.number] = _result(one, RowOutcome.REFUSED, findings)
            else:
                rows.append(one)
        return rows, results

    def _first(self, one: _Judged[Value]) -> int | None:
        """Return the first line of the file with the key of this one; a line that is refused holds no key."""
        if one.read.key is None or one.read.value is None or is_refused(one.read.findings):
            return None
        return self._seen.setdefault(one.read.key, one.line.number)

    def _key_column(self, one: _Judged[Value]) -> str:
        return one.cells.column(self._work.form.key)

    async def _rehearsed(self, rows: list[_Judged[Value]]) -> dict[int, LineResult]:
        """Return what the writer would do, and undo it."""
        found: dict[int, LineResult] = {}
        try:
            async with _transaction(self._context, self._operation) as tx:
                found = await self._written(tx, rows)
                await tx.session.flush()
                raise _DryRun  # noqa: TRY301  # the transaction ends by it
        except _DryRun:
            return found

    async def _written(self, tx: Transaction, rows: list[_Judged[Value]]) -> dict[int, LineResult]:
        given = [
            ReadRow(one.line.number, one.cells, one.read.key or "", one.read.value)
            for one in rows
            if one.read.value is not None
        ]
        if given:
            await read_by_key(tx)
        written = await self._work.write(tx, given, self._context.rule_book) if given else ()
        return {
            one.line.number: _result(one, done.outcome, (*one.read.findings, *done.findings))
            for one, done in zip(rows, written, strict=True)
        }

    async def _finish(self, table: Table) -> None:
        if self._tally.rows == 0:
            raise Refusal(TABLE_EMPTY)  # the template as it was downloaded: its example is no line
        async with _transaction(self._context, self._operation) as tx:
            result = self._result(table)
            if not await progress(
                tx, self._operation.id, done=self._done, total=self._done, state="DONE", result=result
            ):
                raise _Cancelled
            tx.audit(
                f"{self._operation.kind}.finish",
                subject=f"operation/{self._operation.id}",
                detail={"rows": self._tally.rows, "dry_run": self._is_dry},
            )

    def _expected(self, table: Table) -> int:
        """Return how many lines lie below the heading, as counted before; a cell of several lines makes it too many."""
        count = table.count
        return max(count.in_file - count.above - count.heading - count.blank - count.further, self._done)

    def _result(self, table: Table) -> dict[str, Any]:
        count = table.count
        return {
            **self._tally.as_json(),
            "dry_run": self._is_dry,
            "sheet": table.sheet,
            "head": [head_entry(one) for one in self._head(table)],
            "lines": {
                "in_file": count.in_file,
                "above": count.above,
                "heading": count.heading,
                "blank": count.blank,
                "rows": count.rows,
                "further": count.further,
            },
            "kept": self._tally.kept(),
        }

    def _head(self, table: Table) -> list[RowFinding]:
        """Return what is said of the whole file."""
        unread = self._tally.columns_mostly_unread(self._work.form, table.heading.headings)
        said = [*unread, *self._tally.codes_folded(), *said_of_file(table)]
        if self._examples:
            said.append(finding(EXAMPLE_SKIPPED, "", self._examples))
        return said


def _result(one: _Judged[Any], outcome: RowOutcome, findings: tuple[RowFinding, ...]) -> LineResult:
    heading = one.cells.heading
    filled = tuple(heading.headings[name] for name, place in heading.fields.items() if one.cells.row[place])
    return LineResult(one.line.number, outcome, findings, filled)
