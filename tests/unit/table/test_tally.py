"""The counts of an import: what is named is counted, and a column mostly unread is said once."""

import orjson

from services.registry.enterprise.rules.enterprise import LegalForm
from services.registry.enterprise.rules.import_findings import NO_LEGAL_PERSON
from shared.table.finding import RowOutcome, finding
from shared.table.kinds import AMOUNT_WITHOUT_UNIT, CODE_FOLDED, ROW_DAMAGED
from shared.table.read import read_code
from shared.table.tally import LineResult, Tally, head_entry
from tests.support.listing import cells_under, form_of

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
    assert report["findings"]["code_folded"] == {"count": 2, "groups": {"x": 1}, "labels": {}}


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


def test_a_group_that_is_a_code_of_ours_has_its_words_also_after_a_crash() -> None:
    tally = Tally()
    tally.add([line(2, finding(NO_LEGAL_PERSON, "企业类型", "分公司", group=LegalForm.BRANCH))])
    resumed = Tally.resumed(orjson.loads(orjson.dumps({**tally.as_json(), "kept": tally.kept()})))
    for one in (tally, resumed):
        found = one.as_json()["findings"]["no_legal_person"]
        assert found["groups"] == {"BRANCH": 1}
        assert found["labels"]["BRANCH"]["zh"] == "分支机构"
        assert found["labels"]["BRANCH"]["en"] not in {"", "BRANCH"}


def test_codes_that_were_folded_are_said_in_the_head_by_column_and_way_with_an_example() -> None:
    tally = Tally()
    written = ["９１５００１０７ＭＡ５ＸＴＥ８Ｔ０３", " 91500107MA5XTE8T03", "９１５００１０７ＭＡ５ＸＴＥ８Ｔ０３"]
    form = form_of("代码", codes=("代码",))
    for number, text in enumerate(written):
        _, found = read_code(cells_under(form, {"代码": text}), "代码")
        tally.add([line(number, *found)])
    resumed = Tally.resumed(orjson.loads(orjson.dumps({**tally.as_json(), "kept": tally.kept()})))
    for one in (tally, resumed):
        said = {head_entry(entry)["text_zh"] for entry in one.codes_folded()}
        assert (
            "该列有 2 个代码的写法已规整（全角字符改为半角），"
            "如 ９１５００１０７ＭＡ５ＸＴＥ８Ｔ０３ → 91500107MA5XTE8T03" in said
        )
    assert resumed.codes_folded() == tally.codes_folded()
