"""What a generator of clients needs of a document: names that are unique and ASCII, bounds, one shape of every "no"."""

import copy
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.contracts import SERVICES, described

NAMES = (*SERVICES, "gateway")
METHODS = ("get", "put", "post", "patch", "delete")
PROBLEM = {"$ref": "#/components/schemas/Problem"}
OPERATION_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
BOUNDED_BY_FORM = {"maxLength", "enum", "const", "format", "contentMediaType"}
"""What bounds a text: its length, its closed set, its format, or that it is a file, which the edge bounds."""
OTHER_SHAPES = {"POST /oauth2/token": {"400", "401", "429"}, "GET /health/ready": {"503"}}
"""What is no problem document: errors of tokens as RFC 6749 demands them, and what a probe of readiness reads."""
BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
EXAMPLES = {"example", "examples", "default"}


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """What the services and the gateway say of themselves, by name."""
    found = described()
    return {name: found[f"openapi/{name}.json"] for name in NAMES}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        yield from ((f"{method.upper()} {path}", item[method]) for method in METHODS if method in item)


def schemas(part: Any, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema that says its type, with where it stands."""
    if isinstance(part, dict):
        if isinstance(part.get("type"), str):
            yield where, part
        for key, value in part.items():
            if key not in EXAMPLES:
                yield from schemas(value, f"{where}.{key}")
    elif isinstance(part, list):
        for value in part:
            yield from schemas(value, where)


def sent(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema of what a caller sends: parameters, bodies, and what the bodies refer to."""
    shapes, seen = document["components"]["schemas"], set()
    todo: list[tuple[str, Any]] = []
    for where, operation in operations(document):
        todo += [(f"{where} {one['name']}", one["schema"]) for one in operation.get("parameters", ())]
        todo.append((where, operation.get("requestBody", {})))
    while todo:
        where, part = todo.pop()
        yield from schemas(part, where)
        for name in re.findall(r"#/components/schemas/([^']+)'", str(part)):
            if name not in seen:
                seen.add(name)
                todo.append((name, shapes[name]))


def name_faults(document: dict[str, Any]) -> Iterator[str]:
    """Yield titles and operation ids that are not unique, and tags and ids that a language cannot spell."""
    titles = Counter(schema.get("title", name) for name, schema in document["components"]["schemas"].items())
    yield from (f"{count} schemas are titled {title}" for title, count in titles.items() if count > 1)
    ids = Counter(operation["operationId"] for _, operation in operations(document))
    yield from (f"{count} operations are called {one}" for one, count in ids.items() if count > 1)
    yield from (f"operationId {one} is not snake_case" for one in ids if not OPERATION_ID.fullmatch(one))
    used = {tag for _, operation in operations(document) for tag in operation["tags"]}
    named = {tag["name"] for tag in document["tags"]}
    yield from (f"tag {tag} is not ASCII" for tag in sorted(used | named) if not tag.isascii())
    yield from (f"tag {tag} is used and not described" for tag in sorted(used - named))


def bound_faults(document: dict[str, Any]) -> Iterator[str]:
    """Yield integers without both bounds and a width, texts that a caller sends without a length, and bare values."""
    for where, schema in schemas({key: document[key] for key in ("paths", "components")}, ""):
        if schema["type"] == "integer":
            bare = [names[0] for names in BOUNDS if not any(name in schema for name in names)]
            yield from (f"{where} has no {name}" for name in bare)
            if schema.get("format") != "int64":
                yield f"{where} has no width"
        if "enum" in schema and len(schema.get("x-enum-descriptions", ())) != len(schema["enum"]):
            yield f"{where} does not describe each value"
    for where, schema in sent(document):
        if schema["type"] == "string" and not BOUNDED_BY_FORM & schema.keys():
            yield f"{where} is a text without a greatest length"


def refusal_faults(document: dict[str, Any]) -> Iterator[str]:
    """Yield each documented 4xx and 5xx that is no problem document."""
    for where, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status[0] not in "45" or status in OTHER_SHAPES.get(where, ()):
                continue
            if answer.get("content", {}).get("application/problem+json", {}).get("schema") != PROBLEM:
                yield f"{where} {status} is no problem document"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("faults", [name_faults, bound_faults, refusal_faults])
def test_a_generator_accepts_every_document(faults: Any, name: str, documents: dict[str, dict[str, Any]]) -> None:
    assert list(faults(documents[name])) == []


@pytest.mark.planted
def test_what_a_generator_stumbles_over_would_be_found(documents: dict[str, dict[str, Any]]) -> None:
    wrong = copy.deepcopy(documents["finance"])
    shapes, paths = wrong["components"]["schemas"], wrong["paths"]
    shapes["LoanRead"]["title"] = shapes["LoanTerms"]["title"]
    paths["/v1/loans"]["get"]["operationId"] = "readLoan"
    paths["/v1/loans"]["get"]["tags"] = ["贷款"]
    assert set(name_faults(wrong)) == {
        "2 schemas are titled LoanTerms",
        "operationId readLoan is not snake_case",
        "tag 贷款 is not ASCII",
        "tag 贷款 is used and not described",
    }
    del shapes["LoanTerms"]["properties"]["contract_no"]["maxLength"]
    del shapes["LoanRead"]["properties"]["principal_fen"]["minimum"]
    shapes["LoanRead"]["properties"]["drawn_fen"]["format"] = "int32"
    shapes["LoanStatus"]["x-enum-descriptions"].pop()
    assert set(bound_faults(wrong)) == {
        "LoanTerms.properties.contract_no is a text without a greatest length",
        ".components.schemas.LoanRead.properties.principal_fen has no minimum",
        ".components.schemas.LoanRead.properties.drawn_fen has no width",
        ".components.schemas.LoanStatus does not describe each value",
    }
    paths["/v1/loans"]["get"]["responses"]["422"]["content"] = {"application/json": {"schema": PROBLEM}}
    assert list(refusal_faults(wrong)) == ["GET /v1/loans 422 is no problem document"]
