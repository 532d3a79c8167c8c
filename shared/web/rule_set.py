"""The pages of rule sets: every policy of a service, its history, and a version with its tables and sources."""

from typing import Annotated

from fastapi import Path, Request, Response
from pydantic import BaseModel

from shared.kernel.clock import shanghai_date
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook
from shared.web.edge import edge, edge_router, refusals
from shared.web.rule_set_read import RuleSetCatalogue, RuleSetHistory, RuleSetRead, RuleSetSummary

NOUN = "rule-sets"
_Policy = Annotated[str, Path(max_length=64)]
_Version = Annotated[str, Path(max_length=9)]
router = edge_router(tags=["rule-sets"])


def _answer(read: BaseModel) -> Response:
    return Response(read.model_dump_json(), media_type="application/json")


def _history(request: Request, policy: str) -> RuleSetHistory | None:
    state = request.app.state
    book: RuleBook = state.rule_book
    held = book.history(policy)
    if not held:
        return None
    try:
        in_force = book.pick(policy, shanghai_date(state.clock.now()))
    except Refusal:
        in_force = None
    shown = in_force or held[-1]
    return RuleSetHistory(
        service=state.service_name,
        policy=policy,
        title_zh=shown.header.title_zh,
        title_en=shown.header.title_en,
        in_force=None if in_force is None else in_force.version,
        versions=[RuleSetSummary.of(one, book) for one in held],
    )


@router.get(f"/{NOUN}", response_model=RuleSetCatalogue)
@edge(scope="public", row="any", summary_zh="规则集目录", transaction=False)
async def list_rule_sets(request: Request) -> Response:
    """List every policy with its versions, sources and the version that decides today."""
    policies = sorted({one.policy for one in request.app.state.rule_book.rule_sets})
    return _answer(RuleSetCatalogue(items=[one for policy in policies if (one := _history(request, policy))]))


@router.get(f"/{NOUN}/{{policy}}", response_model=RuleSetHistory, responses=refusals(NOT_FOUND))
@edge(scope="public", row="any", summary_zh="某项规则的历次版本", transaction=False)
async def read_rule_set_history(policy: _Policy, request: Request) -> Response:
    """Show all versions of a policy."""
    found = _history(request, policy)
    if found is None:
        raise Refusal(NOT_FOUND, noun="rule_set")
    return _answer(found)


@router.get(f"/{NOUN}/{{policy}}/{{version}}", response_model=RuleSetRead, responses=refusals(NOT_FOUND))
@edge(scope="public", row="any", summary_zh="规则集：数值、表格与出处", transaction=False)
async def read_rule_set(policy: _Policy, version: _Version, request: Request) -> Response:
    """Show one version: every number with source, article, day and confidence, and its tables in words."""
    book: RuleBook = request.app.state.rule_book
    rule_set = book.version(policy, version)
    if rule_set is None:
        raise Refusal(NOT_FOUND, noun="rule_set")
    return _answer(RuleSetRead.of(rule_set, book))
