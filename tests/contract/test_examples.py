"""Every operation shows what to send and what comes back, and names every status that its edge can answer with."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from shared.kernel.example import ExampleMissing, example_of
from tests.support.contracts import SERVICES, application, described

METHODS = ("get", "put", "post", "patch", "delete")
NAMES = (*SERVICES, "gateway")
EVERYWHERE = {"400", "413", "500"}
PROTECTED = {"401", "403", "422", "503"}
WRITES = {"422", "503"}
READ_BODIES = {"application/json", "multipart/form-data"}
DOCUMENT = "urn:document"
"""What the shared schemas of the document at hand are called while its examples are judged."""
NO_EXAMPLE = ("spreadsheetml.sheet",)
"""Media types whose answers are no text."""


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """What the services and the gateway say of themselves, by name."""
    found = described()
    return {name: found[f"openapi/{name}.json"] for name in NAMES}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        yield from ((f"{method.upper()} {path}", method, path, item[method]) for method in METHODS if method in item)


class Validators:
    """The validators of one document: its shared schemas are read once, and an equal schema is made one of once."""

    def __init__(self, document: dict[str, Any]) -> None:
        held = {"components": {"schemas": document["components"]["schemas"]}}
        self._registry = jsonschema_rs.Registry([(DOCUMENT, held)])
        self._made: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def of(self, schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
        """Return the validator of a schema that may refer to the shared ones."""
        text = json.dumps(schema)
        if text not in self._made:
            absolute = json.loads(text.replace('"#/', f'"{DOCUMENT}#/'))
            self._made[text] = jsonschema_rs.Draft202012Validator(
                absolute, registry=self._registry, validate_formats=True
            )
        return self._made[text]


def example_faults(
    document: dict[str, Any], validators: Validators, where: str, media: dict[str, Any], kind: str
) -> Iterator[str]:
    """Yield what is wrong with the examples of one media type."""
    shared = document["components"]["examples"]
    named = [shared[one["$ref"].rpartition("/")[2]] for one in media.get("examples", {}).values()]
    values = [one["value"] for one in named] + ([media["example"]] if "example" in media else [])
    if not values and not kind.endswith(NO_EXAMPLE):
        yield f"{where} {kind} has no example"
    check = validators.of(media["schema"])
    for value in values:
        yield from (f"{where} {kind}: {fault.message}" for fault in check.iter_errors(value))


def faults(document: dict[str, Any]) -> Iterator[str]:
    """Yield each example that is missing or does not fit its schema."""
    validators = Validators(document)
    for where, _, _, operation in operations(document):
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            yield from example_faults(document, validators, where, media, kind)
        for status, answer in operation["responses"].items():
            if status.startswith("2") and not answer.get("content"):
                yield f"{where} {status} says nothing of its answer"
            for kind, media in answer.get("content", {}).items():
                yield from example_faults(document, validators, f"{where} {status}", media, kind)
        for parameter in operation.get("parameters", ()):
            if parameter.get("required") and "example" not in parameter:
                yield f"{where} {parameter['name']} has no example"
            elif "example" in parameter:
                check = validators.of(parameter["schema"])
                yield from (
                    f"{where} {parameter['name']}: {one.message}" for one in check.iter_errors(parameter["example"])
                )


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_shows_what_is_sent_and_what_comes_back(
    name: str, documents: dict[str, dict[str, Any]]
) -> None:
    assert sum(1 for _ in operations(documents[name])) > 9
    assert list(faults(documents[name])) == []


def test_an_example_that_is_missing_or_does_not_fit_would_be_found(documents: dict[str, dict[str, Any]]) -> None:
    wrong = copy.deepcopy(documents["finance"])
    posted = wrong["paths"]["/v1/loan-applications"]["post"]
    del posted["requestBody"]["content"]["application/json"]["example"]
    posted["responses"]["201"]["content"]["application/json"]["example"]["amount_fen"] = 1.5
    wrong["paths"]["/v1/loans"]["get"]["responses"]["200"]["content"] = {}
    del wrong["paths"]["/v1/loans/{loan_id}"]["get"]["parameters"][0]["example"]
    assert set(faults(wrong)) == {
        "POST /v1/loan-applications application/json has no example",
        'POST /v1/loan-applications 201 application/json: 1.5 is not of type "integer"',
        "GET /v1/loans 200 says nothing of its answer",
        "GET /v1/loans/{loan_id} loan_id has no example",
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_example_of_a_body_passes_the_checks_of_its_route(name: str) -> None:
    app = application(name)
    document = app.openapi()
    checked = 0
    for route in app.routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema or route.body_field is None:
            continue
        for method in route.methods:
            content = document["paths"][route.path_format][method.lower()]["requestBody"]["content"]
            if "application/json" in content:
                annotation = route.dependant.body_params[0].field_info.annotation
                TypeAdapter(annotation).validate_python(content["application/json"]["example"])
                checked += 1
    assert checked > (5 if name in SERVICES else -1)


def undocumented(document: dict[str, Any]) -> Iterator[str]:
    """Yield the statuses that the edge answers with and an operation does not name."""
    for where, method, _, operation in operations(document):
        wanted = set(EVERYWHERE)
        wanted |= PROTECTED if operation["security"] else set()
        wanted -= {"403"} if operation["security"] == [{"oauth2": []}] else set()  # any token opens it
        wanted |= WRITES if method in {"post", "put", "patch"} else set()
        wanted |= {"409"} if method in {"put", "patch", "delete"} else set()
        wanted |= {"415"} if operation.get("requestBody", {}).get("content", {}).keys() & READ_BODIES else set()
        names = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
        wanted |= {"409"} if "idempotency-key" in names else set()
        wanted |= {"412", "428"} if "if-match" in names else set()
        yield from (f"{where} does not name {status}" for status in sorted(wanted - set(operation["responses"])))


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_names_every_status_that_its_edge_can_answer_with(
    name: str, documents: dict[str, dict[str, Any]]
) -> None:
    assert list(undocumented(documents[name])) == []
    operation = {"security": [{}], "requestBody": {"content": {"application/json": {}}}, "responses": {"201": {}}}
    silent = {"paths": {"/v1/x/{id}": {"post": operation}}}
    assert len(list(undocumented(silent))) == 8


def test_no_two_operations_of_the_joined_document_share_an_id(documents: dict[str, dict[str, Any]]) -> None:
    ids = [operation["operationId"] for _, _, _, operation in operations(documents["gateway"])]
    assert len(ids) == len(set(ids)) > 90
    assert all(one.isidentifier() for one in ids)


def test_a_word_of_the_wrong_kind_is_not_used_and_a_missing_one_is_named() -> None:
    loan = {"type": "object", "properties": {"amount_fen": {"type": "integer"}, "note": {"type": "string"}}}
    words = {"amount_fen": "much", "note": "good"}
    with pytest.raises(ExampleMissing, match=r"Loan\.amount_fen"):
        example_of(loan, words, {}, name="Loan")
    assert example_of(loan, {**words, "Loan.amount_fen": 1}, {}, name="Loan") == {"amount_fen": 1, "note": "good"}
