"""Lists taken away as CSV or XLSX: one address for each export of the API, for whoever reads its list."""

from starlette.responses import Response

from gateway.console.download import download
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role
from shared.kernel.role_scope import scopes_of

_SCOPES: dict[str, str | None] = {
    "accounts": "access.account:read",
    "achievements": "transfer.listing:read",
    "annuities": "ipr.right:read",
    **{f"audit/{service}": "audit.entry:read" for service in ("registry", "finance", "ipr", "techtransfer", "gateway")},
    "clients": "access.client:read",
    **{
        f"dead-letters/{service}": "operation.dead_letter:read"
        for service in ("registry", "finance", "ipr", "techtransfer")
    },
    "banks": "credit.bank:read",
    "blemishes": "ipr.right:read",
    "code-book": None,
    "consents": "credit.consent:read",
    "covers": "fund.cover:read",
    "drawdowns": "credit.loan:read",
    "enterprises": "registry.enterprise:read",
    "filings": "registry.enterprise:read",
    "fund-accounts": "fund.account:read",
    "fund-postings": "fund.account:read",
    "holiday-notices": None,
    "ip-rights": "ipr.right:read",
    "kvc-evaluations": "credit.evaluation:read",
    "loan-applications": "credit.application:read",
    "loans": "credit.loan:read",
    "lpr-publications": "credit.bank:read",
    "needs": "transfer.listing:read",
    "population-results": "registry.population:read",
    "qualifications": "registry.enterprise:read",
    "register-applications": "registry.enterprise:read",
    "repayments": "credit.loan:read",
    "tech-sme-evaluations": "registry.evaluation:read",
    "units": "registry.enterprise:read",
    **{f"work-items/{service}": "work.item:read" for service in ("registry", "finance", "ipr", "techtransfer")},
}
"""Noun of the export → scope that reads its list, None for everybody; the API judges it again for each person."""


def readers_of(scope: str) -> frozenset[Role]:
    """Return the roles whose people may hold a scope."""
    return frozenset(role for role in set(Role) - {Role.SYSTEM} if scope in scopes_of(role.value))


def _page(noun: str, roles: frozenset[Role] | None) -> Page:
    operation = f"GET /v1/exports/{noun}.{{file_format}}"
    page = Page(
        name=f"export-{noun.replace('/', '-')}",
        path=f"/export/{noun}.{{file_format}}",
        title=mark("Export"),
        roles=roles,
        uses=(operation,),
    )

    @page.shows
    async def show(visit: Visit) -> Response:
        """Give the list as a file."""
        return await download(visit, operation, {"file_format": visit.value("file_format")})

    return page


PAGES = tuple(_page(noun, None if scope is None else readers_of(scope)) for noun, scope in _SCOPES.items())
