"""The promises to partners as files: `python -m tests.support.contracts` writes docs/contracts.

OpenAPI 3.1 of every service and joined, AsyncAPI 3, a JSON schema of every event, and the catalogue of problem codes.

A change that would break a partner's program is refused unless docs/contracts/announced.json names it.
"""

import functools
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI

from gateway.api.entrance import with_entrance
from gateway.compose.catalogue import join
from shared.events import asyncapi
from shared.events.catalogue import CATALOGUE
from shared.events.schema import broken_promises, schema_of
from shared.settings import product_version
from tests.support import codes
from tests.support.breaking import breaking_changes, broken_channels, broken_codes
from tests.support.service import settings_class_of, settings_for_test

FOLDER = Path(__file__).resolve().parents[2] / "docs/contracts"
ANNOUNCED = "announced.json"
EVENTS = "events"
SERVICES = ("registry", "finance", "techtransfer", "ipr")
ISSUER = "https://kechuang.example"
NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


@functools.cache
def application(name: str) -> FastAPI:
    """Return the application of a service, unstarted and made once: it describes itself without a database."""
    package = "gateway" if name == "gateway" else f"services.{name}"
    settings = settings_for_test(settings_class_of(name), NOWHERE, issuer=ISSUER)
    app: FastAPI = import_module(f"{package}.app").create_app(settings)
    return app


@functools.cache
def described() -> dict[str, dict[str, Any]]:
    """Return the documents by file name, made once: who changes one copies it first.

    OpenAPI of each service and the gateway's joined one, AsyncAPI of all events, a JSON schema of each event, and the
    catalogue of codes.
    """
    apps = {name: application(name) for name in (*SERVICES, "gateway")}
    own = {name: app.openapi() for name, app in apps.items()}
    services = {name: own[name] for name in SERVICES}
    documents: dict[str, dict[str, Any]] = {f"openapi/{name}.json": document for name, document in services.items()}
    documents["openapi/gateway.json"] = with_entrance(join(own["gateway"], services, issuer=ISSUER), own["gateway"])
    documents["asyncapi.json"] = asyncapi.document(listeners(apps), version=product_version())
    documents |= {f"{EVENTS}/{subject}.json": schema_of(event) for subject, event in CATALOGUE.items()}
    documents["errors.json"] = {"codes": codes.codes(apps, own)}
    return documents


def listeners(apps: dict[str, FastAPI]) -> dict[str, list[str]]:
    """Return subject → services that hear it, as their handlers subscribe."""
    found: dict[str, set[str]] = {}
    for name, app in apps.items():
        for subscription in app.state.subscriptions:
            found.setdefault(subscription.event.subject, set()).add(name)
    return {subject: sorted(names) for subject, names in found.items()}


def text_of(document: dict[str, Any]) -> str:
    """Return a document as it is committed: sorted, so that a difference is a change."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def errors_page(documents: dict[str, dict[str, Any]]) -> str:
    """Return the catalogue of codes for people."""
    return codes.page(documents["errors.json"]["codes"], everybody=len(SERVICES) + 1)


def announced() -> set[str]:
    """Return the breaking changes that partners were told of."""
    return set(json.loads((FOLDER / ANNOUNCED).read_text("utf-8")))


def unannounced(documents: dict[str, dict[str, Any]], folder: Path = FOLDER) -> list[str]:
    """Return the breaking changes against the committed documents that nobody announced."""
    found: list[str] = []
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).as_posix()
        if name == ANNOUNCED:
            continue
        held = orjson.loads(path.read_bytes())
        if name not in documents:
            found.append(f"{name} is gone")
        elif held != documents[name]:
            found += [f"{name}: {change}" for change in _compare(name)(held, documents[name])]
    return [change for change in found if change not in announced()]


def _compare(name: str) -> Callable[[dict[str, Any], dict[str, Any]], list[str]]:
    if name.startswith("openapi/"):
        return breaking_changes
    if name.startswith(f"{EVENTS}/"):
        return broken_promises
    return broken_channels if name == "asyncapi.json" else broken_codes


def main() -> int:
    """Write the documents unless they would break a promise."""
    documents = described()
    broken = unannounced(documents)
    if broken:
        sys.stderr.write("These changes break partners; announce them in docs/contracts/announced.json:\n")
        sys.stderr.writelines(f"  {change}\n" for change in broken)
        return 1
    for name, document in documents.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(document), "utf-8")
    (FOLDER / "errors.md").write_text(errors_page(documents), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
