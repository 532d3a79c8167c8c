"""Partner banks with their agreements, and the loan prime rate that their rates are held against."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import entry_page
from gateway.console.evidence import EVIDENCE
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_BANKS = "GET /v1/banks"
_RATES = "GET /v1/lpr-publications"
_DOCUMENTS = "POST /v1/documents/finance"
READERS = frozenset({Role.CITY, Role.AUDITOR, Role.FUND_MANAGER, Role.BANK})
FILTERS = (
    Filter(name="bank_uscc", label=mark("Code of the bank")),
    Filter(name="status", kind="select", enumeration="BankStatus"),
    Filter(name="agreement_until_until_on", kind="day", label=mark("Agreement ends until")),
)
RATE_FILTERS = (
    Filter(name="published_from_on", kind="day", label=mark("Published from")),
    Filter(name="published_until_on", kind="day", label=mark("Published until")),
)
TONES = {"ACTIVE": "good", "SUSPENDED": "bad"}
ENTER = CaseAction(
    name="enter",
    title=mark("Enter a partner bank"),
    operation="POST /v1/banks",
    inputs=(
        Input(name="name", within="BankTerms"),
        Input(name="uscc", within="BankTerms"),
        Input(name="decision_no"),
        Input(name="agreement_from_on", kind="day"),
        Input(name="agreement_until_on", kind="day"),
    ),
    text=mark("From the first day of its agreement firms can apply to this bank."),
    done=mark("The bank takes part."),
    scope="credit.bank:write",
)
PUBLISH = CaseAction(
    name="publish",
    title=mark("Record a loan prime rate"),
    operation="POST /v1/lpr-publications",
    inputs=(
        Input(name="rate_ppm", kind="rate", within="LprPublicationTerms"),
        Input(name="published_on", kind="day", within="LprPublicationTerms"),
        Input(name="source", within="LprPublicationTerms"),
        Input(
            name="confirmed",
            kind="checkbox",
            within="LprPublicationTerms",
            required=False,
            help=mark("Needed only where the rate differs much from the one before."),
        ),
        *EVIDENCE,
    ),
    text=mark("Contracts signed from the next day on are held against this rate; those before are not touched."),
    done=mark("The rate is recorded."),
    documents=_DOCUMENTS,
    scope="credit.bank:write",
)
BANKS = Page(name="banks", path="/banks", title=mark("Partner banks"), roles=READERS, uses=(_BANKS,), menu=400)
NEW_BANK = entry_page(ENTER, name="bank-enter", path="/banks/enter", roles=frozenset({Role.CITY}), listed=BANKS)
RATES = Page(
    name="lpr",
    path="/loan-prime-rate",
    title=mark("Loan prime rate"),
    roles=READERS,
    uses=(_RATES, "GET /v1/lpr"),
    menu=410,
)
NEW_RATE = entry_page(
    PUBLISH, name="lpr-publish", path="/loan-prime-rate/publish", roles=frozenset({Role.CITY}), listed=RATES
)


@BANKS.shows
async def show_banks(visit: Visit) -> Response:
    """Show the partner banks."""
    found = await listed(visit, _BANKS, FILTERS, export="banks")
    return visit.html("banks.html", list=found, filters=FILTERS, tones=TONES, can_enter=ENTER.scope in visit.who.scopes)


@RATES.shows
async def show_rates(visit: Visit) -> Response:
    """Show the rates that were published, the newest first."""
    found = await listed(visit, _RATES, RATE_FILTERS, export="lpr-publications")
    today = await visit.part("GET /v1/lpr")
    return visit.html(
        "loan_prime_rate.html",
        list=found,
        filters=RATE_FILTERS,
        today=today,
        can_publish=PUBLISH.scope in visit.who.scopes,
    )
