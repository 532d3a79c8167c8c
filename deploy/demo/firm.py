"""Made-up firms of the demonstration: bodies for the API, with dates counted back from today."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from shared.kernel.patent_no import check_digit

_TYPE_DIGIT = {"INVENTION": "1", "UTILITY_MODEL": "2", "DESIGN": "3"}
_YUAN = 100
_GRANT_DAYS = {"INVENTION": 800, "UTILITY_MODEL": 300, "DESIGN": 200, "SOFTWARE_COPYRIGHT": 60}


@dataclass(frozen=True, slots=True)
class Holding:
    """How many rights of one kind a firm holds, and for how many years."""

    kind: str
    count: int
    age_years: int
    title: str
    grounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Firm:
    """One firm; money in yuan, of the last two full years with the older first.

    Attributes:
        serial: distinguishes its made-up rights from those of the others.
    """

    uscc: str
    name: str
    unit_id: str
    industry_code: str
    key_field: str
    serial: int
    founded_years: int
    staff: tuple[int, int]
    rd_staff: tuple[int, int]
    revenue: tuple[int, int]
    rd_expense: tuple[int, int]
    products: int
    holdings: tuple[Holding, ...]
    titles: tuple[str, ...] = ()
    founder_type: str = "OTHER"
    extra: dict[str, Any] = field(default_factory=dict)

    def registration(self, today: date) -> dict[str, Any]:
        """Body that registers the firm."""
        return {
            "uscc": self.uscc,
            "name": self.name,
            "unit_id": self.unit_id,
            "legal_form": "LIMITED",
            "industry_code": self.industry_code,
            "key_field": self.key_field,
            "founder_type": self.founder_type,
            "founded_on": _years_before(today, self.founded_years).isoformat(),
            "registered_capital_fen": 10_000_000 * _YUAN,
            "address": "重庆市示例路（虚构）",
            **self.extra,
        }

    def filing(self, index: int) -> dict[str, Any]:
        """Body of the annual filing: index 0 for the year before last, 1 for last year."""
        staff, rd_staff = self.staff[index], self.rd_staff[index]
        revenue, rd_expense = self.revenue[index] * _YUAN, self.rd_expense[index] * _YUAN
        return {
            "staff": staff,
            "science_staff": min(staff, rd_staff + 2),
            "rd_staff": rd_staff,
            "senior_title_staff": max(1, rd_staff // 5),
            "revenue_fen": revenue,
            "cost_expense_fen": revenue * 9 // 10,
            "assets_fen": revenue * 3 // 2,
            "rd_expense_fen": rd_expense,
            "super_deduction_fen": rd_expense,
            "innovative_products": self.products,
        }

    def rights(self, today: date) -> list[dict[str, Any]]:
        """Bodies of all its rights, valid and registered."""
        return [
            self._right(holding, place, number, today)
            for place, holding in enumerate(self.holdings)
            for number in range(holding.count)
        ]

    def _right(self, holding: Holding, place: int, number: int, today: date) -> dict[str, Any]:
        filed = _years_before(today, holding.age_years)
        granted = filed + timedelta(days=_GRANT_DAYS[holding.kind])
        serial = self.serial * 1000 + place * 100 + number
        if holding.kind == "SOFTWARE_COPYRIGHT":
            right_no = f"{granted.year}SR{serial:07d}"
        else:
            digits = f"{filed.year}{_TYPE_DIGIT[holding.kind]}{serial:07d}"
            right_no = f"{digits}.{check_digit(digits)}"
        body: dict[str, Any] = {
            "kind": holding.kind,
            "right_no": right_no,
            "title": f"{holding.title}（{number + 1}）",
            "filed_on": filed.isoformat(),
            "granted_on": granted.isoformat(),
            "owners": [{"uscc": self.uscc, "share_ppm": 1_000_000}],
            "legal_status": "GRANTED",
            "status_effective_on": granted.isoformat(),
            "evidence": {"level": "AUTHORITY_FEED", "issued_on": granted.isoformat(), "official_no": right_no},
        }
        if holding.grounds:
            body["high_value_grounds"] = list(holding.grounds)
        if holding.kind == "SOFTWARE_COPYRIGHT":
            body["published_on"] = filed.isoformat()
        return body

    def tech_sme_title(self, today: date) -> dict[str, Any]:
        """Body of the national 科技型中小企业 number, imported with its evidence."""
        year, region = today.year, self.unit_id if self.unit_id.isdigit() else "500107"
        number = f"{year}{region}08{self.serial:06d}"
        issued = date(year, 5, 20) if today >= date(year, 5, 20) else date(year, 1, 1)
        return {
            "kind": "TECH_SME",
            "number": number,
            "valid_from_on": issued.isoformat(),
            "valid_until_on": date(year, 12, 31).isoformat(),
            "evidence": {"level": "DOCUMENT", "issued_on": issued.isoformat(), "official_no": number},
        }


def _years_before(day: date, years: int) -> date:
    return date(day.year - years, day.month, min(day.day, 28))


STORY_FIRM = Firm(
    uscc="91500107DEMF00011W",
    name="示例智算科技（重庆）有限公司",
    unit_id="500107",
    industry_code="I6513",
    key_field="NGIT",
    serial=11,
    founded_years=7,
    staff=(46, 58),
    rd_staff=(7, 8),
    revenue=(16_800_000, 21_500_000),
    rd_expense=(2_300_000, 2_600_000),
    products=1,
    holdings=(
        Holding("INVENTION", 3, 4, "一种异构算力调度方法"),
        Holding("INVENTION", 1, 5, "一种边缘推理加速装置", ("STRATEGIC_INDUSTRY",)),
        Holding("UTILITY_MODEL", 2, 3, "一种液冷机柜"),
        Holding("SOFTWARE_COPYRIGHT", 2, 2, "示例智算平台软件"),
    ),
    titles=("TECH_SME",),
    founder_type="RETURNEE",
)

APPLYING_FIRM = Firm(
    uscc="91500107DEMF00099X",
    name="示例工业软件（重庆）有限公司",
    unit_id="500107",
    industry_code="I6513",
    key_field="NGIT",
    serial=99,
    founded_years=5,
    staff=(28, 41),
    rd_staff=(6, 9),
    revenue=(6_400_000, 9_800_000),
    rd_expense=(900_000, 1_250_000),
    products=1,
    holdings=(Holding("SOFTWARE_COPYRIGHT", 2, 2, "示例工艺设计软件"),),
)
"""Applies for the city's register and waits for its district."""

