"""Columns of an export: the name of a field tells its unit, values of an enumeration show their names."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from shared.kernel.key_field import KeyField
from shared.web.export import Column


class _Status(StrEnum):
    OPEN = "OPEN"


@pytest.mark.parametrize(
    ("name", "value", "cell"),
    [
        ("principal_fen", 123_456, Decimal("1234.56")),
        ("rate_ppm", 34_500, Decimal("0.0345")),
        ("score_milli", 61_500, Decimal("61.5")),
        ("signed_on", date(2026, 2, 28), date(2026, 2, 28)),
        ("created_at", datetime(2026, 2, 28, 20, 0, 0, 5, tzinfo=UTC), datetime.fromisoformat("2026-03-01 04:00:00")),
        ("term_months", 12, 12),
        ("is_covered", True, "是"),
        ("is_covered", False, "否"),
        ("key_field", KeyField.NEWMAT, "新材料"),
        ("scopes", [KeyField.NEWMAT, KeyField.NGIT], "新材料；新一代信息技术"),
        ("status", _Status.OPEN, "OPEN"),
        ("note", None, None),
    ],
)
def test_a_cell_holds_what_the_name_of_its_field_says(name: str, value: object, cell: object) -> None:
    assert Column(name, "列", "column").cell({name: value}) == cell


def test_the_heading_names_the_unit_in_both_languages() -> None:
    assert Column("principal_fen", "本金", "principal").heading == "本金（元） principal (yuan)"
    assert Column("created_at", "时间", "time").heading == "时间（北京时间） time (Beijing time)"
    assert Column("status", "状态", "status").heading == "状态 status"


def test_a_label_takes_the_place_of_a_code_and_an_unknown_code_stays() -> None:
    column = Column("unit_id", "上报单位", "unit", label={"500107": "九龙坡区"}.get)
    assert column.cell({"unit_id": "500107"}) == "九龙坡区"
    assert column.cell({"unit_id": "500199"}) == "500199"
