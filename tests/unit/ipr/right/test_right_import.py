"""One line of a list of rights, as offices write it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.rules.right_import import COLUMNS, cell_of, differing, finding, owners_of, read_line
from services.ipr.right.rules.right_kind import RIGHT_NO_INVALID, RightKind
from services.ipr.right.rules.right_status import LegalStatus
from shared.kernel.evidence import EvidenceLevel
from tests.unit.ipr.builders import FIRM_A, FIRM_B

LINE = {
    "种类": "发明专利",
    "专利号": "ZL202210123456.1",
    "专利名称": "示例",
    "权利人代码": FIRM_A,
    "法律状态": "授权",
    "申请日": "2022/03/01",
    "授权公告日": "2024.01.01",
    "证据文号": "证书 1",
    "证据日期": "2024-01-01",
}


def test_a_line_in_chinese_or_english_says_the_same() -> None:
    draft = read_line(LINE).draft
    assert draft is not None
    assert (draft.kind, draft.legal_status) == (RightKind.INVENTION, LegalStatus.GRANTED)
    assert (draft.filed_on, draft.granted_on) == (date(2022, 3, 1), date(2024, 1, 1))
    assert draft.evidence.level is EvidenceLevel.DOCUMENT
    values = {"kind": "invention", "right_no": "202210123456.1", "title": "示例", "owners": FIRM_A}
    dates = {"filed_on": "2022-03-01", "granted_on": "2024-01-01", "evidence_on": "2024-01-01"}
    english = read_line({**values, **dates, "legal_status": "granted", "evidence_no": "证书 1"}).draft
    assert english is not None
    assert english.model_dump(exclude={"right_no"}) == draft.model_dump(exclude={"right_no"})


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("种类", "专利", "import_cell_invalid"),
        ("种类", "", "import_column_missing"),
        ("专利号", "", "import_column_missing"),
        ("权利人代码", "示例公司", "import_cell_invalid"),
        ("法律状态", "不明", "import_cell_invalid"),
        ("申请日", "2022年3月1日", "import_cell_invalid"),
        ("证据文号", "", "import_column_missing"),
        ("证据日期", "昨天", "import_cell_invalid"),
        ("专利名称", "字" * 201, "import_cell_invalid"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_way_out(column: str, text: str, code: str) -> None:
    read = read_line({**LINE, column: text})
    assert read.draft is None
    [found] = read.findings
    assert (found.code.code, found.column, found.refused) == (code, column, True)
    texts = found.texts()
    assert all(texts.values())
    assert "{" not in "".join(texts.values())


def test_all_that_is_wrong_with_a_line_is_told_at_once() -> None:
    read = read_line({**LINE, "种类": "专利", "申请日": "?", "权利人代码": ""})
    assert {found.column for found in read.findings} == {"种类", "申请日", "权利人代码"}


def test_an_owners_code_with_a_wrong_check_character_is_kept_and_noted() -> None:
    wrong = FIRM_A[:-1] + ("1" if FIRM_A[-1] != "1" else "2")
    read = read_line({**LINE, "权利人代码": wrong})
    assert read.draft is not None
    assert [(one.code.code, one.refused) for one in read.findings] == [("import_owner_code_doubtful", False)]


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        (FIRM_A, [1_000_000]),
        (f"{FIRM_A}；{FIRM_B}", [500_000, 500_000]),
        (f"{FIRM_A}:60%;{FIRM_B}:40%", [600_000, 400_000]),
        (f"{FIRM_A}：33.3333 {FIRM_B}".replace(" ", "、") + ":66.6667", [333_333, 666_667]),
        (f"{FIRM_A}:100", [1_000_000]),
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
    draft = read_line({**LINE, "申请日": ""}).draft
    assert draft is not None
    recorded = {"title": "示例", "filed_on": date(2022, 3, 1), "granted_on": date(2024, 1, 1)}
    assert differing(recorded, draft) == []
    assert differing({**recorded, "title": "旧名", "granted_on": None}, draft) == ["granted_on", "title"]


def test_a_field_is_found_under_the_heading_the_list_uses() -> None:
    assert cell_of(LINE, "right_no") == ("专利号", "ZL202210123456.1")
    assert cell_of(LINE, "to_status") == ("法律状态", "授权")
    assert cell_of(LINE, "issued_on") == ("证据日期", "2024-01-01")
    assert cell_of(LINE, "nowhere") == ("nowhere", None)


def test_a_finding_keeps_its_value_short_and_storable() -> None:
    found = finding(RIGHT_NO_INVALID, "号码", "x\0\ud800" + "y" * 300)
    assert found.value.startswith("x\ufffd\ufffdy")
    assert len(found.value) == 100


@given(st.dictionaries(st.sampled_from([name for names in COLUMNS.values() for name in names]), st.text(max_size=30)))
def test_any_line_is_read_or_refused(cells: dict[str, str]) -> None:
    read = read_line(cells)
    assert (read.draft is None) == any(found.refused for found in read.findings)
    for found in read.findings:
        found.texts()
