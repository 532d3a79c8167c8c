"""Every route judges what arrives: text, dates and codes, in every field of every body, query, path and header.

The fields are found in the services themselves, so a new route is judged by the same tests without a word here.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared.kernel.text import shows_something
from tests.support.contracts import application

SERVICES = ("registry", "finance", "techtransfer", "ipr", "gateway")
NOTHING = ("\u200b", "\u3164", "\u2800", "\u200d\u2060", "\ufeff", "\u115f\u1160", "\u00ad\u034f")
"""Texts that nobody can see."""
MISLEADING = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069")
MISLEADING += ("\U000e0001", "\U000e0041", "\U000e007f")
"""Marks that change what is seen, and tags."""
NO_DATES = (
    0,
    1,
    -1,
    1577836800,
    1577836800000,
    1.5,
    True,
    "0",
    "1577836800",
    "1e9",
    "20200105",
    "2020-W01-1",
    "2020-1-5",
)
LOOKED_UP = ("query:cursor", "header:if-match", "path:code", "path:policy", "path:version")
"""Words of ours that come back to us: compared, never kept; their own tests judge them."""


@dataclass(frozen=True)
class Field:
    """One value that a route takes.

    Attributes:
        where: route and place, for the failure.
        adapter: judges the whole value.
        schema: JSON schema of the leaf.
        example: a document that fits, and the path of the leaf in it; empty for a parameter.
    """

    where: str
    adapter: TypeAdapter[Any]
    schema: dict[str, Any]
    example: Any = None
    path: tuple[str | int, ...] = ()

    def given(self, value: object) -> object:
        """Return what is sent with `value` at the leaf."""
        if not self.path:
            return value
        document = deepcopy(self.example)
        holder = document
        for step in self.path[:-1]:
            holder = holder[step]
        holder[self.path[-1]] = value
        return document

    def kept(self, value: object) -> tuple[bool, object]:
        """Return whether the leaf is taken, and what is kept there."""
        try:
            found = self.adapter.validate_python(self.given(value))
        except ValidationError as fault:
            elsewhere = [one for one in fault.errors() if self.path and not at(one["loc"], self.path)]
            assert not elsewhere, f"{self.where}: the example does not fit: {elsewhere}"
            return False, None
        for step in self.path:
            found = getattr(found, step) if isinstance(found, BaseModel) else found[step]
        return True, found


def at(location: tuple[Any, ...], path: tuple[str | int, ...]) -> bool:
    """Tell whether a fault lies at the path or around it (a fault of the whole object counts)."""
    steps = [one for one in location if one in path]
    return steps == list(path[: len(steps)])


def judge_of(info: FieldInfo) -> TypeAdapter[Any]:
    kind: Any = info.annotation
    return TypeAdapter(Annotated[(kind, *info.metadata)] if info.metadata else kind)


def leaves(
    schema: Any, example: Any, definitions: dict[str, Any], path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Yield the path and the schema of every leaf that a document has."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    for part in schema.get("anyOf", ()):
        if part.get("type") != "null":
            yield from leaves(part, example, definitions, path)
    if isinstance(example, dict):
        for name, below in schema.get("properties", {}).items():
            if name in example:
                yield from leaves(below, example[name], definitions, (*path, name))
    elif schema.get("type") == "array" and example:
        yield from leaves(schema["items"], example[0], definitions, (*path, 0))
    elif path and schema.get("type") == "string":
        yield path, schema


def parameters(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    for place in ("path", "query", "header"):
        for field in getattr(dependant, f"{place}_params"):
            yield f"{place}:{field.alias}", field.field_info
    for below in dependant.dependencies:
        yield from parameters(below)


def fields_of(name: str) -> Iterator[Field]:
    """Yield every value of text that the routes of a service take."""
    app = application(name)
    document = app.openapi()
    definitions = document["components"]["schemas"]
    for route in app.routes:
        if not isinstance(route, APIRoute):
            continue
        for where, info in parameters(route.dependant):
            adapter = judge_of(info)
            schema = adapter.json_schema()
            for part in (schema, *schema.get("anyOf", ())):
                if part.get("type") == "string":
                    yield Field(f"{name} {route.path} {where}", adapter, part)
        if not route.dependant.body_params:
            continue
        method = next(iter(route.methods)).lower()
        operation = document["paths"].get(route.path, {}).get(method, {})
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            continue
        info = route.dependant.body_params[0].field_info
        adapter = judge_of(info)
        for path, schema in leaves(media["schema"], media["example"], definitions, ()):
            at_leaf = ".".join(map(str, path))
            yield Field(f"{name} {method} {route.path} {at_leaf}", adapter, schema, media["example"], path)


@pytest.fixture(scope="module", params=SERVICES)
def fields(request: pytest.FixtureRequest) -> list[Field]:
    """All values that the routes of one service take."""
    return list(fields_of(request.param))


def is_text(field: Field) -> bool:
    if field.where.endswith(LOOKED_UP):
        return False
    return not {"enum", "const", "format", "pattern"} & field.schema.keys()


def test_text_that_nobody_can_see_is_taken_nowhere(fields: list[Field]) -> None:
    texts = [field for field in fields if is_text(field)]
    assert texts
    bad = []
    for field in texts:
        for nothing in NOTHING:
            taken, kept = field.kept(nothing)
            if taken and not (kept is None or kept == ""):
                bad.append(f"{field.where}: {nothing!r} → {kept!r}")
    assert bad == []


def test_marks_that_change_what_is_seen_are_kept_nowhere(fields: list[Field]) -> None:
    bad = []
    for field in filter(is_text, fields):
        for mark in MISLEADING:
            for text in (mark, f"重庆{mark}科技", f"A{mark}1"):
                taken, kept = field.kept(text)
                if taken and mark in str(kept):
                    bad.append(f"{field.where}: {text!r}")
    assert bad == []


def test_a_line_holds_no_line_break_unless_the_field_is_prose(fields: list[Field]) -> None:
    bad = []
    for field in filter(is_text, fields):
        taken, kept = field.kept("一\n二")
        if taken and "\n" in str(kept) and field.schema.get("maxLength", 0) < 1_000:
            bad.append(field.where)
    assert bad == []


def test_a_date_is_a_text_and_no_number(fields: list[Field]) -> None:
    bad = []
    for field in fields:
        if field.schema.get("format") not in {"date", "date-time"}:
            continue
        bad += [f"{field.where}: {value!r}" for value in NO_DATES if field.kept(value)[0]]
    assert bad == []


def test_the_judges_of_this_page_would_see_a_field_without_them() -> None:
    class Open(BaseModel):
        name: str

    field = Field("probe", TypeAdapter(Open), {"type": "string"}, {"name": "x"}, ("name",))
    assert field.kept("\u200b") == (True, "\u200b")
    assert not shows_something("\u200b")
