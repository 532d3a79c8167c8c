"""When the national evaluation is open this year, and whether a firm's form would be checked on the spot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.registry.enterprise.rules.enterprise import IntegrityKind
from services.registry.enterprise.rules.qualification import QualificationKind
from services.registry.evaluation.rules.tech_sme_evaluation import marks_in, titles_in
from shared.kernel.months import add_months
from shared.policy.decision import Fact
from shared.policy.rule_set import RuleSet

POLICY = "tech_sme_window"
_MONTHS_OF_YEAR = 12
_DISHONEST = frozenset({IntegrityKind.SERIOUS_DISHONESTY, IntegrityKind.RESEARCH_DISHONESTY})


class WindowStatus(StrEnum):
    """Whether the national platform takes evaluations on a day."""

    NOT_YET = "NOT_YET"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    NOT_PUBLISHED = "NOT_PUBLISHED"
    """No notice of that year is known here."""


class SiteCheck(StrEnum):
    """Why a form is checked on the spot."""

    FEW_STAFF = "FEW_STAFF"
    NO_RIGHTS = "NO_RIGHTS"
    LITTLE_RD = "LITTLE_RD"
    DISHONEST_OR_REVOKED = "DISHONEST_OR_REVOKED"
    FIRST_TIME = "FIRST_TIME"


@dataclass(frozen=True, slots=True)
class Window:
    """The window of the year of a day; the days are None where no notice is known."""

    status: WindowStatus
    opens_on: date | None
    closes_on: date | None


def window_on(rules: RuleSet | None, on: date) -> Window:
    """Return the window of the year of a day and whether it is open; the last day is included.

    Source: R-TSE-08 (工企业函〔2026〕160号).
    """
    if rules is None:
        return Window(WindowStatus.NOT_PUBLISHED, None, None)
    opens, closes = (date.fromisoformat(rules.param_text(name)) for name in ("opens_on", "closes_on"))
    if on < opens:
        return Window(WindowStatus.NOT_YET, opens, closes)
    return Window(WindowStatus.OPEN if on <= closes else WindowStatus.CLOSED, opens, closes)


def site_checks(rules: RuleSet, facts: Mapping[str, Fact], *, as_of: date) -> tuple[SiteCheck, ...]:
    """Return why the form of a firm would be checked on the spot; empty where at random at most.

    Source: R-TSE-09 (工企业函〔2026〕160号).
    """
    since = add_months(as_of, -_MONTHS_OF_YEAR * rules.param_int("site_check_years_back"))
    numbers = [one for one in titles_in(facts) if one.kind is QualificationKind.TECH_SME]
    revoked = any(one.revoked_on is not None and one.revoked_on > since for one in numbers)
    dishonest = any(
        one.kind in _DISHONEST and (one.cleared_on is None or one.cleared_on > since) for one in marks_in(facts)
    )
    rights = _number(facts, "class_1_count") + _number(facts, "class_2_count")
    grounds = {
        SiteCheck.FEW_STAFF: _number(facts, "staff") <= rules.param_int("site_check_staff_max"),
        SiteCheck.NO_RIGHTS: rights == 0,
        SiteCheck.LITTLE_RD: _number(facts, "rd_expense_fen") < rules.param_int("site_check_rd_below_fen"),
        SiteCheck.DISHONEST_OR_REVOKED: dishonest or revoked,
        SiteCheck.FIRST_TIME: not numbers,
    }
    return tuple(ground for ground, holds in grounds.items() if holds)


def _number(facts: Mapping[str, Fact], name: str) -> int:
    return int(facts[name].value or 0)
