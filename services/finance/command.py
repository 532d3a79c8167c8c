"""The operator's commands of finance: publications of the loan prime rate (`kechuang lpr …`)."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date

from services.finance.app import REACTIONS
from services.finance.lending.models.lpr_publication import LprPublication
from services.finance.lending.rules.lpr_publication import LprPublicationTerms
from services.finance.lending.store import lpr_publication as publications
from services.finance.lending.usecases import lpr_publication as usecases
from services.finance.settings import POLICIES
from shared.command.parser import BilingualParser, Verbs, argument
from shared.command.run import DRY_RUN, CommandError, database_url, day_of, in_transaction, told
from shared.db.keyset import PageWanted
from shared.db.selection import Chosen
from shared.db.transaction import Transaction
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.ids import new_id
from shared.kernel.money import rate_text
from shared.kernel.percent import read_percent
from shared.policy.book import RuleBook

_LISTED = 60
"""Five years of monthly publications."""


def parser() -> BilingualParser:
    """Return the parser of this family."""
    family = BilingualParser(
        prog="kechuang", zh="贷款市场报价利率（LPR）的公布", en="publications of the loan prime rate (LPR)"
    )
    groups = family.add_subparsers(dest="group", required=True, metavar="lpr", parser_class=BilingualParser)
    verbs = Verbs(groups.add_parser("lpr", zh="LPR 公布：登记、清单", en="LPR publications: record, list"))
    record = verbs.add(
        "record",
        "按公告登记一次公布；每月一次，更正须指明原登记",
        "record a publication; one a month, a correction names the first",
    )
    for name, zh, en in (
        ("--percent", "公布值，百分数，如 3.00", "the rate in per cent, such as 3.00"),
        ("--published-on", "公布日期，如 2026-12-21", "day of publication, such as 2026-12-21"),
        ("--notice", "公告编号", "number of the announcement"),
        ("--source", "出处：公告标题或网址", "where it was read: title or address of the page"),
    ):
        argument(record, name, zh, en, required=True)
    for name, zh, en in (
        ("--document", "已上传公告文件的 SHA-256", "SHA-256 of the uploaded announcement"),
        ("--replaces", "更正：原登记的编号", "correction: id of the record that was wrong"),
    ):
        argument(record, name, zh, en)
    tenors = {"choices": ("1y",), "default": "1y"}
    argument(record, "--tenor", "期限；贷款只用一年期", "tenor; loans use the one-year rate alone", **tenors)
    for name, zh, en in (
        ("--confirmed", "已核对的较大变动", "a large step, which was checked"),
        ("--dry-run", "只核对，不保存", "check alone, save nothing"),
    ):
        argument(record, name, zh, en, action="store_true")
    verbs.add("list", "列出登记，含已更正的", "list the records, corrected ones included")
    return family


def _terms(given: argparse.Namespace) -> LprPublicationTerms:
    rate = read_percent(given.percent)
    if rate is None:
        raise CommandError("公布值应为百分数，如 3.00 the rate is in per cent, such as 3.00")
    published_on: date = day_of(given.published_on)
    evidence = {
        "level": EvidenceLevel.DOCUMENT,
        "issued_on": published_on,
        "official_no": given.notice,
        "document_sha256": given.document,
    }
    return LprPublicationTerms.model_validate(
        {
            "published_on": published_on,
            "rate_ppm": rate,
            "source": given.source,
            "evidence": evidence,
            "confirmed": given.confirmed,
            "replaces_id": given.replaces,
        }
    )


def _line(row: LprPublication) -> str:
    status = "已更正 corrected" if row.replaced_at is not None else "有效 in force"
    published_on, rate = row.published_on.isoformat(), rate_text(row.rate_ppm)
    return "\t".join((str(row.id), published_on, "1y", rate, status, row.source, row.recorded_by))


async def _perform(given: argparse.Namespace) -> Sequence[str]:
    url = database_url("finance")
    if given.verb == "list":

        async def listed(tx: Transaction) -> Sequence[str]:
            return [_line(row) for row in (await publications.LIST.page(tx, Chosen(), PageWanted(_LISTED))).rows]

        return await in_transaction(url, "finance", listed, read_only=True)
    terms, book = _terms(given), RuleBook.from_folder(POLICIES)

    async def recorded(tx: Transaction) -> Sequence[str]:
        row = await usecases.record_publication(tx, terms, book, publication_id=new_id())
        return [_line(row), *([DRY_RUN] if given.dry_run else [])]

    return await in_transaction(url, "finance", recorded, reactions=REACTIONS, dry_run=given.dry_run)


def main(arguments: list[str]) -> int:
    """Run one command against the database of `FINANCE_DATABASE_URL`."""
    given = parser().parse_args(arguments)
    return told(lambda: _perform(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
