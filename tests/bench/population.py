"""A made-up population of firms, and one process that evaluates its part of it under three rule sets.

Arguments: database, first firm, number of firms. The product has no batch over a population yet; this reads with COPY-
like queries, decides with the product's own rules, and stores the records by COPY.
"""

import json
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import uvloop

import services.finance
from services.finance.evaluation.rules import kv_evaluation, kv_fact
from services.finance.evaluation.rules.kv_fact import (
    EnterpriseView,
    FilingView,
    FirmView,
    PortfolioView,
    QualificationView,
)
from shared.kernel.clock import SystemClock, shanghai_date
from shared.policy.book import RuleBook
from tests.bench.filling import code

FOLDER = Path(services.finance.__file__).parent / "policies"
_WAN = 1_000_000
_BATCH = 1_000
_TABLE = """
CREATE TABLE IF NOT EXISTS bench_record (uscc text, policy text, version text, score_milli int, limit_fen bigint,
                                         record text)
"""
_COLUMNS = ["uscc", "policy", "version", "score_milli", "limit_fen", "record"]


def made_up(number: int, today: date) -> FirmView:
    """Return a firm as finance holds it; the numbers differ so that every tier occurs."""
    size = number % 17 + 1
    filings = {
        year: FilingView(
            1, year, 10 * size, 3 * size, 300 * size * _WAN, (20 + number % 23 + turn) * size * _WAN, None, number % 4
        )
        for turn, year in enumerate((today.year - 2, today.year - 1))
    }
    titles = {"TECH_ENTERPRISE": QualificationView(1, "VALID", date(2024, 1, 1), None)}
    if number % 2:
        titles["TECH_SME"] = QualificationView(1, "VALID", date(2024, 1, 1), None)
    kinds = {"INVENTION": (number % 6, 1000 * (number % 6)), "UTILITY_MODEL": (number % 9, 1000 * (number % 9))}
    return FirmView(
        code(number),
        EnterpriseView(1, serious_dishonesty=False, abnormal_operations=False),
        filings,
        titles,
        PortfolioView(1, today, number % 3, 0, kinds, "0" * 64),
    )


async def fill_firms(url: str, firms: int, today: date) -> None:
    """Write the facts of the population into finance's projections."""
    connection = await asyncpg.connect(url)
    now = SystemClock().now()
    held = [made_up(number, today) for number in range(firms)]
    copies: dict[str, list[dict[str, Any]]] = {"enterprise": [], "filing": [], "qualification": [], "portfolio": []}
    for one in held:
        base = {"uscc": one.uscc, "version": 1, "source_time": now}
        marks = ("abnormal_operations", "serious_dishonesty", "major_accident", "research_dishonesty")
        copies["enterprise"].append(
            {**base, "name": "示例", "unit_id": "500107", "legal_form": "LIMITED", "status": "ACTIVE"}
            | dict.fromkeys(marks, False)
        )
        for filing in one.filings.values():
            copies["filing"].append({**base, **_fields(filing)})
        for kind, title in one.qualifications.items():
            copies["qualification"].append({**base, "kind": kind, **_fields(title)})
        assert one.portfolio is not None
        summary = _fields(one.portfolio)
        summary["kinds"] = json.dumps(
            [{"kind": kind, "count": n, "weighted_milli": milli} for kind, (n, milli) in summary["kinds"].items()]
        )
        copies["portfolio"].append({**base, **summary})
    try:
        for table, rows in copies.items():
            await _copy(connection, table, rows)
        await connection.execute(_TABLE)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


def _fields(view: Any) -> dict[str, Any]:
    return {name: getattr(view, name) for name in view.__dataclass_fields__ if name != "version"}


async def _copy(connection: "asyncpg.Connection[asyncpg.Record]", table: str, rows: list[dict[str, Any]]) -> None:
    """Copy rows, with a neutral value in each column that must hold something."""
    asked = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1 AND is_nullable = 'NO'"
    neutral = {"bigint": 0, "integer": 0, "boolean": False, "date": date(2024, 1, 1)}
    needed = {one["column_name"]: neutral.get(one["data_type"], "0") for one in await connection.fetch(asked, table)}
    whole = [{**needed, **row} for row in rows]
    names = list(whole[0])
    await connection.copy_records_to_table(
        table, columns=names, records=[tuple(one[n] for n in names) for one in whole]
    )


async def _read(connection: "asyncpg.Connection[asyncpg.Record]", usccs: list[str]) -> list[FirmView]:
    """Read the facts of a batch of firms in one query per projection."""
    found: dict[str, dict[str, list[asyncpg.Record]]] = {}
    for table in ("enterprise", "filing", "qualification", "portfolio"):
        by_firm: dict[str, list[asyncpg.Record]] = {}
        for row in await connection.fetch(f"SELECT * FROM {table} WHERE uscc = ANY($1)", usccs):
            by_firm.setdefault(row["uscc"], []).append(row)
        found[table] = by_firm
    return [_view(uscc, {table: by_firm.get(uscc, []) for table, by_firm in found.items()}) for uscc in usccs]


def _view(uscc: str, rows: Mapping[str, list[asyncpg.Record]]) -> FirmView:
    (enterprise,), (portfolio,) = rows["enterprise"], rows["portfolio"]
    kinds = {one["kind"]: (one["count"], one["weighted_milli"]) for one in json.loads(portfolio["kinds"])}
    return FirmView(
        uscc,
        EnterpriseView(1, enterprise["serious_dishonesty"], enterprise["abnormal_operations"]),
        {row["year"]: FilingView(*(row[name] for name in FilingView.__dataclass_fields__)) for row in rows["filing"]},
        {
            row["kind"]: QualificationView(1, row["status"], row["valid_from_on"], row["valid_until_on"])
            for row in rows["qualification"]
        },
        PortfolioView(
            1, portfolio["as_of_on"], portfolio["high_value_count"], portfolio["blemished_count"], kinds,
            portfolio["rule_set_sha256"],
        ),
    )  # fmt: skip


async def _work(url: str, first: int, count: int) -> dict[str, float]:
    """Evaluate a part under the two scoring rule sets that are held and the one in force with another uplift."""
    book = RuleBook.from_folder(FOLDER)
    today = shanghai_date(SystemClock().now())
    scorings = [one for one in book.rule_sets if one.policy == kv_evaluation.POLICY]
    uplift = book.pick(kv_evaluation.UPLIFT_POLICY, today)
    sets = [*scorings, book.pick(kv_evaluation.POLICY, today)][:3]
    connection = await asyncpg.connect(url)
    usccs = [row["uscc"] for row in await connection.fetch("SELECT uscc FROM enterprise ORDER BY uscc")]
    usccs = usccs[first : first + count]
    began, stored = time.time(), 0
    try:
        for begin in range(0, len(usccs), _BATCH):
            rows = []
            for firm in await _read(connection, usccs[begin : begin + _BATCH]):
                for scoring in sets:
                    done = kv_evaluation.evaluate(kv_fact.gather(firm, scoring, today), scoring, uplift, today)
                    rows.append(
                        (firm.uscc, scoring.policy, scoring.version, done.score_milli, done.limit_fen,
                         done.record.decode())
                    )  # fmt: skip
            await connection.copy_records_to_table("bench_record", records=rows, columns=_COLUMNS)
            stored += len(rows)
    finally:
        await connection.close()
    return {"began": began, "ended": time.time(), "rows": stored}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))
