"""Consents: which bank may read what until when, the text that was signed, who used it, and its withdrawal."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import CaseActs
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Part, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_LIST = "GET /v1/consents"
_READ = "GET /v1/consents/{consent_id}"
_USES = "GET /v1/consents/{consent_id}/reads"
_APPLICATIONS = "GET /v1/loan-applications"
_LOANS = "GET /v1/loans"
_MOST = 50
OPEN = ("SUBMITTED", "BANK_REVIEW", "RETURNED", "APPROVED")
"""Statuses of applications that go on; what the bank still has to read of the firm hangs on its consent."""
FILTERS = (
    Filter(name="purpose", kind="select", enumeration="ConsentPurpose"),
    Filter(name="granted_from_on", kind="day", label=mark("Given from")),
    Filter(name="revoked_from_on", kind="day", label=mark("Withdrawn from")),
)
READERS = frozenset({Role.ENTERPRISE, Role.BANK, Role.AUDITOR})
ACTS = CaseActs(
    path="/consents/{consent_id}",
    key="consent_id",
    read=_READ,
    actions=(
        CaseAction(
            name="withdraw",
            title=mark("Withdraw the consent"),
            operation="DELETE /v1/consents/{consent_id}",
            text=mark("The bank reads nothing more on it and deletes what it has by the day that is then shown."),
            done=mark("The consent is withdrawn."),
            is_final=True,
        ),
    ),
    called=lambda visit, _case: visit.words.gettext("Consent"),
)
LIST = Page(name="consents", path="/consents", title=mark("Consents"), roles=READERS, uses=(_LIST,), menu=230)
ONE = Page(
    name="consent",
    path="/consents/{consent_id}",
    title=mark("Consent"),
    roles=READERS,
    uses=(_READ, _USES, _APPLICATIONS, _LOANS),
)
ACT = ACTS.page("consent-act", title=mark("Withdraw the consent"), roles=frozenset({Role.ENTERPRISE}))


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the consents that the reader gave or received."""
    return visit.html("consents.html", list=await listed(visit, _LIST, FILTERS, export="consents"), filters=FILTERS)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one consent whole: what was signed, what it was used for, and what stays open under it."""
    at = {"consent_id": visit.value("consent_id")}
    told = await visit.read(_READ, at)
    uses = await listed(visit, _USES, (), at)
    return visit.html(
        "consent.html",
        told=told,
        list=uses,
        acts=ACTS.offered(told),
        applications=await _of_both(visit, told, _APPLICATIONS, OPEN),
        loans=await _of_both(visit, told, _LOANS, ("SIGNED",)),
    )


async def _of_both(visit: Visit, told: Mapping[str, Any], operation: str, statuses: tuple[str, ...]) -> Part:
    """Return what is open between the firm and the bank of a consent."""
    query = {"enterprise_uscc": told["enterprise_uscc"], "bank_uscc": told["bank_uscc"], "status": list(statuses)}
    return await visit.part(operation, query={**query, "limit": _MOST})
