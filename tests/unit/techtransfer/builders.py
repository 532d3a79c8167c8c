"""Listings as tests need them; every code is valid and made up."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from services.techtransfer.listing.rules.achievement import AchievementTerms
from services.techtransfer.listing.rules.listing import POLICY, Held
from services.techtransfer.listing.rules.need import NeedTerms
from services.techtransfer.listing.rules.vocabulary import ListingStatus, Noun
from shared.kernel.actor import Actor, Role
from shared.kernel.uscc import check_character
from shared.policy.book import RuleBook
from tests.support.source import ROOT

TODAY = date(2026, 11, 23)
FOLDER: Path = ROOT / "services" / "techtransfer" / "policies"


def uscc(serial: int, *, kind: str = "91") -> str:
    """Return a made-up code in Jiulongpo district."""
    first = f"{kind}500107MA{serial:07d}"
    return first + check_character(first)


FIRM, OTHER, AGENCY, UNIVERSITY = uscc(1), uscc(2), uscc(3), uscc(4, kind="12")
LISTING_ID = UUID("01940000-0000-7000-8000-000000000001")
RULES = RuleBook.from_folder(FOLDER).pick(POLICY, TODAY)

CITY = Actor(client_id="city", role=Role.CITY)
DISTRICT = Actor(client_id="district-500107", role=Role.DISTRICT, unit_id="500107")
OTHER_DISTRICT = Actor(client_id="district-500112", role=Role.DISTRICT, unit_id="500112")
ENTERPRISE = Actor(client_id="enterprise-1", role=Role.ENTERPRISE, party=FIRM)
STRANGER = Actor(client_id="enterprise-2", role=Role.ENTERPRISE, party=OTHER)
BROKER = Actor(client_id="agency-1", role=Role.AGENCY, party=AGENCY)


def shared_fields(**changed: Any) -> dict[str, Any]:
    """Return the fields that both nouns share."""
    return {
        "title": "高强铝合金精密铸造",
        "party_uscc": FIRM,
        "unit_id": "500107",
        "key_field": "NEWMAT",
        "keywords": ["铝合金", "铸造"],
        "cooperation_modes": ["LICENCE", "SERVICE"],
        "valid_until_on": date(2027, 5, 31),
        **changed,
    }


def achievement_fields(**changed: Any) -> dict[str, Any]:
    """Return the fields of an achievement that is in order."""
    return {
        **shared_fields(),
        "origin": "ORIGINAL",
        "stage": "MIDDLE",
        "trl": 6,
        "summary": "用于轻量化结构件的铸造工艺。",
        "technical_details": "熔体处理温度与冷却速率的组合。",
        "innovation_points": ["低压充型与局部加压相结合"],
        "asking_price_fen": 80_000_000,
        "confidential_fields": ["technical_details", "asking_price_fen"],
        **changed,
    }


def achievement(**changed: Any) -> AchievementTerms:
    """Return the terms of an achievement that is in order."""
    return AchievementTerms.model_validate(achievement_fields(**changed))


def need_fields(**changed: Any) -> dict[str, Any]:
    """Return the fields of a need that is in order."""
    return {
        **shared_fields(title="薄壁件铸造缺陷在线检测"),
        "problem": "薄壁件内部气孔在线检出率低。",
        "core_indicators": ["检出率不低于 98%"],
        "solution_months": 18,
        "trl_wanted": 7,
        "budget_fen": 150_000_000,
        **changed,
    }


def need(**changed: Any) -> NeedTerms:
    """Return the terms of a need that is in order."""
    return NeedTerms.model_validate(need_fields(**changed))


def held(**changed: Any) -> Held:
    """Return a draft of the firm, posted by the firm itself."""
    fields: dict[str, Any] = {
        "listing_id": LISTING_ID,
        "noun": Noun.ACHIEVEMENT,
        "status": ListingStatus.DRAFT,
        "title": "高强铝合金精密铸造",
        "key_field": None,
        "party_uscc": FIRM,
        "unit_id": "500107",
        "case_no": "KC-2026-500107-000001",
        "posted_by": "enterprise-1",
        "poster_party": FIRM,
        "reviewer": None,
        "was_published": False,
        "valid_until_on": date(2027, 5, 31),
    }
    return Held(**{**fields, **changed})
