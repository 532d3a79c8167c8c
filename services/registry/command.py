"""The operator's commands of the registry: yearly holiday notices (`kechuang holiday …`)."""

import argparse
import asyncio
import io
import sys
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from services.registry.catalogue.rules.holiday_notice import HolidayNoticeTerms
from services.registry.catalogue.rules.holiday_notice_import import FORM, read_line
from services.registry.catalogue.usecases.holiday_notice import record_notice
from services.registry.catalogue.usecases.holiday_notice_import import write_rows
from shared.command.parser import BilingualParser, Verbs, argument
from shared.command.run import DRY_RUN, CommandError, database_url, day_of, in_transaction, told
from shared.db.holiday_notice import RecordedNotice, every_notice
from shared.db.transaction import Transaction
from shared.files.line_judgement import is_example, judged_line, said_of_file
from shared.files.media_type import judge
from shared.files.tabular import Table
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook
from shared.table.finding import RowFinding, RowOutcome, is_refused, texts
from shared.table.row import ReadRow

_LONGEST = timedelta(days=20)


def parser() -> BilingualParser:
    """Return the parser of this family."""
    family = BilingualParser(prog="kechuang", zh="年度节假日安排通知", en="yearly holiday notices")
    groups = family.add_subparsers(dest="group", required=True, metavar="holiday", parser_class=BilingualParser)
    verbs = Verbs(groups.add_parser("holiday", zh="节假日通知：登记、清单", en="holiday notices: record, list"))
    record = verbs.add(
        "record",
        "按国务院办公厅通知登记一年的放假与调休；更正须指明原登记",
        "record the days off and of work of a year; a correction names the first record",
    )
    argument(
        record, "--file", "清单（CSV 或 XLSX，同导入模板）", "a list, CSV or XLSX, as the import takes it", type=Path
    )
    argument(record, "--year", "通知所安排的年份", "the year that the notice arranges", type=int)
    for name, zh, en in (
        ("--number", "文号", "number of the notice"),
        ("--issued-on", "发布日期，如 2026-11-04", "day of the notice, such as 2026-11-04"),
        ("--source", "出处：网址", "where it was read: address of the page"),
    ):
        argument(record, name, zh, en)
    spans = {"action": "append", "default": []}
    argument(record, "--off", "放假日或区间，如 2027-10-01..2027-10-07", "day or span off, once for each", **spans)
    argument(record, "--work", "调休上班日，可重复", "Saturday or Sunday that is worked, once for each", **spans)
    argument(record, "--replaces", "更正：原登记的编号", "correction: id of the record that was wrong")
    argument(record, "--dry-run", "只核对，不保存", "check alone, save nothing", action="store_true")
    verbs.add("list", "列出登记，含已更正的", "list the records, corrected ones included")
    return family


def _days(words: Iterable[str]) -> list[date]:
    found: list[date] = []
    for word in words:
        first, _, last = word.partition("..")
        begin, end = day_of(first), day_of(last or first)
        if not timedelta(0) <= end - begin <= _LONGEST:
            raise CommandError(f"日期区间有误 a span runs forward, twenty days at the most: {word}")
        found += [begin + timedelta(days=step) for step in range((end - begin).days + 1)]
    return found


def _line(row: RecordedNotice) -> str:
    status = "已更正 corrected" if row.replaced_at is not None else "有效 in force"
    counted = f"放假 off {len(row.off_days)}, 上班 work {len(row.work_days)}"
    return "\t".join(
        (
            str(row.id),
            str(row.year),
            row.number,
            row.issued_on.isoformat(),
            counted,
            status,
            row.source,
            row.recorded_by,
        )
    )


async def _perform(given: argparse.Namespace) -> Sequence[str]:
    url = database_url("registry")
    if given.verb == "list":

        async def listed(tx: Transaction) -> Sequence[str]:
            return [_line(row) for row in await every_notice(tx)]

        return await in_transaction(url, "registry", listed, read_only=True)
    if given.file is not None:
        return await in_transaction(url, "registry", partial(_record_list, given), dry_run=given.dry_run)
    missing = [name for name in ("year", "number", "issued_on", "source") if getattr(given, name) is None]
    if missing:
        raise CommandError(f"缺少 missing: {', '.join('--' + name.replace('_', '-') for name in missing)}, --file")
    terms = HolidayNoticeTerms.model_validate(
        {
            "year": given.year,
            "number": given.number,
            "issued_on": day_of(given.issued_on),
            "source": given.source,
            "off_days": _days(given.off),
            "work_days": _days(given.work),
            "replaces_id": given.replaces,
        }
    )

    async def recorded(tx: Transaction) -> Sequence[str]:
        row = await record_notice(tx, terms, notice_id=new_id())
        return [_line(row), *([DRY_RUN] if given.dry_run else [])]

    return await in_transaction(url, "registry", recorded, dry_run=given.dry_run)


async def _record_list(given: argparse.Namespace, tx: Transaction) -> Sequence[str]:
    """Record what a list says, all of it or nothing.

    Raises:
        CommandError: the file cannot be read, or one of its lines is refused; each is named.
    """
    try:
        content = await asyncio.to_thread(given.file.read_bytes)
    except OSError as fault:
        raise CommandError(f"无法读取文件 cannot read the file {given.file}: {fault.strerror}") from fault
    with Table(content, judge(io.BytesIO(content)), FORM) as table:
        read = [(line.number, *judged_line(table, line, read_line, tx.today)) for line in table.lines()]
        told = [_said("", one) for one in said_of_file(table)]
    rows, wrong = [], False
    for number, cells, line in read:
        if is_example(FORM, cells):
            continue
        told += [_said(str(number), one) for one in line.findings]
        if line.value is None or line.key is None or is_refused(line.findings):
            wrong = True
        else:
            rows.append(ReadRow(number, cells, line.key, line.value))
    for row, done in zip(rows, await write_rows(tx, rows, RuleBook(())), strict=True):
        told += [f"{row.line}\t{row.value.year}\t{done.outcome}", *(_said(str(row.line), one) for one in done.findings)]
        wrong = wrong or done.outcome is RowOutcome.REFUSED
    if wrong or not rows:
        raise CommandError("\n".join([*told, "未保存任何登记 nothing was recorded"]))
    return [*told, *([DRY_RUN] if given.dry_run else [])]


def _said(line: str, one: RowFinding) -> str:
    words = texts(one.kind, dict(one.details))
    zh, en = (f"{words[f'text_{tongue}']} {words[f'way_out_{tongue}']}" for tongue in ("zh", "en"))
    return f"{line}\t{one.column}\t{one.value}\t{zh}\t{en}"


def main(arguments: list[str]) -> int:
    """Run one command against the database of `REGISTRY_DATABASE_URL`."""
    given = parser().parse_args(arguments)
    return told(lambda: _perform(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
