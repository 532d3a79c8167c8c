"""The table of addresses against the services themselves: every route of a service is reached, none by another."""

from importlib import import_module
from typing import Any

import pytest

from gateway.compose.overview import PARTS
from gateway.rules.route import OWNERS, owner_of
from shared.settings import ServiceSettings
from tests.support.service import settings_class_of, settings_for_test

SERVICES = ("registry", "finance", "techtransfer", "ipr")
JOINED = "/v1/rule-sets"
"""Every service has these pages; the gateway asks all of them and answers itself."""


def described(service: str) -> dict[str, Any]:
    settings = settings_for_test(settings_class_of(service), "postgresql://nobody@127.0.0.1:1/none")
    assert isinstance(settings, ServiceSettings)
    schema: dict[str, Any] = import_module(f"services.{service}.app").create_app(settings).openapi()
    return schema


@pytest.fixture(scope="module")
def schemas() -> dict[str, dict[str, Any]]:
    """The OpenAPI document of each service."""
    return {service: described(service) for service in SERVICES}


def test_every_route_of_a_service_is_reached_through_the_gateway(schemas: dict[str, dict[str, Any]]) -> None:
    lost = [
        f"{service} {path} → {owner_of(path)}"
        for service, schema in schemas.items()
        for path in schema["paths"]
        if path.startswith("/v1/") and not path.startswith(JOINED) and owner_of(path) != service
    ]
    assert lost == []


def test_no_noun_of_the_table_is_without_a_route(schemas: dict[str, dict[str, Any]]) -> None:
    paths = [path for schema in schemas.values() for path in schema["paths"]]
    empty = [noun for noun in OWNERS if not any(path.startswith(f"/v1/{noun}") for path in paths)]
    assert empty == []


def test_every_part_of_the_overview_is_a_route_of_its_service(schemas: dict[str, dict[str, Any]]) -> None:
    for service, path in PARTS.values():
        assert path in schemas[service]["paths"], (service, path)
    assert "/v1/loan-applications/{application_id}/credit-file" in schemas["finance"]["paths"]
    assert "/v1/ip-sheets/{application_id}" in schemas["ipr"]["paths"]
