"""Forms of what may be done with a right: each asks for the notice or document that it rests on."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.console.case_action import CaseAction
from gateway.console.evidence import EVIDENCE
from gateway.console.format import day
from gateway.console.inputs import Choices, Input
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.percent import read_percent

ONE = "/v1/ip-rights/{right_id}"
HISTORY = f"GET {ONE}/history"
_DOCUMENTS = "POST /v1/documents/ipr"
_WHOLE_PPM = 1_000_000
OWNERS = Input(
    name="owners",
    kind="lines",
    help=mark("One owner a line: the code and the share, such as 915001070000000000 60%. Equal shares without any."),
)


def owners_of(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Return owners as the API takes them; what cannot be read as a share is sent as none, which the API refuses."""
    parts = [line.replace(":", " ").replace("：", " ").split() for line in lines]
    if parts and all(len(one) == 1 for one in parts):
        share, rest = divmod(_WHOLE_PPM, len(parts))
        return [{"uscc": one[0], "share_ppm": share + (place < rest)} for place, one in enumerate(parts)]
    return [{"uscc": one[0], "share_ppm": (read_percent("".join(one[1:])) if one[1:] else None) or 0} for one in parts]


def with_owners(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body with its owners as the API takes them."""
    return {**body, "owners": owners_of(body["owners"])} if "owners" in body else dict(body)


def _correction(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a correction: what is true instead rests on the same evidence, and is left out where nothing is."""
    rest = {name: value for name, value in body.items() if name != "replacement"}
    replacement = body.get("replacement")
    return {**rest, "replacement": {**replacement, "evidence": body.get("evidence")}} if replacement else rest


async def _moves(visit: Visit) -> Mapping[str, Choices]:
    words = visit.words
    history = await visit.read(HISTORY, {"right_id": visit.value("right_id")})
    return {
        "move_id": [
            (one["id"], f"{words.value('LegalStatus', one['to_status'])} · {day(words, one['effective_on'])}")
            for one in history["moves"]
            if one["status"] != "CORRECTED"
        ]
    }


ACTIONS = (
    CaseAction(
        name="attest",
        title=mark("Attest the right"),
        operation=f"POST {ONE}:attest",
        inputs=EVIDENCE,
        text=mark("The firm declared this right itself. On stronger evidence it counts in the firm's portfolio."),
        documents=_DOCUMENTS,
        done=mark("The right is attested."),
    ),
    CaseAction(
        name="move",
        title=mark("Record a change of the legal status"),
        operation=f"POST {ONE}:move",
        inputs=(
            Input(name="to_status", kind="select", enumeration="LegalStatus"),
            Input(name="effective_on", kind="day"),
            Input(
                name="requested_on",
                kind="day",
                required=False,
                help=mark("For a restoration: the day on which it was asked for."),
            ),
            *EVIDENCE,
        ),
        documents=_DOCUMENTS,
        done=mark("The change of status is recorded."),
    ),
    CaseAction(
        name="correct",
        title=mark("Correct a change of the legal status"),
        operation=f"POST {ONE}:correct",
        inputs=(
            Input(name="move_id", kind="radios", label=mark("Which entry was wrong")),
            Input(
                name="to_status",
                kind="select",
                inside="replacement",
                enumeration="LegalStatus",
                label=mark("What is true instead"),
                help=mark("Leave it and its day empty if it never happened."),
                required=False,
            ),
            Input(name="effective_on", kind="day", inside="replacement", required=False),
            *EVIDENCE,
        ),
        text=mark("The wrong entry stays in the history and is marked as corrected."),
        documents=_DOCUMENTS,
        done=mark("The status is corrected; the history keeps both entries."),
        shape=_correction,
        choices=_moves,
    ),
    CaseAction(
        name="transfer",
        title=mark("Record a transfer of the right"),
        operation=f"POST {ONE}:transfer",
        inputs=(OWNERS, Input(name="effective_on", kind="day"), *EVIDENCE),
        text=mark("Write all owners after the transfer."),
        documents=_DOCUMENTS,
        done=mark("The transfer is recorded."),
        shape=with_owners,
    ),
    CaseAction(
        name="extend",
        title=mark("Record a renewal or compensation of the term"),
        operation=f"POST {ONE}:extend",
        inputs=(Input(name="until_on", kind="day", label=mark("New last day")), *EVIDENCE),
        documents=_DOCUMENTS,
        done=mark("The new last day is recorded."),
    ),
    CaseAction(
        name="mark-high-value",
        title=mark("Record a ground of high value"),
        operation=f"POST {ONE}:mark-high-value",
        inputs=(Input(name="ground", kind="radios", enumeration="HighValueGround"), *EVIDENCE),
        documents=_DOCUMENTS,
        done=mark("The ground of high value is recorded."),
    ),
    CaseAction(
        name="mark-blemish",
        title=mark("Record an accepted case against the right"),
        operation=f"POST {ONE}:mark-blemish",
        inputs=(
            Input(name="kind", kind="radios", enumeration="BlemishKind"),
            Input(name="effective_on", kind="day", label=mark("Day on which the case was accepted")),
            *EVIDENCE,
        ),
        text=mark("Until the case is closed the right does not count in the portfolios of its owners."),
        documents=_DOCUMENTS,
        done=mark("The case is recorded; the right does not count until it is closed."),
    ),
    CaseAction(
        name="clear-blemish",
        title=mark("Record that a case is closed"),
        operation=f"POST {ONE}:clear-blemish",
        inputs=(
            Input(name="kind", kind="radios", enumeration="BlemishKind"),
            Input(name="effective_on", kind="day", label=mark("Day on which the case was closed")),
            *EVIDENCE,
        ),
        documents=_DOCUMENTS,
        done=mark("The case is closed; the right counts again."),
    ),
)
REGISTER = CaseAction(
    name="new",
    title=mark("Enter a right"),
    operation="POST /v1/ip-rights",
    inputs=(
        Input(name="kind", kind="select", enumeration="RightKind"),
        Input(name="right_no", help=mark("As on the certificate, such as 202210000001.0.")),
        Input(name="title", label=mark("Name of the right")),
        OWNERS,
        Input(name="legal_status", kind="select", enumeration="LegalStatus"),
        Input(name="status_effective_on", kind="day", required=False),
        Input(name="filed_on", kind="day", required=False),
        Input(name="published_on", kind="day", required=False),
        Input(name="granted_on", kind="day", required=False),
        Input(name="stated_ends_on", kind="day", required=False),
        *EVIDENCE,
    ),
    text=mark("What a firm enters is its own declaration, and counts once the IP centre has attested it."),
    documents=_DOCUMENTS,
    done=mark("The right is entered."),
    shape=with_owners,
)
