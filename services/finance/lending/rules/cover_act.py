"""What may be done with cover: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass

from services.finance.lending.rules import cover as rules
from services.finance.lending.rules.cover import CoverStatus
from shared.kernel.action import Act
from shared.kernel.actor import Role

_DECIDE = "POST /v1/covers/{cover_id}:decide"
_MANAGER = frozenset({Role.FUND_MANAGER})


@dataclass(frozen=True, slots=True)
class CoverStanding:
    """How cover stands, as far as acts depend on it; `outstanding_fen` is that of its drawdown."""

    status: CoverStatus
    outstanding_fen: int


ACTS: tuple[Act[CoverStanding], ...] = (
    Act(
        name="cover",
        label_zh="准予备案",
        label_en="Grant cover",
        operation=_DECIDE,
        scope="fund.cover:decide",
        roles=_MANAGER,
        check=lambda case: rules.grantable(case.status, case.outstanding_fen),
    ),
    Act(
        name="refuse",
        label_zh="不予备案",
        label_en="Refuse cover",
        operation=_DECIDE,
        scope="fund.cover:decide",
        roles=_MANAGER,
        check=lambda case: rules.decidable(case.status),
        needs_reason=True,
        reasons="GET /v1/covers/reasons",
    ),
)
"""In the order in which they are offered."""
