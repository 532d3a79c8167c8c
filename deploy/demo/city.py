"""The small made-up city: banks, the fund, seven firms in as many units with filings and rights, and two lists."""

from datetime import date, timedelta
from typing import Any

from deploy.demo.caller import Caller
from deploy.demo.firm import CITY_FIRMS, Firm
from deploy.embedded.clients import AGENCY, BANK_A, BANK_B

_WAN_FEN = 10_000 * 100
_FUND_UNITS = ("500107", "500109", "500103", "500106")
_DAYS_SINCE_PAID = 30
CITY_PAYS_FEN = 400 * _WAN_FEN
DISTRICT_PAYS_FEN = 600 * _WAN_FEN


def load(caller: Caller, today: date) -> None:
    """Load the city; a step that was done before is not done again."""
    _banks_and_fund(caller, today)
    for firm in CITY_FIRMS:
        register_firm(caller, firm, today)
        enter_rights(caller, firm, today)
    _lists(caller, today)
    caller.journal.record("city", answer={"firms": len(CITY_FIRMS)})


def register_firm(caller: Caller, firm: Firm, today: date) -> None:
    """Register a firm, file its last two years, and import its national title."""
    caller.post(f"{firm.uscc}/register", "city", "/v1/enterprises", firm.registration(today))
    for index, year in enumerate((today.year - 2, today.year - 1)):
        path = f"/v1/enterprises/{firm.uscc}/filings/{year}"
        caller.put(f"{firm.uscc}/filing/{year}", "city", path, firm.filing(index))
        caller.post(f"{firm.uscc}/filing/{year}/submit", "city", f"{path}:submit")
    if "TECH_SME" in firm.titles:
        path = f"/v1/enterprises/{firm.uscc}/qualifications"
        caller.post(f"{firm.uscc}/title", "city", path, firm.tech_sme_title(today))


def enter_rights(caller: Caller, firm: Firm, today: date) -> list[dict[str, Any]]:
    """Enter all rights of a firm and return the answers."""
    return [
        caller.post(f"{firm.uscc}/right/{number}", "ip-centre", "/v1/ip-rights", body)
        for number, body in enumerate(firm.rights(today), 1)
    ]


def _banks_and_fund(caller: Caller, today: date) -> None:
    for number, (uscc, name) in enumerate(((BANK_A, "示例银行甲重庆分行"), (BANK_B, "示例银行乙重庆分行")), 1):
        admission = {
            "uscc": uscc,
            "name": name,
            "agreement_from_on": date(today.year, 1, 1).isoformat(),
            "agreement_until_on": date(today.year + 2, 12, 31).isoformat(),
            "decision_no": f"示例决定〔{today.year}〕{number}号",
        }
        caller.post(f"bank/{uscc}", "city", "/v1/banks", admission)
    for unit in _FUND_UNITS:
        for contributor, amount in (("CITY", CITY_PAYS_FEN), ("DISTRICT", DISTRICT_PAYS_FEN)):
            body: dict[str, Any] = {
                "contributor": contributor,
                "amount_fen": amount,
                "receipt_no": f"示例收据{today.year}-{unit}-{contributor}",
                "value_on": (today - timedelta(days=_DAYS_SINCE_PAID)).isoformat(),
                "evidence": {
                    "level": "DOCUMENT",
                    "issued_on": (today - timedelta(days=_DAYS_SINCE_PAID)).isoformat(),
                    "official_no": f"示例收据{today.year}-{unit}-{contributor}",
                },
            }
            caller.post(f"fund/{unit}/{contributor}", "city", f"/v1/fund-accounts/{unit}/contributions", body)


def _lists(caller: Caller, today: date) -> None:
    """Post an achievement and a need, and let the city publish them."""
    poster = CITY_FIRMS[0]
    shared = {
        "unit_id": "500107",
        "cooperation_modes": ["LICENCE"],
        "valid_until_on": (today + timedelta(days=180)).isoformat(),
    }
    achievement = {
        **shared,
        "title": "低温烟气余热梯级回收技术（示例）",
        "party_uscc": AGENCY,
        "party_name": "示例技术转移服务（重庆）有限公司",
        "key_field": "CARBON",
        "keywords": ["余热回收", "节能"],
        "origin": "ORIGINAL",
        "stage": "MIDDLE",
        "trl": 6,
        "summary": "中试装置连续运行，适用于水泥与钢铁行业的低温烟气。虚构示例。",
        "innovation_points": ["梯级换热", "防腐涂层"],
        "asking_price_fen": 260 * _WAN_FEN,
    }
    need = {
        **shared,
        "title": "薄壁铸件内部缺陷在线检测（示例）",
        "unit_id": poster.unit_id,
        "party_uscc": poster.uscc,
        "party_name": poster.name,
        "key_field": poster.key_field,
        "keywords": ["铝合金", "铸造缺陷"],
        "problem": "薄壁件内部气孔在线检出率低，需要在不停线的条件下检测。虚构示例。",
        "core_indicators": ["检出率不低于98%", "节拍不慢于每件12秒"],
        "solution_months": 12,
        "trl_wanted": 7,
        "budget_fen": 80 * _WAN_FEN,
    }
    for noun, client, body in (("achievements", "agency-1", achievement), ("needs", "enterprise-2", need)):
        posted = caller.post(f"{noun}/post", client, f"/v1/{noun}", body)
        caller.post(f"{noun}/submit", client, f"/v1/{noun}/{posted['id']}:submit")
        for decision in ("START", "PUBLISH"):
            path = f"/v1/{noun}/{posted['id']}:review"
            caller.post(f"{noun}/{decision.lower()}", "city", path, {"decision": decision})
