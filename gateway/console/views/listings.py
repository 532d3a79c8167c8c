"""Achievements and needs: found, posted, reviewed and published; both nouns have the same pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import CaseActs, entry_page
from gateway.console.difference import Shown, Watched
from gateway.console.format import instant, typed_yuan
from gateway.console.inputs import Input
from gateway.console.listing import Filter, listed
from gateway.console.page import Page
from gateway.console.views.listing_acts import ACHIEVEMENT, NEED, NOT_SHOWN, acts, posting
from gateway.console.visit import Visit
from gateway.console.words import Words, mark
from shared.kernel.actor import Role
from shared.kernel.fold import search_key

READERS = frozenset({Role.ENTERPRISE, Role.AGENCY, Role.DISTRICT, Role.CITY, Role.IP_CENTRE, Role.AUDITOR})
POSTERS = frozenset({Role.ENTERPRISE, Role.AGENCY})
ACTORS = POSTERS | {Role.DISTRICT, Role.CITY}
TONES = {
    "DRAFT": "plain",
    "SUBMITTED": "wait",
    "UNDER_REVIEW": "wait",
    "RETURNED": "bad",
    "PUBLISHED": "good",
    "WITHDRAWN": "done",
    "EXPIRED": "done",
}
_FIRST = (
    Filter(name="q", label=mark("Words of title or keywords")),
    Filter(name="status", kind="select", enumeration="ListingStatus"),
    Filter(name="key_field", kind="select", enumeration="KeyField"),
    Filter(name="cooperation_mode", kind="select", enumeration="CooperationMode"),
    Filter(name="unit_id", kind="unit"),
)
_WRITE = "transfer.listing:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """One of the two nouns.

    Attributes:
        plural: word of the addresses.
        id_name: name of its id in them.
        title: of the list, in English.
        singular: of one, in English.
        empty: said where nothing is found.
        inputs: what a poster says.
        new: form of a new one.
        filters: of the list.
        menu: place in the navigation.
    """

    plural: str
    id_name: str
    title: str
    singular: str
    empty: str
    inputs: Sequence[Input]
    new: CaseAction
    filters: Sequence[Filter]
    menu: int

    @property
    def one(self) -> str:
        """Address of one in the API."""
        return f"/v1/{self.plural}/{{{self.id_name}}}"

    @property
    def here(self) -> str:
        """Address of one in the console."""
        return f"/{self.plural}/{{{self.id_name}}}"


NOUNS = (
    Noun(
        plural="achievements",
        id_name="achievement_id",
        title=mark("Achievements"),
        singular=mark("Achievement"),
        empty=mark("No achievement is here"),
        inputs=ACHIEVEMENT,
        new=posting("achievements", mark("Post an achievement"), ACHIEVEMENT),
        filters=(
            *_FIRST,
            Filter(name="stage", kind="select", enumeration="ResultStage"),
            Filter(name="trl_min"),
        ),
        menu=400,
    ),
    Noun(
        plural="needs",
        id_name="need_id",
        title=mark("Technology needs"),
        singular=mark("Technology need"),
        empty=mark("No need is here"),
        inputs=NEED,
        new=posting("needs", mark("Post a need"), NEED),
        filters=(*_FIRST, Filter(name="trl_wanted")),
        menu=410,
    ),
)


def found_by(words: Words, asked: str, one: Mapping[str, Any]) -> str:
    """Return why a listing was found: where each word that was looked for stands, as the list looks for it."""
    told = []
    for word in asked.split():
        key = search_key(word)
        keyword = next((each for each in one["keywords"] if key in search_key(each)), None)
        if key in search_key(one["title"]):
            told.append(words.gettext("“%(word)s” in the title", word=word))
        elif keyword is not None:
            told.append(words.gettext("keyword “%(word)s”", word=keyword))
    return "；".join(told) if words.language == "zh" else "; ".join(told)


def pages(noun: Noun) -> list[Page]:
    """Return the pages of a noun."""
    case_acts = _acts(noun)
    act = case_acts.page(f"{noun.plural}-act", title=noun.singular, roles=ACTORS)
    every = _list(noun)
    return [every, _new(noun, every), _contact(noun), _one(noun, case_acts), act]


def _list(noun: Noun) -> Page:
    operation = f"GET /v1/{noun.plural}"
    page = Page(
        name=noun.plural, path=f"/{noun.plural}", title=noun.title, roles=READERS, uses=(operation,), menu=noun.menu
    )

    @page.shows
    async def show(visit: Visit) -> Response:
        """Show what is published and one's own, newest first; only one's own on demand."""
        is_mine = visit.asked_for("mine") == "true"
        fixed = {"mine": "true"} if is_mine else None
        found = await listed(visit, operation, noun.filters, fixed=fixed, export=noun.plural)
        words = found.asked.get("q", "")
        return visit.html(
            "listings.html",
            list=found,
            noun=noun,
            filters=noun.filters,
            tones=TONES,
            is_mine=is_mine,
            may_post=visit.who.role in POSTERS and _WRITE in visit.who.scopes,
            why={one["id"]: found_by(visit.words, words, one) for one in found.items} if words else {},
        )

    return page


def _new(noun: Noun, listed_on: Page) -> Page:
    """Return the page of a new listing: it is kept as a draft, and shown."""
    return entry_page(
        noun.new,
        name=f"{noun.plural}-new",
        path=f"/{noun.plural}/new",
        roles=POSTERS,
        listed=listed_on,
        begins=lambda visit: {
            "party_uscc": visit.who.party or "",
            "result_class": "APPLIED",
            "secrecy": "NONE",
            "ip_ownership": "NEGOTIABLE",
        },
        onward=lambda made: f"/{noun.plural}/{made['id']}",
    )


def _contact(noun: Noun) -> Page:
    read, contact = f"GET {noun.one}", f"GET {noun.one}/contact"
    page = Page(
        name=f"{noun.plural}-contact",
        path=f"{noun.here}/contact",
        title=mark("Contact"),
        roles=READERS,
        uses=(read, contact),
    )

    @page.shows
    async def show(visit: Visit) -> Response:
        """Show whom to call; the look is recorded."""
        at = {noun.id_name: visit.value(noun.id_name)}
        told, whom = await visit.read(read, at), await visit.read(contact, at)
        return visit.html("listing_contact.html", told=told, whom=whom, noun=noun)

    return page


def _one(noun: Noun, case_acts: CaseActs) -> Page:
    operation = f"GET {noun.one}"
    page = Page(
        name=noun.plural.removesuffix("s"), path=noun.here, title=noun.singular, roles=READERS, uses=(operation,)
    )

    @page.shows
    async def show(visit: Visit) -> Response:
        """Show one listing as its reader may see it, with its way through the review and what may be done."""
        told = await visit.read(operation, {noun.id_name: visit.value(noun.id_name)})
        return visit.html(
            "listing.html",
            told=told,
            noun=noun,
            tones=TONES,
            acts=case_acts.offered(told),
            entries=_way(told, visit.words),
        )

    return page


def _acts(noun: Noun) -> CaseActs:
    inputs = [one for one in noun.inputs if one.name not in NOT_SHOWN]
    kinds: dict[str, Shown] = {"money": "money", "day": "day", "whole": "whole"}
    return CaseActs(
        path=noun.here,
        key=noun.id_name,
        read=f"GET {noun.one}",
        actions=acts(noun.plural, noun.one, noun.inputs),
        called=lambda _visit, told: str(told["case_no"]),
        begins=lambda told: {
            one.key: begun for one in inputs if (begun := _begun(told.get(one.name), one)) is not None
        },
        watched=(
            Watched(name="status", kind="value", enumeration="ListingStatus"),
            *(
                Watched(name=one.name, kind=kinds.get(one.kind, "text"))
                for one in inputs
                if one.kind in {"text", "textarea", *kinds}
            ),
        ),
    )


def _begun(value: Any, one: Input) -> Any:  # noqa: ANN401  # of the field's own kind, then as it is typed
    """Return what an input begins with: what is held, as it is typed."""
    if value is None or one.kind == "checkboxes":
        return value
    if one.kind == "money":
        return typed_yuan(value)
    return "\n".join(value) if one.kind == "lines" else str(value)


def _way(told: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    """Return the way of a listing from its draft to its end, as far as its reader may know it."""
    steps = (
        ("created_at", mark("Draft made"), ""),
        ("submitted_at", mark("Submitted for review"), ""),
        ("published_at", mark("Published"), ""),
        ("ended_at", words.value("ListingStatus", told["status"]), ""),
    )
    return [
        {"at": instant(words, told[name]), "title": words.gettext(title), "text": text, "done": True}
        for name, title, text in steps
        if told[name]
    ]


PAGES = [page for noun in NOUNS for page in pages(noun)]
