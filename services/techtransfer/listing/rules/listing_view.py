"""Who sees the whole of a listing, and what others are not shown of it."""

from collections.abc import Collection
from typing import Protocol

from shared.kernel.actor import Actor, Role


class Belonging(Protocol):
    """To whom a listing belongs: a decision's view of it, its row, or some columns of that."""

    @property
    def unit_id(self) -> str | None:
        """The reporting unit of its party."""

    @property
    def party_uscc(self) -> str:
        """Its party."""

    @property
    def posted_by(self) -> str:
        """The client that posted it."""

    @property
    def poster_party(self) -> str | None:
        """The body of that client."""


def is_insider(held: Belonging, actor: Actor) -> bool:
    """Tell whether the actor sees the whole of a listing in any state: its party, its poster, its reviewers.

    Source: T-VIEW-01 (docs/rules/techtransfer.md).
    """
    if actor.role in {Role.CITY, Role.SYSTEM, Role.AUDITOR}:
        return True
    if actor.role is Role.DISTRICT:
        return actor.unit_id == held.unit_id
    return actor.client_id == held.posted_by or (
        actor.party is not None and actor.party in {held.party_uscc, held.poster_party}
    )


def fields_hidden(confidential: Collection[str], *, insider: bool) -> frozenset[str]:
    """Return the fields that are left out of an answer; a hidden party hides its name too.

    Source: T-VIEW-02 (docs/rules/techtransfer.md).
    """
    if insider:
        return frozenset()
    always = {"authority_sha256", "authority_until_on"}
    return frozenset({*confidential, *always, *(["party_name"] if "party_uscc" in confidential else [])})
