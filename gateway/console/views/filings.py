"""The annual filing as its enterprise writes it: checked as a whole, beside last year, kept as a draft, submitted."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from gateway.console import year_on_year
from gateway.console.form import Fault
from gateway.console.format import NOTHING, money, number, typed_yuan
from gateway.console.inputs import Input, body_of
from gateway.console.page import Page
from gateway.console.visit import PageRefusedError, Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ALL = "GET /v1/enterprises/{uscc}/filings"
_SAVE = "PUT /v1/enterprises/{uscc}/filings/{year}"
_SUBMIT = "POST /v1/enterprises/{uscc}/filings/{year}:submit"
_APPLICATIONS = "GET /v1/register-applications"
_OPTIONAL = frozenset({"super_deduction_fen", "innovative_products"})
TONES = {"DRAFT": "wait", "ACCEPTED": "good", "SUPERSEDED": "done"}
INPUTS = tuple(
    Input(name=name, kind="money" if year_on_year.is_money(name) else "whole", required=name not in _OPTIONAL)
    for name in year_on_year.FIELDS
)
LIST = Page(
    name="filings",
    path="/filings",
    title=mark("Annual filings"),
    roles=frozenset({Role.ENTERPRISE}),
    uses=(_ALL,),
    menu=70,
)
ONE = Page(
    name="filing",
    path="/filings/{year}",
    title=mark("Annual filing"),
    roles=frozenset({Role.ENTERPRISE}),
    uses=(_ALL, _SAVE, _SUBMIT, _APPLICATIONS),
)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show each year that may be filed with what stands of it, and the years before."""
    told = await visit.read(_ALL, {"uscc": visit.who.party})
    years = sorted({*told["open_years"], *(one["year"] for one in told["items"])}, reverse=True)
    lines = [
        {
            "year": year,
            "draft": year_on_year.of_year(told["items"], year, "DRAFT"),
            "accepted": year_on_year.of_year(told["items"], year, "ACCEPTED"),
            "is_open": year in told["open_years"],
        }
        for year in years
    ]
    return visit.html("filings.html", lines=lines, tones=TONES)


@ONE.shows
async def show_one(visit: Visit) -> Response:
    """Show the form of a year with what is wrong with its draft."""
    year = _year(visit)
    told = await visit.read(_ALL, {"uscc": visit.who.party})
    held = year_on_year.of_year(told["items"], year, "DRAFT", "ACCEPTED")
    if held is None and year not in told["open_years"]:
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    checks = held["checks"] if held is not None else []
    visit.form.faults.extend(_faults(checks, visit))
    return await _form(visit, told, checks)


@ONE.acts
async def act(visit: Visit) -> Response:
    """Save the draft, and submit it if that was pressed: everything that is wrong is said at once."""
    year = _year(visit)
    told = await visit.read(_ALL, {"uscc": visit.who.party})
    at = {"uscc": visit.who.party, "year": year}
    body = body_of(visit.form, INPUTS, visit.words)
    checks: Sequence[Mapping[str, Any]] = []
    if not visit.form.faults:
        saved = await visit.do(_SAVE, at, body=body)
        if saved is not None:
            checks = saved.body["checks"]
            if visit.form.text("act") != "submit":
                return visit.go(f"/filings/{year}", said=visit.words.gettext("The draft is saved."))
            confirmed = visit.form.text("unit_confirmed") == "yes"
            if await visit.do(_SUBMIT, at, query={"unit_confirmed": "true" if confirmed else ""}) is not None:
                return visit.go(LIST.path, said=visit.words.gettext("The filing of %(year)s is accepted.", year=year))
            visit.form.faults[:] = _faults(checks, visit) or visit.form.faults
    return await _form(visit, told, checks, status=HTTPStatus.UNPROCESSABLE_ENTITY)


async def _form(
    visit: Visit, told: Mapping[str, Any], checks: Sequence[Mapping[str, Any]], *, status: int = HTTPStatus.OK
) -> Response:
    year, items = _year(visit), told["items"]
    held = year_on_year.of_year(items, year, "DRAFT", "ACCEPTED")
    before = year_on_year.of_year(items, year - 1, "ACCEPTED")
    return visit.html(
        "filing.html",
        status=status,
        year=year,
        held=held,
        tones=TONES,
        inputs=INPUTS,
        begin=_typed(held),
        helps=await _helps(visit, before),
        compared=year_on_year.compared(held, before) if held and before else [],
        asked=[one for one in checks if one["gravity"] == "ASKS"],
        noted=[one for one in checks if one["gravity"] == "NOTES"],
        is_open=year in told["open_years"],
    )


def _year(visit: Visit) -> int:
    said = visit.value("year")
    if not (said.isascii() and said.isdigit() and len(said) == 4):  # noqa: PLR2004  # a year
        raise PageRefusedError(HTTPStatus.NOT_FOUND)
    return int(said)


def _faults(checks: Sequence[Mapping[str, Any]], visit: Visit) -> list[Fault]:
    """Return what the filing is refused for, each beside its field."""
    said = f"text_{visit.words.language}"
    known = set(year_on_year.FIELDS)
    return [
        Fault(name if name in known else "", one[said])
        for one in checks
        if one["gravity"] == "REFUSES"
        for name in (one["pointer"].removeprefix("/"),)
    ]


def _typed(held: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what the inputs begin with: the draft, or what was accepted."""
    said = {name: (held or {}).get(name) for name in year_on_year.FIELDS}
    return {
        name: "" if value is None else typed_yuan(value) if year_on_year.is_money(name) else str(value)
        for name, value in said.items()
    }


async def _helps(visit: Visit, before: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what stands beneath each label: the year before, and what the authority remarked."""
    words = visit.words
    part = await visit.part(_APPLICATIONS, query={"uscc": visit.who.party, "status": "RETURNED"})
    remarks = {one["field"]: one["note"] for item in (part.body or {"items": []})["items"] for one in item["notes"]}
    helps = {}
    for name in year_on_year.FIELDS:
        said = []
        if before is not None:
            show = money if year_on_year.is_money(name) else number
            shown = NOTHING if before[name] is None else show(words, before[name])
            said.append(words.gettext("%(year)s: %(value)s", year=before["year"], value=shown))
        if name in remarks:
            said.append(words.gettext("Remark of the authority: %(remark)s", remark=remarks[name]))
        helps[name] = ("；" if words.language == "zh" else "; ").join(said)
    return helps
