"""Loan applications: the bank's desk and the enterprise's own, with what may be done about each."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.console.case_action import CaseAction, coded_reasons, reason_text
from gateway.console.case_acts import CaseActs
from gateway.console.difference import Watched
from gateway.console.format import NOTHING, money, number, rate, typed_yuan, yes
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Part, Visit
from gateway.console.words import Words, mark
from shared.kernel.actor import Role

_ONE = "/v1/loan-applications/{application_id}"
_READ = f"GET {_ONE}"
_DOSSIER = f"GET {_ONE}/dossier"
_REASONS = "GET /v1/loan-applications/reasons"
READERS = frozenset({Role.BANK, Role.ENTERPRISE, Role.CITY, Role.AUDITOR})
FILTERS = (
    Filter(name="status", kind="select", enumeration="ApplicationStatus"),
    Filter(name="case_no"),
    Filter(name="enterprise_uscc"),
    Filter(name="bank_ref"),
    Filter(name="submitted_from_on", kind="day", label=mark("Submitted from")),
    Filter(name="answer_due_until_on", kind="day", label=mark("Answer due until")),
)
TONES = {
    "SUBMITTED": "wait",
    "BANK_REVIEW": "wait",
    "RETURNED": "wait",
    "APPROVED": "good",
    "SIGNED": "good",
    "REJECTED": "bad",
    "CANCELLED": "done",
    "LAPSED": "done",
}

ACTIONS = (
    CaseAction(
        name="accept",
        title=mark("Take into review"),
        operation=f"POST {_ONE}:accept",
        text=mark("The firm sees that its application is being looked at. The clock for the answer goes on."),
        done=mark("The application is in review."),
    ),
    CaseAction(
        name="acknowledge",
        title=mark("Confirm the change"),
        operation=f"POST {_ONE}:acknowledge",
        text=mark("The firm was evaluated anew after it applied. Confirm that you have seen the new evaluation."),
        done=mark("The change is confirmed."),
    ),
    CaseAction(
        name="approve",
        title=mark("Approve"),
        operation=f"POST {_ONE}:approve",
        inputs=(
            Input(name="amount_fen", kind="money"),
            Input(name="term_months", kind="whole"),
            Input(name="bank_ref"),
            Input(name="valid_until_on", kind="day", required=False),
            Input(name="conditions", kind="textarea", required=False),
        ),
        done=mark("The application is approved."),
    ),
    CaseAction(
        name="return",
        title=mark("Return to the firm"),
        operation=f"POST {_ONE}:return",
        inputs=(Input(name="note", kind="textarea", label=mark("What is missing or wrong")),),
        done=mark("The application went back to the firm."),
    ),
    CaseAction(
        name="reject",
        title=mark("Reject"),
        operation=f"POST {_ONE}:reject",
        inputs=(
            Input(name="reason_code", kind="radios", label=mark("Reason")),
            Input(name="note", kind="textarea", required=False),
        ),
        done=mark("The application is rejected; the firm sees the reason."),
        is_final=True,
        choices=coded_reasons(_REASONS),
    ),
    CaseAction(
        name="sign",
        title=mark("Record the contract"),
        operation=f"POST {_ONE}:sign",
        inputs=(
            Input(name="contract_no"),
            Input(name="principal_fen", kind="money"),
            Input(name="rate_ppm", kind="rate"),
            Input(name="signed_on", kind="day"),
            Input(name="term_months", kind="whole"),
        ),
        text=mark("The contract takes up the firm's limit over all banks."),
        done=mark("The contract is recorded."),
    ),
    CaseAction(
        name="resubmit",
        title=mark("Correct and submit again"),
        operation=f"POST {_ONE}:resubmit",
        inputs=(
            Input(name="amount_fen", kind="money"),
            Input(name="term_months", kind="whole"),
            Input(name="purpose", kind="textarea", within="LoanApplicationRead"),
        ),
        done=mark("The application is with the bank again."),
    ),
    CaseAction(
        name="cancel",
        title=mark("Withdraw the application"),
        operation=f"POST {_ONE}:cancel",
        done=mark("The application is withdrawn."),
        is_final=True,
    ),
)
LIST = Page(
    name="loan-applications",
    path="/loan-applications",
    title=mark("Loan applications"),
    roles=READERS,
    uses=("GET /v1/loan-applications",),
    menu=200,
)
ONE = Page(
    name="loan-application",
    path="/loan-applications/{application_id}",
    title=mark("Loan application"),
    roles=READERS,
    uses=(_READ, _DOSSIER, _REASONS),
)


def _begins(told: Mapping[str, Any]) -> dict[str, str]:
    """Return what an approval and a contract begin with: what was asked for."""
    approved = told["approved_fen"] or told["amount_fen"]
    return {
        "amount_fen": typed_yuan(told["amount_fen"]),
        "principal_fen": typed_yuan(approved),
        "term_months": str(told["approved_term_months"] or told["term_months"]),
        "bank_ref": told["bank_ref"] or "",
        "purpose": told["purpose"],
    }


def _kept(action: CaseAction, told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what is not asked for again when an application is submitted again."""
    return {name: told[name] for name in ("bank_uscc", "evaluation_id")} if action.name == "resubmit" else None


