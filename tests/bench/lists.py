"""Made-up lists to import, as a registry and an IP office would export them; each turn makes rows that are new."""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta

from shared.kernel.patent_no import check_digit
from shared.kernel.unit import units_on
from shared.kernel.uscc import check_character

_MOST_TURNS = 8
_DAY = date(2022, 3, 1)
_FIRMS_OF_A_LIST = 12_000
_KINDS = (("发明专利", "1"), ("实用新型", "2"))
_FORMS = ("有限责任公司", "股份有限公司", "合伙企业", "有限责任公司（自然人投资或控股）")


def _code(mark: str, turn: int, number: int) -> str:
    assert turn <= _MOST_TURNS
    first = f"91500107{mark}{turn}{number:06d}"
    return first + check_character(first)


def enterprises_csv(rows: int, turn: int) -> bytes:
    """Return a list of enterprises: name, code, day, form, capital, district, address, industry."""
    units = [one.name_zh for one in units_on(date(2026, 1, 1))]
    heading = ["企业名称", "统一社会信用代码", "成立日期", "企业类型", "注册资本", "区县", "地址", "行业代码"]
    return _csv(
        heading,
        (
            [
                f"示例{turn}号第{number}科技有限公司",
                _code("MB", turn, number),
                (date(2005, 1, 1) + timedelta(days=number % 7_000)).isoformat(),
                _FORMS[number % len(_FORMS)],
                f"{100 + number % 900}万元",
                units[number % len(units)],
                f"重庆市示例路{number}号（虚构）",
                "I6513" if number % 3 else "C3491",
            ]
            for number in range(rows)
        ),
    )


def rights_csv(rows: int, turn: int) -> bytes:
    """Return a list of granted patents; a firm holds several, one in ten has two owners."""
    heading = ["种类", "号码", "名称", "权利人", "法律状态", "申请日", "授权日", "证据文号", "证据日期"]
    return _csv(heading, (_right(number, turn) for number in range(rows)))


def _right(number: int, turn: int) -> list[str]:
    kind, digit = _KINDS[number % len(_KINDS)]
    digits = f"2022{digit}{turn + 1}{number:06d}"  # the city's own made-up rights begin with 0
    right_no = f"{digits}.{check_digit(digits)}"
    owner = _code("MC", turn, number % _FIRMS_OF_A_LIST)
    other = _code("MC", turn, (number + 1) % _FIRMS_OF_A_LIST)
    owners = f"{owner}:60%;{other}:40%" if number % 10 == 0 else owner
    granted = (_DAY + timedelta(days=400)).isoformat()
    return [kind, right_no, f"一种示例装置（{number}）", owners, "授权", _DAY.isoformat(), granted, right_no, granted]


def _csv(heading: list[str], lines: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows(lines)
    return text.getvalue().encode("utf-8-sig")
