"""Who sees the overview of an enterprise, and what a part of a composed answer says of itself."""

from enum import StrEnum

from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND


class PartState(StrEnum):
    """Whether a part is there; an absent part is never shown as an empty one."""

    PRESENT = "present"
    NONE = "none"
    """The service answered: it holds nothing of this enterprise yet."""
    FORBIDDEN = "forbidden"
    """The caller's token does not open this part."""
    UNAVAILABLE = "unavailable"
    """The service did not answer; the part may exist."""


_READERS = frozenset({Role.CITY, Role.ENTERPRISE})


def admit(actor: Actor, uscc: str) -> None:
    """Let the city see every enterprise, and an enterprise itself.

    Raises:
        Refusal: `not_found` for another enterprise, `forbidden_role` for everybody else: banks read an enterprise
            through the dossier of an application.

    Source: G-OVERVIEW-01 (docs/rules/gateway.md).
    """
    actor.must_be(_READERS)
    if actor.role is Role.ENTERPRISE and actor.party != uscc:
        raise Refusal(NOT_FOUND, noun="enterprise")


def part_state(status: int | None) -> PartState:
    """Return what an upstream's status says of its part; None means that it did not answer.

    Source: G-OVERVIEW-02 (docs/rules/gateway.md).
    """
    if status is not None and 200 <= status < 300:  # noqa: PLR2004
        return PartState.PRESENT
    if status in {404, 410}:
        return PartState.NONE
    if status in {401, 403}:
        return PartState.FORBIDDEN
    return PartState.UNAVAILABLE