ACTS = CaseActs(
    path="/loan-applications/{application_id}",
    key="application_id",
    read=_READ,
    actions=ACTIONS,
    called=lambda _visit, told: str(told["case_no"]),
    begins=_begins,
    kept=_kept,
    watched=(
        Watched(name="status", kind="value", enumeration="ApplicationStatus"),
        Watched(name="flag", kind="value", enumeration="ApplicationFlag"),
        Watched(name="amount_fen", kind="money"),
        Watched(name="term_months", kind="whole"),
        Watched(name="purpose", within="LoanApplicationRead"),
        Watched(name="approved_fen", kind="money"),
        Watched(name="valid_until_on", kind="day"),
        Watched(name="conditions"),
        Watched(name="note"),
    ),
    choices=(_REASONS,),
)
ACT = ACTS.page("loan-application-act", title=mark("Loan application"), roles=frozenset({Role.BANK, Role.ENTERPRISE}))


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the applications that the reader may see, newest first."""
    found = await listed(visit, "GET /v1/loan-applications", FILTERS, export="loan-applications")
    return visit.html("loan_applications.html", list=found, filters=FILTERS, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show one application; a bank sees what the firm's consent opens to it, and the read is kept."""
    application_id = visit.value("application_id")
    told = await visit.read(_READ, {"application_id": application_id})
    file = sheet = None
    if visit.who.role is Role.BANK:
        whole = await visit.part(_DOSSIER, {"application_id": application_id})
        file, sheet = _parts(whole)
    return visit.html(
        "loan_application.html",
        told=told,
        file=file,
        sheet=sheet,
        changes=_changes(file, visit.words),
        tones=TONES,
        acts=ACTS.offered(told),
        reason=await reason_text(visit, _REASONS, told["reason_code"]),
    )


def _parts(whole: Part) -> tuple[Part, Mapping[str, Any] | None]:
    """Return the credit file and the sheet of rights of a dossier; without the first there is no second."""
    if whole.problem is not None:
        return whole, None
    parts = whole.body["parts"]
    return Part(parts["credit_file"]["data"]), parts["ip_sheet"]


def _changes(file: Part | None, words: Words) -> list[tuple[str, str, str]]:
    """Return the facts of the evaluation that changed since the firm applied: name, then and now, as people read it."""
    told = file.body["changes"] if file is not None and file.body else None
    return [
        (words.field(one["fact"]), _fact(one["fact"], one["before"], words), _fact(one["fact"], one["after"], words))
        for one in told or []
    ]


def _fact(name: str, value: object, words: Words) -> str:
    """Return a fact as people read it, by what the end of its name says of its number."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return yes(words, value)
    if isinstance(value, int):
        shown = money if name.endswith("_fen") else rate if name.endswith("_ppm") else number
        return shown(words, value)
    return str(value)
