"""Which services hold cases that wait for a role, and how their lists become one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.kernel.actor import Role

_WORKS_WITH: dict[Role, tuple[str, ...]] = {
    Role.ENTERPRISE: ("registry", "finance", "ipr", "techtransfer"),
    Role.BANK: ("finance",),
    Role.FUND_MANAGER: ("finance",),
    Role.IP_CENTRE: ("ipr",),
    Role.AGENCY: ("techtransfer",),
    Role.DISTRICT: ("registry", "techtransfer"),
    Role.CITY: ("registry", "finance", "ipr", "techtransfer"),
    Role.AUDITOR: ("registry", "finance", "ipr", "techtransfer"),
}
SERVICES = tuple(sorted({one for services in _WORKS_WITH.values() for one in services}))
"""Every service that holds cases that wait for somebody."""
_LAST = "9999-12-31"
"""Sorts behind every day: what has none comes last."""


def works_with(role: Role) -> tuple[str, ...]:
    """Return the services whose cases may wait for a role; none for a role that works on no cases.

    Source: G-WORK-01 (docs/rules/gateway.md).
    """
    return _WORKS_WITH.get(role, ())


def joined(pages: Iterable[Sequence[Mapping[str, Any]]], limit: int) -> list[Mapping[str, Any]]:
    """Return the first cases of all services, the nearest day first, as each service orders its own.

    Args:
        pages: of each service its first cases, at least `limit` where it has so many.
        limit: how many are wanted.

    Source: G-WORK-01 (docs/rules/gateway.md).
    """
    every = (item for page in pages for item in page)
    return sorted(every, key=lambda item: (item["due_on"] or _LAST, item["id"]))[:limit]


def counts_by_kind(
    total: Mapping[str, int], overdue: Mapping[str, int], soon: Mapping[str, int], mine: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return how many cases of each kind wait, and how many of them are overdue, due soon and the reader's.

    Source: G-WORK-01 (docs/rules/gateway.md).
    """
    return [
        {
            "kind": kind,
            "total": rows,
            "overdue": overdue.get(kind, 0),
            "soon": soon.get(kind, 0),
            "mine": mine.get(kind, 0),
        }
        for kind, rows in total.items()
    ]
