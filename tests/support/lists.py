"""The lists of every service as their descriptions tell them, and why some have no export or no counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_PAGING = {"limit", "cursor"}
WITHOUT_EXPORT: dict[str, str] = {
    "/problems": "the catalogue of refusals, written for engineers; docs/contracts has it as files",
    "/v1/rule-sets": "rule sets with their tables; docs/rules has them as pages, nobody works them off row by row",
    "/v1/covers/reasons": "the words of a choice in a form",
    "/v1/loan-applications/reasons": "the words of a choice in a form",
    "/v1/register-applications/reasons": "the words of a choice in a form",
    "/v1/population-runs": "how far each run is; what is taken away are its results",
    "/v1/enterprises/{uscc}/filings": "one firm's rows of /v1/filings?uscc=",
    "/v1/enterprises/{uscc}/qualifications": "one firm's rows of /v1/qualifications?uscc=",
    "/v1/fund-accounts/{unit_id}/postings": "one account's rows of /v1/fund-postings?unit_id=",
    "/v1/consents/{consent_id}/reads": "what one consent was used for, looked at beside it",
    "/v1/loans/{loan_id}/drawdowns": "one loan's rows of /v1/drawdowns?loan_id=",
    "/v1/imports/enterprises": "what was uploaded; taken away is the report of each",
    "/v1/imports/holiday-notices": "what was uploaded; taken away is the report of each",
    "/v1/imports/filings": "what was uploaded; taken away is the report of each",
    "/v1/imports/ip-rights": "what was uploaded; taken away is the report of each",
    "/v1/imports/achievements": "what was uploaded; taken away is the report of each",
    "/v1/imports/needs": "what was uploaded; taken away is the report of each",
    "/v1/imports/enterprises/{operation_id}/report": "is itself taken away as CSV or XLSX",
    "/v1/imports/holiday-notices/{operation_id}/report": "is itself taken away as CSV or XLSX",
    "/v1/imports/filings/{operation_id}/report": "is itself taken away as CSV or XLSX",
    "/v1/imports/ip-rights/{operation_id}/report": "is itself taken away as CSV or XLSX",
    "/v1/imports/achievements/{operation_id}/report": "is itself taken away as CSV or XLSX",
    "/v1/imports/needs/{operation_id}/report": "is itself taken away as CSV or XLSX",
}
"""Lists that nobody takes away, each with its reason: the one place that says so."""
WITHOUT_COUNTS: dict[str, str] = {"/v1/units": "39 rows at once, without pages and states"}
"""Lists with an export whose rows nobody counts."""


@dataclass(frozen=True)
class ListRoute:
    """A route that answers with rows, and what it can be asked."""

    path: str
    parameters: frozenset[str]

    @property
    def noun(self) -> str:
        """The list's name in its path."""
        return self.path.removeprefix("/v1/")


def queries_of(document: dict[str, Any], path: str) -> frozenset[str]:
    """Return the names of the query parameters of a GET; none for a route that does not exist."""
    operation = document["paths"].get(path, {}).get("get", {})
    return frozenset(one["name"] for one in operation.get("parameters", ()) if one["in"] == "query")


def lists_of(document: dict[str, Any]) -> Iterator[ListRoute]:
    """Yield every GET whose answer holds rows under `items`."""
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = answer.get("application/json", {}).get("schema", {})
        shape = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
        if shape.get("properties", {}).get("items", {}).get("type") == "array":
            yield ListRoute(path, queries_of(document, path))


def export_path(noun: str) -> str:
    """Return the path of a list's export as the description writes it."""
    return f"/v1/exports/{noun}.{{file_format}}"


def exported_nouns(document: dict[str, Any]) -> list[str]:
    """Return the names of all lists that are taken away."""
    start, end = export_path("\0").split("\0")
    return [path.removeprefix(start).removesuffix(end) for path in document["paths"] if path.startswith(start)]


def faults_of(document: dict[str, Any]) -> list[str]:
    """Return what is missing beside the lists of a service: an export, counts, or a filter that one of them lacks."""
    found = []
    for one in lists_of(document):
        if one.path in WITHOUT_EXPORT:
            continue
        filters = one.parameters - _PAGING
        export = export_path(one.noun)
        if export not in document["paths"]:
            found.append(f"{one.path} has no export: add one, or say in WITHOUT_EXPORT why nobody takes it away")
        elif queries_of(document, export) != filters:
            found.append(f"{export} takes other filters than {one.path}")
        if one.path in WITHOUT_COUNTS:
            continue
        counts = f"{one.path}/counts"
        if counts not in document["paths"]:
            found.append(f"{one.path} has no counts: add them, or say in WITHOUT_COUNTS why")
        elif queries_of(document, counts) != filters - {"sort"}:
            found.append(f"{counts} takes other filters than {one.path}")
    return found
