"""The rule sets of all services, and the versions of all that runs."""

from typing import Annotated

from fastapi import Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.datastructures import State

from gateway.api.caller import reading_headers
from gateway.compose import rule_set as compose
from shared.kernel.refusals import NOT_FOUND
from shared.web.edge import edge, edge_router, refusals
from shared.web.operations import Versions, versions_of
from shared.web.rule_set_read import RuleSetCatalogue, RuleSetHistory, RuleSetRead

router = edge_router(prefix="", tags=["rule-sets"])
_Policy = Annotated[str, Path(max_length=64, pattern="^[a-z][a-z0-9_]{0,63}$")]
_Version = Annotated[str, Path(max_length=9, pattern=r"^[0-9]{4}\.[0-9]{1,4}$")]


class AllRuleSets(RuleSetCatalogue):
    """The policies of all services; `missing` names the services that did not answer."""

    complete: bool
    missing: list[str] = Field(description="未答复的服务 / services that did not answer")


class AllVersions(Versions):
    """What runs: the gateway itself, each service, and the rule sets of all of them."""

    services: list[Versions]
    missing: list[str] = Field(description="未答复的服务 / services that never answered")


def _deadline(state: State) -> float:
    return float(state.settings.part_deadline_ms) / 1000


@router.get("/v1/rule-sets", response_model=AllRuleSets)
@edge(scope="public", row="any", summary_zh="各服务规则集目录", transaction=False)
async def list_rule_sets(request: Request) -> Response:
    """List every policy of every service with its versions and sources."""
    state = request.app.state
    headers = reading_headers(request.scope["headers"], request.scope["request_id"])
    return JSONResponse(await compose.catalogue(state.upstreams, headers=headers, deadline_s=_deadline(state)))


@router.get("/v1/rule-sets/{policy}", response_model=RuleSetHistory, responses=refusals(NOT_FOUND))
@edge(scope="public", row="any", summary_zh="某项规则的历次版本", transaction=False)
async def read_rule_set_history(policy: _Policy, request: Request) -> Response:
    """Show all versions of a policy, whichever service keeps it."""
    return await _page(request, f"/v1/rule-sets/{policy}")


@router.get("/v1/rule-sets/{policy}/{version}", response_model=RuleSetRead, responses=refusals(NOT_FOUND))
@edge(scope="public", row="any", summary_zh="规则集：数值、表格与出处", transaction=False)
async def read_rule_set(policy: _Policy, version: _Version, request: Request) -> Response:
    """Show one version: every number with source, article, day and confidence, and its tables in words."""
    return await _page(request, f"/v1/rule-sets/{policy}/{version}")


async def _page(request: Request, target: str) -> Response:
    state = request.app.state
    headers = reading_headers(request.scope["headers"], request.scope["request_id"])
    return JSONResponse(await compose.one(state.upstreams, target, headers=headers, deadline_s=_deadline(state)))


@router.get("/version", response_model=AllVersions)
@edge(scope="public", row="any", summary_zh="版本与规则集", transaction=False)
async def read_version(request: Request) -> Response:
    """Name the versions of code, tables and rule sets of the gateway and of all services."""
    state = request.app.state
    held = await state.catalogue.versions()
    own = versions_of(state)
    services = [held[name] for name in sorted(held)]
    return JSONResponse(
        {
            **own,
            "rule_sets": [one for service in services for one in service["rule_sets"]],
            "services": services,
            "missing": sorted(set(state.upstreams) - set(held)),
        }
    )
