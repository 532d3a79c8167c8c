"""The counts of an import: what is named is counted, and a column mostly unread is said once."""

import orjson

from shared.table.finding import RowOutcome, finding
from shared.table.kinds import AMOUNT_WITHOUT_UNIT, CODE_FOLDED, ROW_DAMAGED
from shared.table.tally import LineResult, Tally
from tests.support.listing import form_of

FORM = form_of("代码", "资本")


def line(number: int, *findings: object, outcome: RowOutcome = RowOutcome.CREATED) -> LineResult:
    return LineResult(number, outcome, tuple(findings), ("代码", "资本"))  # type: ignore[arg-type]


def test_counts_go_by_outcome_kind_and_group() -> None:
    tally = Tally()
    tally.add(
        [
            line(2, finding(CODE_FOLDED, "代码", 1, group="x"), finding(CODE_FOLDED, "代码", 1)),
            line(3, finding(ROW_DAMAGED, "", ""), outcome=RowOutcome.REFUSED),
        ]
    )
    report = tally.as_json()
    assert (report["rows"], report["created"], report["refused"], report["unchanged"]) == (2, 1, 1, 0)
    assert report["findings"]["code_folded"] == {"count": 2, "groups": {"x": 1}}


def test_counts_go_on_after_a_crash_as_if_there_had_been_none() -> None:
    whole, first = Tally(), Tally()
    lines = [line(number, finding(AMOUNT_WITHOUT_UNIT, "资本", "1", group=str(number % 2))) for number in range(10)]
    whole.add(lines)
    first.add(lines[:4])
    stored = orjson.loads(orjson.dumps({**first.as_json(), "kept": first.kept()}))
    second = Tally.resumed(stored)
    second.add(lines[4:])
    assert (second.as_json(), second.kept()) == (whole.as_json(), whole.kept())


def test_a_column_mostly_unread_is_said_once_with_both_numbers() -> None:
    tally = Tally()
    tally.add([line(number, finding(AMOUNT_WITHOUT_UNIT, "资本", "1")) for number in range(6)])
    tally.add([line(number) for number in range(5)])
    [said] = tally.columns_mostly_unread(FORM, {"代码": "代码", "资本": "资本"})
    assert (said.column, dict(said.details)["filled"], dict(said.details)["unread"]) == ("资本", 11, 6)
    tally.add([line(number) for number in range(5)])
    assert tally.columns_mostly_unread(FORM, {"资本": "资本"}) == []


def test_a_summary_with_a_new_word_on_every_line_stays_readable() -> None:
    tally = Tally()
    tally.add([line(number, finding(CODE_FOLDED, "代码", 1, group=str(number))) for number in range(1_000)])
    found = tally.as_json()["findings"]["code_folded"]
    assert found["count"] == 1_000
    assert len(found["groups"]) == 200
