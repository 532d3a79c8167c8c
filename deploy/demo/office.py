"""What waits for the IP centre, the city and the firm: rights that were declared, and listings in review."""

from datetime import date, timedelta
from typing import Any

from deploy.demo.caller import Caller
from deploy.demo.firm import STORY_FIRM as FIRM
from deploy.demo.teller import Teller
from deploy.embedded.clients import AGENCY
from shared.kernel.patent_no import check_digit

_WAN_FEN = 10_000 * 100
_YEARS = 3
_DAYS_TO_FEE = 12
_DAYS_LISTED = 200


def let_rights_and_listings_wait(caller: Caller, teller: Teller, today: date) -> None:
    """Declare two rights, bring a case against one, and post an achievement and a need that are in review."""
    teller.chapter("待办：知识产权、成果与需求", "What waits: rights, achievements and needs")
    for number, title in enumerate(("一种机柜散热风道", "一种算力节点支架"), 1):
        caller.post(f"office/right/{number}", "enterprise-1", "/v1/ip-rights", _declared(number, title, today))
    disputed = caller.journal.answer("office/right/2")
    accepted = (today - timedelta(days=_DAYS_TO_FEE)).isoformat()
    evidence = {"level": "DOCUMENT", "issued_on": accepted, "official_no": "（示例）民初1号"}
    case = {"kind": "OWNERSHIP_DISPUTE", "effective_on": accepted, "evidence": evidence}
    caller.post("office/case", "ip-centre", f"/v1/ip-rights/{disputed['id']}:mark-blemish", case)
    for noun, client, body in (
        ("achievements", "agency-1", _achievement(today)),
        ("needs", "enterprise-1", _need(today)),
    ):
        posted = caller.post(f"office/{noun}", client, f"/v1/{noun}", body)
        caller.post(f"office/{noun}/submit", client, f"/v1/{noun}/{posted['id']}:submit")
        if noun == "needs":
            note = {"decision": "RETURN", "note": "请补充可量化的核心指标。"}
            caller.post("office/needs/return", "city", f"/v1/needs/{posted['id']}:review", note)
    teller.tell(
        "企业申报的权利待核验，成果待审核，需求已退回补正。",
        "Declared rights wait for the IP centre, an achievement for the city, a need for its firm.",
    )


def _declared(number: int, title: str, today: date) -> dict[str, Any]:
    """Return a utility model as its firm declares it; its next fee is due within the month."""
    anniversary = today + timedelta(days=_DAYS_TO_FEE)
    filed = anniversary - timedelta(days=366 * _YEARS)
    filed = filed.replace(month=anniversary.month, day=min(anniversary.day, 28))
    granted = filed + timedelta(days=270)
    digits = f"{filed.year}2{FIRM.serial * 1000 + 900 + number:07d}"
    right_no = f"{digits}.{check_digit(digits)}"
    return {
        "kind": "UTILITY_MODEL",
        "right_no": right_no,
        "title": f"{title}（示例）",
        "filed_on": filed.isoformat(),
        "granted_on": granted.isoformat(),
        "owners": [{"uscc": FIRM.uscc, "share_ppm": 1_000_000}],
        "legal_status": "GRANTED",
        "status_effective_on": granted.isoformat(),
        "evidence": {"level": "DECLARED", "issued_on": granted.isoformat()},
    }


def _listed(today: date) -> dict[str, Any]:
    return {
        "unit_id": "500107",
        "cooperation_modes": ["DEVELOPMENT", "LICENCE"],
        "valid_until_on": (today + timedelta(days=_DAYS_LISTED)).isoformat(),
    }


def _achievement(today: date) -> dict[str, Any]:
    return {
        **_listed(today),
        "title": "铸件表面缺陷小样本检测（示例）",
        "party_uscc": AGENCY,
        "party_name": "示例技术转移服务（重庆）有限公司",
        "key_field": "NEWMAT",
        "keywords": ["缺陷检测", "小样本"],
        "origin": "ORIGINAL",
        "stage": "MIDDLE",
        "trl": 6,
        "summary": "少量样本即可识别铸件表面缺陷。虚构示例。",
        "innovation_points": ["小样本学习"],
        "asking_price_fen": 60 * _WAN_FEN,
        "confidential_fields": ["asking_price_fen"],
    }


def _need(today: date) -> dict[str, Any]:
    return {
        **_listed(today),
        "title": "机房余冷回收（示例）",
        "party_uscc": FIRM.uscc,
        "unit_id": FIRM.unit_id,
        "key_field": FIRM.key_field,
        "keywords": ["机房", "节能"],
        "problem": "机房冬季余冷未利用，需降低全年制冷能耗。虚构示例。",
        "budget_fen": 50 * _WAN_FEN,
    }
