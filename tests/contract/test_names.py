"""One name for one thing in every published document: no second word, and days and instants end as they should."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.contracts import FOLDER

SECOND_WORDS = {
    "kind_code": "kind",
    "state": "status",
    "unit": "unit_id",
    "valid_from": "valid_from_on",
    "valid_to": "valid_until_on",
    "valid_until": "valid_until_on",
    "effective_from": "valid_from_on",
    "effective_to": "valid_until_on",
    "recipient_uscc": "bank_uscc",
}
DAYS_BY_LAW = {"on"}  # the day that was asked for
DOCUMENTS = sorted((FOLDER / "openapi").glob("*.json")) + sorted((FOLDER / "events").glob("*.json"))


def fields(document: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:  # any JSON
    """Yield (shape, field, schema) of every property and of every parameter in a query."""
    shapes = document.get("components", {}).get("schemas", {}) | document.get("$defs", {}) | {"": document}
    for name, shape in shapes.items():
        for field, schema in (shape.get("properties") or {}).items():
            yield name.rpartition(".")[2], field, schema
    for path, item in document.get("paths", {}).items():
        for operation in item.values():
            for parameter in operation.get("parameters", []) if isinstance(operation, dict) else []:
                if parameter.get("in") == "query":
                    yield path, parameter["name"], parameter.get("schema", {})


def faults(document: Any) -> Iterator[str]:  # any JSON
    """Yield every field with a second word, and every day or instant whose name does not say so."""
    for shape, field, schema in fields(document):
        if field in SECOND_WORDS:
            yield f"{shape}.{field} is called {SECOND_WORDS[field]}"
        kinds = [schema, *schema.get("anyOf", [])]
        if any(one.get("format") == "date" for one in kinds) and not field.endswith("_on") and field not in DAYS_BY_LAW:
            yield f"{shape}.{field} is a day and does not end in _on"
        if any(one.get("format") == "date-time" for one in kinds) and not field.endswith("_at"):
            yield f"{shape}.{field} is an instant and does not end in _at"


def test_a_second_word_would_be_found() -> None:
    document = {
        "components": {
            "schemas": {
                "Loan": {
                    "properties": {
                        "state": {"type": "string"},
                        "valid_until": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                        "made": {"type": "string", "format": "date-time"},
                        "signed_on": {"type": "string", "format": "date"},
                    }
                }
            }
        }
    }
    assert len(list(faults(document))) == 4


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_published_document_has_one_name_for_one_thing(path: Any) -> None:  # a Path
    assert list(faults(json.loads(path.read_text("utf-8")))) == []
