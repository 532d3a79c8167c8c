"""What may be done with the filing of a year: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass
from datetime import date

from services.registry.enterprise.rules import filing as rules
from services.registry.enterprise.rules.filing import FilingStatus
from shared.kernel.action import Act
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.policy.book import RULE_SET_NOT_IN_FORCE
from shared.policy.rule_set import RuleSet

_YEAR = "/v1/enterprises/{uscc}/filings/{year}"
_FIRM = frozenset({Role.ENTERPRISE})
_WRITE = "registry.filing:write"


@dataclass(frozen=True, slots=True)
class FilingStanding:
    """How the filing of a year stands, as far as acts depend on it.

    Attributes:
        status: of the version.
        year: that is filed.
        founded_on: day on which the firm was founded, None where it is not known.
        today: in Chongqing.
        rule_set: in force today, which tells the years that are open; None where there is none.
    """

    status: FilingStatus
    year: int
    founded_on: date | None
    today: date
    rule_set: RuleSet | None


def _open(case: FilingStanding) -> None:
    if case.rule_set is None:
        raise Refusal(RULE_SET_NOT_IN_FORCE, policy=rules.POLICY, on=case.today)
    rules.check_year(case.year, today=case.today, founded_on=case.founded_on, rule_set=case.rule_set)


def _submittable(case: FilingStanding) -> None:
    rules.submittable(case if case.status is FilingStatus.DRAFT else None, case.year)
    _open(case)


ACTS: tuple[Act[FilingStanding], ...] = (
    Act(
        name="save",
        label_zh="填写草稿",
        label_en="Write the draft",
        operation=f"PUT {_YEAR}",
        scope=_WRITE,
        roles=_FIRM,
        check=_open,
    ),
    Act(
        name="submit",
        label_zh="提交",
        label_en="Submit",
        operation=f"POST {_YEAR}:submit",
        scope=_WRITE,
        roles=_FIRM,
        check=_submittable,
    ),
)
"""In the order in which they are offered."""
