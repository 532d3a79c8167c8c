"""Whatever ipr holds of a right, its own export says it so that an import reads the same."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.api.right import COLUMNS
from services.ipr.right.rules.right_import import read_line
from services.ipr.right.rules.right_kind import RightKind, display_number
from services.ipr.right.rules.right_list import FORM
from services.ipr.right.rules.right_owner import WHOLE_PPM
from services.ipr.right.rules.right_status import LegalStatus
from shared.files.media_type import CSV, XLSX
from tests.support.own_export import taken_back
from tests.unit.ipr.builders import FIRM_A, FIRM_B, FIRM_C, patent

TODAY = date(2026, 11, 23)
NUMBERS = {
    RightKind.INVENTION: patent("1", 1),
    RightKind.UTILITY_MODEL: patent("2", 2),
    RightKind.DESIGN: patent("3", 3),
    RightKind.SOFTWARE_COPYRIGHT: "2004SR06549",
    RightKind.TRADEMARK: "G1234567",
    RightKind.IC_LAYOUT: "BS.205012345",
}
TITLE = st.text(st.sampled_from("一种示例𠮷（）()=+-@'\"，,;、ab12"), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and any(mark.isalnum() for mark in text)
)
DAY = st.none() | st.dates(date(1990, 1, 1), TODAY)


@given(
    st.sampled_from([CSV, XLSX]),
    st.sampled_from(sorted(NUMBERS)),
    TITLE,
    st.sampled_from(LegalStatus),
    st.tuples(st.integers(1, 499_999), st.integers(1, 499_999)),
    st.tuples(DAY, DAY),
)
def test_every_right_comes_back_as_it_was(
    media_type: str,
    kind: RightKind,
    title: str,
    status: LegalStatus,
    shares: tuple[int, int],
    days: tuple[date | None, date | None],
) -> None:
    owners = {FIRM_A: shares[0], FIRM_B: shares[1], FIRM_C: WHOLE_PPM - sum(shares)}
    told = "; ".join(f"{uscc}:{share // 10_000}.{share % 10_000:04d}%" for uscc, share in owners.items())
    row: dict[str, Any] = {
        "kind": kind, "right_no": display_number(kind, NUMBERS[kind]), "title": title,
        "legal_status": status, "owners": told, "filed_on": days[0], "granted_on": days[1],
    }  # fmt: skip
    read = read_line(taken_back(COLUMNS, row, FORM, media_type), TODAY)
    assert read.value is not None, read.findings
    assert (read.value.terms.kind, read.value.number, read.value.terms.title) == (kind, NUMBERS[kind], title)
    assert (read.value.legal_status, read.value.terms.filed_on, read.value.terms.granted_on) == (status, *days)
    assert {one.uscc: one.share_ppm for one in read.value.owners} == owners
