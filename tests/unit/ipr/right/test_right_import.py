"""One line of a list of rights, as offices write it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.rules.right import RightDraft
from services.ipr.right.rules.right_import import (
    RightLine,
    differing,
    evidence_missing,
    facts_differ,
    is_said,
    owners_of,
    read_line,
    refused_by,
)
from services.ipr.right.rules.right_kind import RIGHT_NO_INVALID, RightKind
from services.ipr.right.rules.right_list import FORM
from services.ipr.right.rules.right_status import LegalStatus
from services.ipr.right.rules.right_words import STATUSES_BY_WORD
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from shared.table.finding import RowGravity, is_refused, texts
from shared.table.row import ReadLine
from shared.table.word import folded_word
from tests.support.listing import cells_under
from tests.unit.ipr.builders import FIRM_A, FIRM_B, patent

TODAY = date(2026, 11, 23)
NUMBER = patent("1", 123456)

LINE = {
    "种类": "发明专利",
    "专利号": f"{NUMBER[:-1]}.{NUMBER[-1]}",
    "专利名称": "示例",
    "权利人代码": FIRM_A,
    "法律状态": "授权",
    "申请日": "2022/03/01",
    "授权公告日": "2024.01.01",
    "证据文号": "证书 1",
    "证据日期": "2024-01-01",
}


def read(line: dict[str, str]) -> ReadLine[RightLine]:
    return read_line(cells_under(FORM, line), TODAY)


def draft_of(line: dict[str, str]) -> RightDraft:
    found = read(line)
    assert found.value is not None, found.findings
    assert found.value.draft is not None
    return found.value.draft


def test_a_line_in_chinese_or_english_says_the_same() -> None:
    draft = draft_of(LINE)
    assert (draft.kind, draft.legal_status) == (RightKind.INVENTION, LegalStatus.GRANTED)
    assert (draft.filed_on, draft.granted_on) == (date(2022, 3, 1), date(2024, 1, 1))
    assert draft.evidence.level is EvidenceLevel.DOCUMENT
    values = {"kind": "invention", "right_no": NUMBER, "title": "示例", "owners": FIRM_A}
    dates = {"filed_on": "2022-03-01", "granted_on": "2024-01-01", "evidence_on": "2024-01-01"}
    english = draft_of({**values, **dates, "legal_status": "granted", "evidence_no": "证书 1"})
    assert english.model_dump(exclude={"right_no"}) == draft.model_dump(exclude={"right_no"})


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("种类", "专利", "cell_invalid"),
        ("种类", "", "cell_missing"),
        ("专利号", "", "cell_missing"),
        ("专利号", "202210123456.0" if NUMBER[-1] != "0" else "202210123456.1", "right_no_invalid"),
        ("权利人代码", "示例公司", "cell_invalid"),
        ("法律状态", "失效", "status_unknown"),
        ("法律状态", "", "cell_missing"),
        ("申请日", "2022年3月", "date_invalid"),
        ("申请日", "2022-03-01xyz", "date_invalid"),
        ("证据日期", "昨天", "date_invalid"),
        ("专利名称", "字" * 201, "cell_invalid"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_way_out(column: str, text: str, code: str) -> None:
    told = read({**LINE, column: text})
    assert told.value is None
    [found] = told.findings
    assert (found.kind.code, found.column, found.kind.gravity) == (code, column, RowGravity.REFUSED)
    words = texts(found.kind, dict(found.details))
    assert all(words.values())
    assert "{" not in "".join(words.values())


def test_all_that_is_wrong_with_a_line_is_told_at_once() -> None:
    told = read({**LINE, "种类": "专利", "申请日": "?", "权利人代码": ""})
    assert {found.column for found in told.findings} == {"种类", "申请日", "权利人代码"}


def test_an_owners_code_with_a_wrong_check_character_is_kept_and_flagged() -> None:
    wrong = FIRM_A[:-1] + ("1" if FIRM_A[-1] != "1" else "2")
    told = read({**LINE, "权利人代码": wrong})
    assert told.value is not None
    assert [(one.kind.code, one.kind.gravity) for one in told.findings] == [
        ("import_owner_code_doubtful", RowGravity.FLAGGED)
    ]


def test_a_line_without_evidence_is_read_and_can_only_say_what_is_recorded() -> None:
    line = {**LINE, "证据文号": "", "证据日期": ""}
    told = read(line)
    assert told.value is not None
    assert (told.value.draft, told.value.legal_status) == (None, LegalStatus.GRANTED)
    missing = evidence_missing(cells_under(FORM, line))
    assert [(one.kind.code, one.column) for one in missing] == [
        ("cell_missing", "证据文号"),
        ("cell_missing", "证据日期"),
    ]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("专利权维持", LegalStatus.GRANTED),
        ("等年费滞纳金", LegalStatus.GRANTED),
        ("有权", LegalStatus.GRANTED),
        ("有权-审定授权", LegalStatus.GRANTED),
        ("有权（审定授权）", LegalStatus.GRANTED),
        ("授 权", LegalStatus.GRANTED),
        ("已注册", LegalStatus.GRANTED),
        ("未缴年费终止失效", LegalStatus.LAPSED_FEE),
        ("未缴年费专利权终止，等恢复", LegalStatus.LAPSED_FEE),
        ("期限届满", LegalStatus.EXPIRED),
        ("避免重复授权放弃", LegalStatus.ABANDONED),
        ("审中-实审", LegalStatus.UNDER_EXAM),
        ("一通出案待答复", LegalStatus.UNDER_EXAM),
        ("逾期视撤失效", LegalStatus.DEEMED_WITHDRAWN),
        ("驳回失效", LegalStatus.REJECTED),
        ("失效", None),
        ("无权", None),
        ("终止", None),
        ("转让", None),
    ],
)
def test_the_words_that_the_office_writes_mean_one_status_or_are_unknown(word: str, status: LegalStatus | None) -> None:
    assert STATUSES_BY_WORD.get(folded_word(word)) is status
    told = read({**LINE, "法律状态": word})
    unknown = [(one.kind.code, one.group) for one in told.findings]
    assert unknown == ([] if status else [("status_unknown", word)])


@pytest.mark.parametrize(
    ("kind", "number", "kept"),
    [
        ("软件著作权", "2004SR06549", "2004SR06549"),
        ("软著", "２００３ＳＲ１２３４", "2003SR1234"),
        ("商标", "G1234567", "G1234567"),
        ("注册商标", "g 1234567", "G1234567"),
        ("发明专利", f"\u200bzl{NUMBER}", NUMBER),
    ],
)
def test_numbers_are_kept_folded_and_early_and_madrid_ones_are_taken(kind: str, number: str, kept: str) -> None:
    told = read({**LINE, "种类": kind, "专利号": number})
    assert told.value is not None, told.findings
    assert told.value.number == kept
    assert {one.kind.code for one in told.findings} <= {"code_folded"}


def test_what_was_taken_from_a_number_or_an_owners_code_is_named() -> None:
    assert read({**LINE, "专利号": NUMBER}).findings == ()
    told = read({**LINE, "专利号": f"ZL{NUMBER}", "权利人代码": f"{FIRM_A[:9]} {FIRM_A[9:]}；{FIRM_B.lower()}"})
    assert told.value is not None
    assert {(one.column, one.value, one.group) for one in told.findings} == {
        ("专利号", f"ZL{NUMBER} → {NUMBER}", "PREFIX"),
        ("权利人代码", f"{FIRM_A[:9]} {FIRM_A[9:]}；{FIRM_B.lower()} → {FIRM_A};{FIRM_B}", "SPACE+CASE"),
    }
    assert all("{" not in texts(one.kind, dict(one.details))["text_zh"] for one in told.findings)


def test_the_example_of_the_template_is_a_line_without_fault() -> None:
    told = read({column.title_zh: column.example for column in FORM.columns})
    assert told.findings == ()
    assert told.value is not None
    assert told.value.draft is not None


def test_a_restored_right_is_still_called_granted() -> None:
    assert is_said(LegalStatus.RESTORED, LegalStatus.GRANTED)
    assert is_said(LegalStatus.EXPIRED, LegalStatus.EXPIRED)
    assert not is_said(LegalStatus.GRANTED, LegalStatus.RESTORED)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        (FIRM_A, [1_000_000]),
        (f"{FIRM_A}；{FIRM_B}", [500_000, 500_000]),
        (f"{FIRM_A}:60%;{FIRM_B}:40%", [600_000, 400_000]),
        (f"{FIRM_A}：33.3333 {FIRM_B}".replace(" ", "、") + ":66.6667", [333_333, 666_667]),
        (f"{FIRM_A}:100", [1_000_000]),
        (f"{FIRM_A.lower()}：６０％；\u200b{FIRM_B} : 40%", [600_000, 400_000]),
    ],
)
def test_owners_are_read_with_their_shares_in_percent(text: str, shares: list[int]) -> None:
    owners = owners_of(text)
    assert owners is not None
    assert [one.share_ppm for one in owners] == shares


@pytest.mark.parametrize("text", ["", "某公司", f"{FIRM_A}:60%;{FIRM_B}", f"{FIRM_A}:0", f"{FIRM_A}:101", FIRM_A[:17]])
def test_owners_that_cannot_be_read_are_not_guessed(text: str) -> None:
    assert owners_of(text) is None


def test_only_what_a_line_says_can_differ() -> None:
    draft = draft_of({**LINE, "申请日": ""})
    recorded = {"title": "示例", "filed_on": date(2022, 3, 1), "granted_on": date(2024, 1, 1)}
    assert differing(recorded, draft) == []
    differs = differing({**recorded, "title": "旧名", "granted_on": None}, draft)
    assert differs == ["granted_on", "title"]
    found = facts_differ(differs, cells_under(FORM, LINE))
    assert (found.column, found.value) == ("授权公告日", "2024.01.01")
    assert "授权日、名称" in texts(found.kind, dict(found.details))["text_zh"]


def test_a_refusal_names_the_heading_that_the_list_uses() -> None:
    cells = cells_under(FORM, LINE)

    def place(pointer: str | None) -> tuple[str, str]:
        found = refused_by(
            Refusal(RIGHT_NO_INVALID, pointer=pointer, kind="x", kind_zh="x", right_no="", example=""), cells
        )
        return found.column, found.value

    assert place(None) == ("专利号", LINE["专利号"])
    assert place("/to_status") == ("法律状态", "授权")
    assert place("/evidence/issued_on") == ("证据日期", "2024-01-01")
    assert place("/nowhere") == ("nowhere", "")


@given(st.dictionaries(st.sampled_from([column.title_zh for column in FORM.columns]), st.text(max_size=30), min_size=1))
def test_any_line_is_read_or_refused(cells: dict[str, str]) -> None:
    told = read(cells)
    assert (told.value is None) == is_refused(told.findings)
    for found in told.findings:
        texts(found.kind, dict(found.details))
