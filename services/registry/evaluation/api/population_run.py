"""Routes of runs over all enterprises: asked for, followed, cancelled, kept; their results listed and explained."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Depends, Request, Response
from pydantic import Field

from services.registry.enterprise.store import enterprise as enterprises
from services.registry.evaluation.models.population_run import PopulationRuleSet
from services.registry.evaluation.rules import population_run as rules
from services.registry.evaluation.rules.population_clearing import REFERENCE_UNKNOWN, RUN_CLEARED
from services.registry.evaluation.rules.population_decision import PopulationPolicy, PopulationVerdict
from services.registry.evaluation.rules.population_explanation import Explained
from services.registry.evaluation.store import population_clearing as clearings
from services.registry.evaluation.store import population_run as store
from services.registry.evaluation.usecases import population_clearing as clearing
from services.registry.evaluation.usecases import population_run as usecases
from services.registry.ladder.rules import register_condition as register
from shared.db.operation import Operation
from shared.db.selection import Chosen
from shared.kernel.ids import new_id
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.shape import Read, Shape
from shared.kernel.types import LooseUscc, ShortText
from shared.policy.book import RULE_SET_NOT_IN_FORCE
from shared.policy.decision import canonical
from shared.web.answer import answered
from shared.web.counts import add_counts
from shared.web.edge import Book, Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["population runs"])
COLUMNS = columns("uscc", "name", "policy", "verdict", "score_milli", "hits")


def _standing(*, sorted_too: bool = True) -> Callable[..., Coroutine[Any, Any, Chosen]]:
    """Return the dependency that reads what a caller chose of results, and refuses those of a run that was cleared."""
    chosen_by = chosen_from(store.LIST, sorted_too=sorted_too)

    async def read(tx: Tx, chosen: Annotated[Chosen, Depends(chosen_by)]) -> Chosen:
        await clearing.check_chosen(tx, chosen)
        return chosen

    return read


Wanted = Annotated[Chosen, Depends(_standing())]
add_counts(
    router,
    store.LIST,
    noun="population-results",
    scope="registry.population:read",
    row="any",
    title="批量测算结果清单",
    chosen_by=_standing(sorted_too=False),
    refused=(RUN_CLEARED,),
)


class PopulationRunRequest(Shape):
    """Which policies to decide; all of them where none is named."""

    policies: list[PopulationPolicy] = Field(default_factory=list, max_length=len(PopulationPolicy))


class PopulationRunReference(Shape):
    """What rests on a run, such as the number of the notice that was published by it."""

    reference: ShortText


class PopulationRuleSetRead(Read):
    """One rule set of a run, as it was on the day of the run, and how many firms have each verdict so far."""

    policy: PopulationPolicy
    rule_set_version: str
    rule_set_sha256: str
    verdicts: dict[str, int]


class PopulationRunRead(Read):
    """How far a run is; `done` and `total` count firms.

    From `cleared_at` on its results are not shown any more; `kept_for` is what rests on it, so that they stay.
    """

    id: UUID
    status: Literal["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED"]
    as_of_on: date
    done: int
    total: int | None
    error: str | None
    rule_sets: list[PopulationRuleSetRead]
    results: str
    cleared_at: datetime | None
    kept_for: list[str]
    created_at: datetime
    updated_at: datetime


class PopulationResultRead(Read):
    """What one rule set of a run says of one firm; bit n of `gates` is condition n, `hits` are the rows hit."""

    run_id: UUID
    policy: PopulationPolicy
    uscc: str
    name: str | None
    verdict: PopulationVerdict
    score_milli: int | None
    gates: int
    hits: str


class PopulationExplanationRead(PopulationResultRead):
    """One result with its explanation: the whole evaluation of the firm's frozen facts, made now.

    `same` tells whether it says what the run said.
    """

    rule_set_version: str
    rule_set_sha256: str
    as_of_on: date
    same: bool
    decision: dict[str, Any] | None


async def _run(tx: Tx, operation: Operation) -> PopulationRunRead:
    (shown,) = await _all_shown(tx, [(operation, await store.rule_sets_of(tx, operation.id))])
    return shown


async def _all_shown(tx: Tx, runs: Sequence[tuple[Operation, Sequence[PopulationRuleSet]]]) -> list[PopulationRunRead]:
    ids = [operation.id for operation, _ in runs]
    cleared, kept_for = await clearings.begun_at(tx, ids), await clearings.references(tx, ids)
    return [
        _shown(operation, held, cleared.get(operation.id), kept_for.get(operation.id, [])) for operation, held in runs
    ]


def _shown(
    operation: Operation, held: Sequence[PopulationRuleSet], cleared_at: datetime | None, kept_for: list[str]
) -> PopulationRunRead:
    verdicts = usecases.verdicts_of(operation)
    return PopulationRunRead.of(
        operation,
        status=operation.state,
        as_of_on=store.as_of(held),
        done=operation.done,
        total=operation.total,
        error=operation.error,
        rule_sets=[
            PopulationRuleSetRead(
                policy=one.policy,
                rule_set_version=one.version,
                rule_set_sha256=one.sha256,
                verdicts=verdicts.get(one.policy, {}),
            )
            for one in held
        ],
        results=f"/v1/population-results?run_id={operation.id}",
        cleared_at=cleared_at,
        kept_for=kept_for,
        created_at=operation.created_at,
        updated_at=operation.updated_at,
    )


async def _listed(rows: Sequence[Any]) -> list[PopulationResultRead]:
    return [PopulationResultRead.of(row) for row in rows]


def _decision(explained: Explained) -> dict[str, Any] | None:
    """Return what the rule for one firm says in full; nothing where the filing is missing."""
    if explained.record is not None:
        found: dict[str, Any] = orjson.loads(canonical(explained.record))
        return found
    if explained.conditions:
        return {"conditions": register.as_json(explained.conditions)}
    if explained.size is None:
        return None
    hits = [{"node": one.node, "row": one.row_id} for one in explained.size.hits]
    return {"note_zh": explained.size.note_zh, "note_en": explained.size.note_en, "hits": hits}


@router.post(
    "/population-runs",
    status_code=202,
    response_model=PopulationRunRead,
    responses=refusals(FORBIDDEN_ROLE, RULE_SET_NOT_IN_FORCE, rules.NOT_IN_COLUMNS),
)
@edge(scope="registry.population:write", row="any", summary_zh="对全部企业批量测算", tells=False)
async def start_population_run(body: PopulationRunRequest, request: Request, tx: Tx, book: Book) -> Response:
    """Ask for a run of the rule sets of today over all enterprises; it goes on after a crash behind its last range."""
    operation = await usecases.start_run(tx, new_id(), policies=body.policies, book=book)
    await tx.session.flush()
    tx.after_commit(lambda: request.app.state.wake(rules.OPERATION))
    return answered(await _run(tx, operation), status=202, location=f"/v1/population-runs/{operation.id}")


@router.get("/population-runs", response_model=PageOf[PopulationRunRead], responses=refusals(FORBIDDEN_ROLE))
@edge(scope="registry.population:read", row="any", summary_zh="批量测算清单")
async def list_population_runs(
    paging: Paging, tx: Tx, wanted: Annotated[Chosen, Depends(chosen_from(store.RUNS))]
) -> Response:
    """List runs with how far each is, the newest first."""
    runs, found = await usecases.list_runs(tx, wanted, paging.wanted())
    return page(paging, await _all_shown(tx, runs), found.next_key)


@router.get(
    "/population-runs/{run_id}", response_model=PopulationRunRead, responses=refusals(FORBIDDEN_ROLE, NOT_FOUND)
)
@edge(scope="registry.population:read", row="any", summary_zh="查看批量测算进度")
async def read_population_run(run_id: UUID, tx: Tx) -> Response:
    """Read how far a run is, and how many firms have each verdict so far."""
    return answered(await _run(tx, await usecases.read_run(tx, run_id)))


@router.post(
    "/population-runs/{run_id}:cancel",
    response_model=PopulationRunRead,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, rules.RUN_ENDED),
)
@edge(scope="registry.population:write", row="any", summary_zh="取消批量测算", tells=False)
async def cancel_population_run(run_id: UUID, tx: Tx) -> Response:
    """End a run that waits or goes on; the results that were stored stay."""
    return answered(await _run(tx, await usecases.cancel_run(tx, run_id)))


@router.post(
    "/population-runs/{run_id}:keep",
    response_model=PopulationRunRead,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, RUN_CLEARED),
)
@edge(scope="registry.population:write", row="any", summary_zh="保留批量测算结果", tells=False)
async def keep_population_run(run_id: UUID, body: PopulationRunReference, tx: Tx) -> Response:
    """Keep the results of a run as long as something that was published rests on it."""
    operation = await clearing.keep_run(tx, run_id, body.reference)
    await tx.session.flush()
    return answered(await _run(tx, operation))


@router.post(
    "/population-runs/{run_id}:release",
    response_model=PopulationRunRead,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, REFERENCE_UNKNOWN),
)
@edge(scope="registry.population:write", row="any", summary_zh="不再保留批量测算结果", tells=False)
async def release_population_run(run_id: UUID, body: PopulationRunReference, tx: Tx) -> Response:
    """Say that something does not rest on a run any more: its results are cleared when its turn comes."""
    operation = await clearing.release_run(tx, run_id, body.reference)
    await tx.session.flush()
    return answered(await _run(tx, operation))


@router.get(
    "/population-runs/{run_id}/results/{policy}/{uscc}",
    response_model=PopulationExplanationRead,
    responses=refusals(FORBIDDEN_ROLE, NOT_FOUND, RULE_SET_NOT_IN_FORCE, RUN_CLEARED),
)
@edge(scope="registry.population:read", row="any", summary_zh="查看一户企业的测算说明")
async def explain_population_result(
    run_id: UUID, policy: PopulationPolicy, uscc: LooseUscc, tx: Tx, book: Book
) -> Response:
    """Explain one result: every point, condition and next step, from the facts that the run froze."""
    found = await usecases.explain_result(tx, run_id, policy=policy, uscc=uscc, book=book)
    names = await enterprises.names(tx, [found.result.uscc])
    listed = PopulationResultRead.of(found.result, name=names.get(found.result.uscc))
    return answered(
        PopulationExplanationRead(
            **dict(listed),
            rule_set_version=found.rule_set.version,
            rule_set_sha256=found.rule_set.sha256,
            as_of_on=found.rule_set.as_of_on,
            same=found.same,
            decision=_decision(found.explained),
        )
    )


@router.get("/population-results", response_model=PageOf[PopulationResultRead], responses=refusals(RUN_CLEARED))
@edge(scope="registry.population:read", row="any", summary_zh="批量测算结果清单")
async def list_population_results(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List results of runs, by run, policy and code."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, await _listed(found.rows), found.next_key)


@router.get(
    "/exports/population-results.{file_format}", response_class=Response, responses={**TABLE, **refusals(RUN_CLEARED)}
)
@edge(scope="registry.population:read", row="any", summary_zh="导出批量测算结果清单", audited=True)
async def export_population_results(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of results with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        _listed,
        COLUMNS,
        format=file_format,
        noun="population-results",
        title="批量测算结果",
    )
