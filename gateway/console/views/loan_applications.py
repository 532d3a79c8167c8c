"""Loan applications: the bank's desk and the enterprise's own, with what may be done about each."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.console.case_action import CaseAction, action_of, ask_for, offered, take
from gateway.console.format import typed_yuan
from gateway.console.inputs import Choices, Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ONE = "/v1/loan-applications/{application_id}"
_READ = f"GET {_ONE}"
_FILE = f"GET {_ONE}/credit-file"
_REASONS = "GET /v1/loan-applications/reasons"
READERS = frozenset({Role.BANK, Role.ENTERPRISE, Role.CITY, Role.AUDITOR})
FILTERS = (
    Filter(name="status", kind="select", enumeration="ApplicationStatus"),
    Filter(name="case_no"),
    Filter(name="enterprise_uscc"),
    Filter(name="bank_ref"),
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


async def _reasons(visit: Visit) -> Mapping[str, Choices]:
    told = await visit.read(_REASONS)
    named = "label_zh" if visit.words.language == "zh" else "label_en"
    return {"reason_code": [(one["code"], one[named]) for one in told["items"]]}


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
        choices=_reasons,
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
    uses=(_READ, _FILE),
)
ACT = Page(
    name="loan-application-act",
    path="/loan-applications/{application_id}/{action}",
    title=mark("Loan application"),
    roles=frozenset({Role.BANK, Role.ENTERPRISE}),
    uses=(_READ, _REASONS, *(one.operation for one in ACTIONS)),
)


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
    file = None
    if visit.who.role is Role.BANK:
        file = await visit.part(_FILE, {"application_id": application_id})
    return visit.html("loan_application.html", told=told, file=file, tones=TONES, acts=offered(told, ACTIONS))


@ACT.shows
async def show_act(visit: Visit) -> Response:
    """Show the form of an act."""
    application_id = visit.value("application_id")
    told = await visit.read(_READ, {"application_id": application_id})
    action = action_of(ACTIONS, visit.value("action"))
    return await ask_for(
        visit, action, back=f"/console/loan-applications/{application_id}", about=told["case_no"], case=_begin(told)
    )


@ACT.acts
async def act(visit: Visit) -> Response:
    """Do it."""
    application_id = visit.value("application_id")
    told = await visit.read(_READ, {"application_id": application_id})
    action = action_of(ACTIONS, visit.value("action"))
    back = f"/loan-applications/{application_id}"
    kept = {name: told[name] for name in ("bank_uscc", "evaluation_id")} if action.name == "resubmit" else None
    at = {"application_id": application_id}
    return await take(visit, action, at, back=back, about=told["case_no"], kept=kept)


def _begin(told: Mapping[str, Any]) -> dict[str, str]:
    """Return what an approval and a contract begin with: what was asked for."""
    approved = told["approved_fen"] or told["amount_fen"]
    return {
        "amount_fen": typed_yuan(told["amount_fen"]),
        "principal_fen": typed_yuan(approved),
        "term_months": str(told["approved_term_months"] or told["term_months"]),
        "bank_ref": told["bank_ref"] or "",
        "purpose": told["purpose"],
    }
