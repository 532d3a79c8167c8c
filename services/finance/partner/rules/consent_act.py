"""What may be done with a consent: each act is offered by the rule that would refuse it."""

from dataclasses import dataclass
from datetime import datetime

from services.finance.partner.rules import consent as rules
from shared.kernel.action import Act
from shared.kernel.actor import Role


@dataclass(frozen=True, slots=True)
class ConsentStanding:
    """How a consent stands, as far as acts depend on it: when it was withdrawn, None before."""

    revoked_at: datetime | None


ACTS: tuple[Act[ConsentStanding], ...] = (
    Act(
        name="withdraw",
        label_zh="撤回授权",
        label_en="Withdraw the consent",
        operation="DELETE /v1/consents/{consent_id}",
        scope="credit.consent:write",
        roles=frozenset({Role.ENTERPRISE}),
        check=lambda case: rules.revocable(case.revoked_at),
    ),
)
"""In the order in which they are offered."""