CITY_FIRMS = (
    Firm(
        uscc="91500112DEMF000228",
        name="示例新材料（重庆）股份有限公司",
        unit_id="500109",
        industry_code="C2659",
        key_field="NEWMAT",
        serial=22,
        founded_years=11,
        staff=(180, 196),
        rd_staff=(31, 36),
        revenue=(92_000_000, 104_000_000),
        rd_expense=(6_400_000, 7_100_000),
        products=3,
        holdings=(
            Holding("INVENTION", 4, 6, "一种高强铝合金及其制备方法"),
            Holding("UTILITY_MODEL", 8, 4, "一种连铸结晶器"),
        ),
        titles=("TECH_SME",),
    ),
    Firm(
        uscc="91500103DEMF00033B",
        name="示例生物医药（重庆）有限公司",
        unit_id="500103",
        industry_code="C2762",
        key_field="BIOMED",
        serial=33,
        founded_years=6,
        staff=(38, 41),
        rd_staff=(17, 20),
        revenue=(9_600_000, 12_300_000),
        rd_expense=(2_100_000, 2_350_000),
        products=1,
        holdings=(Holding("INVENTION", 2, 4, "一种靶向递送制剂"), Holding("UTILITY_MODEL", 2, 3, "一种检测试剂盒")),
    ),
    Firm(
        uscc="91500108DEMF00044P",
        name="示例智能装备（重庆）有限公司",
        unit_id="500108",
        industry_code="C3491",
        key_field="EQUIP",
        serial=44,
        founded_years=9,
        staff=(88, 95),
        rd_staff=(12, 13),
        revenue=(34_000_000, 36_500_000),
        rd_expense=(1_500_000, 1_580_000),
        products=2,
        holdings=(Holding("INVENTION", 1, 5, "一种装配机器人"), Holding("UTILITY_MODEL", 5, 4, "一种夹持机构")),
    ),
    Firm(
        uscc="91500106DEMF00055Y",
        name="示例网联汽车电子（重庆）有限公司",
        unit_id="500106",
        industry_code="C3962",
        key_field="NEICV",
        serial=55,
        founded_years=5,
        staff=(120, 134),
        rd_staff=(40, 47),
        revenue=(51_000_000, 63_000_000),
        rd_expense=(5_900_000, 7_800_000),
        products=4,
        holdings=(Holding("INVENTION", 3, 3, "一种车载域控制器"), Holding("SOFTWARE_COPYRIGHT", 6, 2, "示例车联软件")),
        titles=("TECH_SME",),
        founder_type="RESEARCHER",
    ),
    Firm(
        uscc="91500113DEMF000667",
        name="示例储能科技（重庆）有限公司",
        unit_id="500113",
        industry_code="C3849",
        key_field="NEWENERGY",
        serial=66,
        founded_years=4,
        staff=(29, 33),
        rd_staff=(9, 11),
        revenue=(7_400_000, 9_900_000),
        rd_expense=(820_000, 990_000),
        products=1,
        holdings=(Holding("UTILITY_MODEL", 4, 3, "一种电池热管理装置"),),
    ),
    Firm(
        uscc="91500101DEMF00077Y",
        name="示例低碳环保（重庆）有限公司",
        unit_id="500101",
        industry_code="M7722",
        key_field="CARBON",
        serial=77,
        founded_years=8,
        staff=(54, 52),
        rd_staff=(6, 6),
        revenue=(18_200_000, 17_600_000),
        rd_expense=(610_000, 640_000),
        products=0,
        holdings=(Holding("UTILITY_MODEL", 2, 5, "一种烟气余热回收装置"),),
    ),
    Firm(
        uscc="91500120DEMF00088K",
        name="示例学生创业软件（重庆）有限公司",
        unit_id="500120",
        industry_code="I6513",
        key_field="NGIT",
        serial=88,
        founded_years=3,
        staff=(7, 11),
        rd_staff=(4, 6),
        revenue=(900_000, 2_100_000),
        rd_expense=(310_000, 520_000),
        products=1,
        holdings=(Holding("SOFTWARE_COPYRIGHT", 3, 2, "示例校园服务软件"),),
        founder_type="TEACHER_OR_STUDENT",
    ),
)
