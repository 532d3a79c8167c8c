"""Forms of what may be done with an achievement or a need: what a poster says, and what a reviewer decides."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.console.case_action import CaseAction
from gateway.console.inputs import Choices, Input
from gateway.console.views.register import unit_choices
from gateway.console.visit import Visit
from gateway.console.words import mark

_PARTY: tuple[Input, ...] = (
    Input(name="title"),
    Input(name="party_uscc"),
    Input(name="party_name", required=False, help=mark("For a party that is not in the register of enterprises.")),
    Input(name="unit_id", kind="select"),
    Input(name="key_field", kind="select", enumeration="KeyField", required=False),
    Input(name="industry_code", required=False),
    Input(name="keywords", kind="lines", help=mark("One keyword a line; the listing is found by them.")),
    Input(name="cooperation_modes", kind="checkboxes", enumeration="CooperationMode"),
    Input(name="valid_until_on", kind="day", label=mark("Listed until")),
)
_CLOSING: tuple[Input, ...] = (
    Input(name="contact_name", required=False),
    Input(name="contact_phone", required=False, help=mark("Others see it masked; who reads it in full is recorded.")),
    Input(name="confidential_fields", kind="checkboxes", required=False),
    Input(
        name="authority_sha256",
        required=False,
        help=mark("Where an agency posts for somebody else: the digest of the letter of authority."),
    ),
    Input(name="authority_until_on", kind="day", required=False),
)
ACHIEVEMENT: tuple[Input, ...] = (
    *_PARTY,
    Input(name="summary", kind="textarea"),
    Input(name="innovation_points", kind="lines", help=mark("One point a line.")),
    Input(name="origin", kind="select", enumeration="ResultOrigin"),
    Input(name="result_class", kind="select", enumeration="ResultClass"),
    Input(name="stage", kind="select", enumeration="ResultStage"),
    Input(name="trl", kind="whole"),
    Input(name="secrecy", kind="select", enumeration="Secrecy"),
    Input(name="technical_details", kind="textarea", required=False),
    Input(name="form", required=False),
    Input(name="evaluation_method", required=False),
    Input(name="registration_no", required=False),
    Input(name="registered_on", kind="day", required=False),
    Input(name="research_from", required=False, help=mark("A month, such as 2024-03.")),
    Input(name="research_to", required=False, help=mark("A month, such as 2024-03.")),
    Input(name="ip_right_nos", kind="lines", required=False, help=mark("One number a line.")),
    Input(name="completing_units", kind="lines", required=False, help=mark("One a line.")),
    Input(name="asking_price_fen", kind="money", required=False),
    *_CLOSING,
)
NEED: tuple[Input, ...] = (
    *_PARTY,
    Input(name="problem", kind="textarea"),
    Input(
        name="core_indicators",
        kind="lines",
        required=False,
        help=mark("One a line, each with a number: a solver answers numbers."),
    ),
    Input(name="technical_details", kind="textarea", required=False),
    Input(name="trl_wanted", kind="whole", required=False),
    Input(name="solution_months", kind="whole", required=False),
    Input(name="budget_fen", kind="money", required=False),
    Input(name="ip_ownership", kind="select", enumeration="IpOwnership"),
    Input(name="solver_conditions", kind="textarea", required=False),
    *_CLOSING,
)
_HIDEABLE = {
    "achievements": (
        "party_uscc",
        "technical_details",
        "registration_no",
        "ip_right_nos",
        "completing_units",
        "asking_price_fen",
    ),
    "needs": ("party_uscc", "technical_details", "core_indicators", "solver_conditions", "budget_fen"),
}
"""Noun → fields that a poster may keep from others; the service refuses any other."""
NOT_SHOWN = frozenset({"contact_name", "contact_phone"})
"""A form shows them masked or not at all, so an empty input leaves what is held."""


def acts(noun: str, one: str, inputs: Sequence[Input]) -> tuple[CaseAction, ...]:
    """Return the acts on one listing: those of its poster, and those of its reviewer.

    Args:
        noun: word of the API's address, such as `needs`.
        one: address of one listing.
        inputs: what a poster says.
    """
    change = CaseAction(
        name="change",
        title=mark("Change the listing"),
        operation=f"PATCH {one}",
        inputs=inputs,
        text=mark("A contact that is left empty stays as it is."),
        done=mark("The listing is changed."),
        choices=_choices(noun),
        shape=lambda typed: {**dict.fromkeys(_emptied(inputs)), **typed},
    )
    submit = CaseAction(
        name="submit",
        title=mark("Submit for review"),
        operation=f"POST {one}:submit",
        text=mark("While it is in review it cannot be changed."),
        done=mark("The listing is submitted for review."),
    )
    withdraw = CaseAction(
        name="withdraw",
        title=mark("Withdraw the listing"),
        operation=f"POST {one}:withdraw",
        inputs=(Input(name="reason", kind="textarea", required=False),),
        text=mark("A listing that is withdrawn does not come back; a new one can be posted."),
        done=mark("The listing is withdrawn."),
        is_final=True,
    )
    return (change, submit, *_reviews(f"POST {one}:review"), withdraw)


def _reviews(operation: str) -> tuple[CaseAction, ...]:
    return (
        CaseAction(
            name="start",
            title=mark("Take the listing into review"),
            operation=operation,
            text=mark("Whoever takes a review up finishes it."),
            fixed={"decision": "START"},
            done=mark("The listing is in review."),
        ),
        CaseAction(
            name="publish",
            title=mark("Publish the listing"),
            operation=operation,
            inputs=(Input(name="note", kind="textarea", required=False),),
            text=mark("Everybody who may read listings sees it from now on, without its confidential fields."),
            fixed={"decision": "PUBLISH"},
            done=mark("The listing is published."),
        ),
        CaseAction(
            name="return",
            title=mark("Return the listing for correction"),
            operation=operation,
            inputs=(Input(name="note", kind="textarea", label=mark("What must be corrected")),),
            fixed={"decision": "RETURN"},
            done=mark("The listing went back to its poster."),
        ),
    )


def posting(noun: str, title: str, inputs: Sequence[Input]) -> CaseAction:
    """Return the form of a new listing."""
    return CaseAction(
        name="new",
        title=title,
        operation=f"POST /v1/{noun}",
        inputs=inputs,
        text=mark("It is kept as a draft until you submit it for review."),
        done=mark("The draft is kept."),
        choices=_choices(noun),
    )


def _emptied(inputs: Sequence[Input]) -> list[str]:
    """Return the fields that an empty input takes away."""
    lists = {"lines", "checkboxes"}
    return [one.name for one in inputs if not one.required and one.kind not in lists and one.name not in NOT_SHOWN]


def _choices(noun: str) -> Any:  # noqa: ANN401  # gives choices
    async def given(visit: Visit) -> Mapping[str, Choices]:
        words = visit.words
        hideable = [(name, words.field(name)) for name in _HIDEABLE[noun]]
        return {**await unit_choices(visit), "confidential_fields": hideable}

    return given
