"""The committed contracts are what the services say, and a change that breaks partners is named."""

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.breaking import breaking_changes
from tests.support.contracts import FOLDER, described, errors_page, text_of, unannounced


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """What the services say of themselves today."""
    return described()


def test_no_change_that_breaks_partners_is_unannounced(documents: dict[str, dict[str, Any]]) -> None:
    assert unannounced(documents) == []


def test_the_committed_contracts_are_current(documents: dict[str, dict[str, Any]]) -> None:
    stale = [
        name
        for name, document in documents.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text("utf-8") != text_of(document)
    ]
    assert stale == [], "run `make contracts`"
    assert (FOLDER / "errors.md").read_text("utf-8") == errors_page(documents)


BREAKS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "an address of a service goes": (
        lambda d: d["openapi/finance.json"]["paths"].pop("/v1/loans"),
        "openapi/finance.json: /v1/loans is gone",
    ),
    "a field of an event goes": (
        lambda d: d["events/finance.loan.signed.v1.json"]["properties"].pop("principal_fen"),
        "events/finance.loan.signed.v1.json: field principal_fen is gone",
    ),
    "an event goes": (
        lambda d: d.pop("events/finance.loan.signed.v1.json"),
        "events/finance.loan.signed.v1.json is gone",
    ),
    "a channel goes": (
        lambda d: d["asyncapi.json"]["channels"].pop("finance.loan.signed.v1"),
        "asyncapi.json: channel finance.loan.signed.v1 is gone",
    ),
    "a channel moves": (
        lambda d: d["asyncapi.json"]["channels"]["finance.loan.signed.v1"].update(address="finance.loan.signed.v2"),
        "asyncapi.json: channel finance.loan.signed.v1 moved to finance.loan.signed.v2",
    ),
    "a publisher stops": (
        lambda d: d["asyncapi.json"]["operations"].pop("finance.sends.finance.loan.signed.v1"),
        "asyncapi.json: operation finance.sends.finance.loan.signed.v1 is gone",
    ),
    "a code goes": (
        lambda d: d["errors.json"].update(codes=d["errors.json"]["codes"][1:]),
        "errors.json: account_exists is gone",
    ),
    "a code has another status": (
        lambda d: d["errors.json"]["codes"][0].update(status=418),
        "errors.json: account_exists has the status 418, not 409",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_of_api_event_or_code_is_named_until_it_is_announced(
    name: str, documents: dict[str, dict[str, Any]]
) -> None:
    change, expected = BREAKS[name]
    changed = expected.partition(": ")[0]
    after = dict(documents)
    if changed in documents:
        after[changed] = copy.deepcopy(documents[changed])
    change(after)
    assert unannounced(after) == [expected]


def test_a_document_that_breaks_nobody_is_not_named(tmp_path: Path, documents: dict[str, dict[str, Any]]) -> None:
    shutil.copytree(FOLDER, tmp_path / "contracts")
    after = copy.deepcopy(documents)
    after["events/finance.loan.signed.v1.json"]["properties"]["added"] = {"type": "string"}
    after["errors.json"]["codes"].append({"code": "zebra", "status": 409})
    after["asyncapi.json"]["operations"].pop("registry.receives.ipr.portfolio.changed.v1")
    assert unannounced(after, tmp_path / "contracts") == []


def document() -> dict[str, Any]:
    loan = {
        "type": "object",
        "required": ["amount_fen"],
        "properties": {
            "amount_fen": {"type": "integer"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "bank": {"$ref": "#/components/schemas/Bank"},
        },
    }
    bank = {"type": "object", "properties": {"name": {"type": "string"}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Loan"}}}
    return {
        "paths": {
            "/v1/loans": {
                "post": {
                    "parameters": [{"in": "header", "name": "Idempotency-Key", "required": True}],
                    "requestBody": {"content": copy.deepcopy(content)},
                    "responses": {"201": {"content": copy.deepcopy(content)}, "409": {}},
                },
                "get": {"parameters": [{"in": "query", "name": "limit"}], "responses": {"200": {}}},
            }
        },
        "components": {"schemas": {"Loan": loan, "Bank": bank}},
    }


def _schema(found: dict[str, Any], name: str) -> dict[str, Any]:
    schema: dict[str, Any] = found["components"]["schemas"][name]
    return schema


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], object], list[str]]] = {
    "a path is removed": (lambda d: d["paths"].pop("/v1/loans"), ["/v1/loans is gone"]),
    "a method is removed": (lambda d: d["paths"]["/v1/loans"].pop("get"), ["GET /v1/loans is gone"]),
    "a parameter is removed": (
        lambda d: d["paths"]["/v1/loans"]["get"]["parameters"].clear(),
        ["GET /v1/loans: parameter limit is gone"],
    ),
    "a parameter becomes required": (
        lambda d: d["paths"]["/v1/loans"]["get"]["parameters"][0].update(required=True),
        ["GET /v1/loans: parameter limit became required"],
    ),
    "a nested field is removed": (
        lambda d: _schema(d, "Bank")["properties"].pop("name"),
        ["POST /v1/loans: answer field /bank/name is gone", "POST /v1/loans: body field /bank/name is gone"],
    ),
    "a body field becomes required": (
        lambda d: _schema(d, "Loan")["required"].append("note"),
        ["POST /v1/loans: body field /note became required"],
    ),
    "a type changes": (
        lambda d: _schema(d, "Loan")["properties"].update(amount_fen={"type": "string"}),
        [
            "POST /v1/loans: answer field /amount_fen may now be string",
            "POST /v1/loans: body field /amount_fen no longer takes integer",
        ],
    ),
    "an answer may become null": (
        lambda d: _schema(d, "Bank")["properties"].update(name={"type": ["string", "null"]}),
        ["POST /v1/loans: answer field /bank/name may now be null"],
    ),
    "a status is removed": (
        lambda d: d["paths"]["/v1/loans"]["post"]["responses"].pop("201"),
        ["POST /v1/loans: answer 201 is gone"],
    ),
    "an optional field is added": (lambda d: _schema(d, "Loan")["properties"].update(more={"type": "string"}), []),
    "an optional field with a required field inside is added": (
        lambda d: _schema(d, "Loan")["properties"].update(
            more={"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}}
        ),
        [],
    ),
    "a path is added": (lambda d: d["paths"].update({"/v1/more": {"get": {}}}), []),
    "a description changes": (lambda d: _schema(d, "Loan").update(description="x"), []),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named_if_it_breaks_a_partner_and_only_then(name: str) -> None:
    change, expected = CHANGES[name]
    after = document()
    change(after)
    assert breaking_changes(document(), after) == expected
