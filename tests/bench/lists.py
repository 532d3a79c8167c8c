"""Made-up lists to import, as a registry and an IP office would export them; each turn makes rows that are new."""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta

from deploy.embedded.clients import AGENCY
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


def moved_enterprises_csv(rows: int, turn: int) -> bytes:
    """Return the same enterprises as `enterprises_csv` of that turn, each at another address."""
    return enterprises_csv(rows, turn).decode("utf-8-sig").replace("（虚构）", "（已迁）").encode("utf-8-sig")


def filings_csv(rows: int, turn: int) -> bytes:
    """Return the figures of a year of the enterprises of that turn."""
    heading = [
        "统一社会信用代码", "年度", "职工总数", "科技人员", "研发人员", "高级职称人员", "营业收入（万元）",
        "成本费用支出（万元）", "资产总额（万元）", "研发费用（万元）", "加计扣除（万元）", "创新产品",
    ]  # fmt: skip
    figures = ["30", "20", "2", "5000", "4000", "6000", "300", "300", "1"]
    return _csv(
        heading, ([_code("MB", turn, number), "2025", str(50 + number % 100), *figures] for number in range(rows))
    )


def achievements_csv(rows: int, turn: int) -> bytes:
    """Return achievements of the demonstration's agency, spread over all units: each has 99,999 case numbers a year."""
    units = [one.name_zh for one in units_on(date(2026, 1, 1))]
    heading = [
        "名称", "统一社会信用代码", "单位名称", "填报单位", "重点领域", "关键词", "合作方式", "截止日", "成果所处阶段",
        "技术成熟度", "报价", "简介", "成果属性", "主要创新点",
    ]  # fmt: skip
    until = (date.today() + timedelta(days=180)).isoformat()  # noqa: DTZ011  # a day far from midnight's edge
    return _csv(
        heading,
        (
            [
                f"示例成果{turn}第{number}号", AGENCY, "示例技术转移服务", units[number % len(units)], "新材料",
                "铝合金、铸造", "技术许可、技术服务", until, "中期", "6", "80万元", "用于轻量化结构件的铸造工艺。",
                "原始创新", "低压充型与局部加压相结合",
            ]
            for number in range(rows)
        ),
    )  # fmt: skip


def needs_csv(rows: int, turn: int) -> bytes:
    """Return needs of the demonstration's agency, spread over all units."""
    units = [one.name_zh for one in units_on(date(2026, 1, 1))]
    heading = [
        "名称", "统一社会信用代码", "单位名称", "填报单位", "重点领域", "关键词", "合作方式", "截止日", "主要技术难题",
        "核心指标", "期望技术成熟度", "拟投入", "解决时限（月）",
    ]  # fmt: skip
    until = (date.today() + timedelta(days=180)).isoformat()  # noqa: DTZ011  # a day far from midnight's edge
    return _csv(
        heading,
        (
            [
                f"示例需求{turn}第{number}号", AGENCY, "示例技术转移服务", units[number % len(units)], "新材料",
                "铝合金、疲劳", "技术开发、技术服务", until, "薄壁件内部气孔在线检出率低。", "检出率不低于 98%", "6",
                "120万元", "18",
            ]
            for number in range(rows)
        ),
    )  # fmt: skip


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
