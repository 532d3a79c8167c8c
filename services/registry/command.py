"""The operator's commands of the registry: yearly holiday notices (`kechuang holiday …`)."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from services.registry.catalogue.rules.holiday_notice import HolidayNoticeTerms
from services.registry.catalogue.usecases.holiday_notice import record_notice
from shared.command.parser import BilingualParser, Verbs, argument
from shared.command.run import DRY_RUN, CommandError, database_url, day_of, in_transaction, told
from shared.db.holiday_notice import RecordedNotice, every_notice
from shared.db.transaction import Transaction
from shared.kernel.ids import new_id

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
    argument(record, "--year", "通知所安排的年份", "the year that the notice arranges", required=True, type=int)
    for name, zh, en in (
        ("--number", "文号", "number of the notice"),
        ("--issued-on", "发布日期，如 2026-11-04", "day of the notice, such as 2026-11-04"),
        ("--source", "出处：网址", "where it was read: address of the page"),
    ):
        argument(record, name, zh, en, required=True)
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


def main(arguments: list[str]) -> int:
    """Run one command against the database of `REGISTRY_DATABASE_URL`."""
    given = parser().parse_args(arguments)
    return told(lambda: _perform(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
