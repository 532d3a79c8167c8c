"""A list of rights only marks its firms; each is summed up once, at the end, whatever was cut in between."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from sqlalchemy import text

from services.ipr.right.jobs.portfolio import SUM_UP, sum_up
from services.ipr.right.usecases.portfolio import mark_stale, retell_stale
from shared import failpoint
from shared.kernel.actor import Role
from shared.web.service import job_context
from tests.service.ipr.test_imports import SCOPES, as_csv, line, upload
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service
from tests.unit.ipr.builders import FIRM_A, FIRM_B, firm, patent, right_body

PORTFOLIO = "ipr.portfolio.changed.v1"
BATCH = 3
FIRMS = [firm(number) for number in range(1, 5)]
# Twelve rights of four firms in four batches: each batch touches three of the firms.
LIST = as_csv([line("发明专利", patent("1", number), owners=FIRMS[number % 4]) for number in range(12)])


class Killed(BaseException):
    """The process ends here: nothing behind it runs."""


@pytest.fixture
async def ipr(postgres: DatabaseServer) -> AsyncIterator[RunningService]:
    async with running_service("ipr", postgres, import_batch_rows=BATCH) as service:
        yield service


@pytest.fixture
def centre(ipr: RunningService) -> httpx.AsyncClient:
    return ipr.client(Role.IP_CENTRE, scopes=[*SCOPES, "ipr.portfolio:read"])


@pytest.fixture
def disarmed() -> Iterator[None]:
    yield
    failpoint.arm(None)


def killed_behind_batch(number: int) -> None:
    """Arm the end of this process behind the commit of the batch of that number, from 1 on."""
    commits = 0

    def hook(instant: str) -> None:
        nonlocal commits
        commits += instant == "ipr.after_commit_before_publish"
        if commits == number:
            failpoint.arm(None)
            raise Killed

    failpoint.arm(hook)


async def told(ipr: RunningService) -> Counter[str]:
    return Counter(event.data.uscc for event in await ipr.events(PORTFOLIO))


async def waiting(ipr: RunningService) -> list[str]:
    rows = await ipr.rows("SELECT uscc FROM ip_portfolio WHERE stale_since IS NOT NULL ORDER BY uscc")
    return [row["uscc"] for row in rows]


async def killed_upload(ipr: RunningService, client: httpx.AsyncClient, batch: int) -> str:
    """Upload the list and end the process behind a batch; return the address of the import."""
    answer = await client.post("/v1/imports/ip-rights", files={"file": ("rights.csv", LIST, "text/csv")})
    killed_behind_batch(batch)
    with pytest.raises(Killed):
        await ipr.run_job("import_ip_rights")
    where: str = answer.headers["location"]
    return where


async def test_each_firm_of_a_list_is_told_once_however_many_batches_touch_it(
    ipr: RunningService, centre: httpx.AsyncClient
) -> None:
    await upload(ipr, centre, LIST)
    assert await told(ipr) == dict.fromkeys(FIRMS, 1)
    assert {event.data.class_1_count for event in await ipr.events(PORTFOLIO)} == {3}
    assert await waiting(ipr) == []


@pytest.mark.usefixtures("disarmed")
async def test_a_process_killed_between_the_last_batch_and_the_sums_leaves_none_untold(
    ipr: RunningService, centre: httpx.AsyncClient
) -> None:
    where = await killed_upload(ipr, centre, batch=4)
    assert await waiting(ipr) == FIRMS
    assert await told(ipr) == {}
    # A reader sees the rights that stand, summed up or not; the list is not told done before its firms are.
    assert (await centre.get(f"/v1/portfolios/{FIRM_A}")).json()["class_1_count"] == 3
    cut = (await centre.get(where)).json()
    assert (cut["status"], cut["done"]) == ("RUNNING", 12)
    await ipr.run_job(SUM_UP)
    assert await told(ipr) == {}, "the list goes on and sums up its own firms"
    await ipr.run_job("import_ip_rights")
    assert (await centre.get(where)).json()["status"] == "DONE"
    assert await told(ipr) == dict.fromkeys(FIRMS, 1)
    assert await waiting(ipr) == []


@pytest.mark.usefixtures("disarmed")
async def test_a_process_killed_amid_the_sums_goes_on_with_those_that_wait(
    ipr: RunningService, centre: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ipr.right.jobs.portfolio._STEP", 2)
    where = await killed_upload(ipr, centre, batch=5)  # the fifth commit with events is the first step of the sweep
    assert await told(ipr) == dict.fromkeys(FIRMS[:2], 1)
    assert await waiting(ipr) == FIRMS[2:]
    await ipr.run_job("import_ip_rights")
    assert (await centre.get(where)).json()["status"] == "DONE"
    assert await told(ipr) == dict.fromkeys(FIRMS, 1)


@pytest.mark.usefixtures("disarmed")
async def test_the_firms_of_a_list_that_was_given_up_are_summed_up_without_it(
    ipr: RunningService, centre: httpx.AsyncClient
) -> None:
    where = await killed_upload(ipr, centre, batch=2)
    assert (await centre.post(f"{where}:cancel")).status_code == 200
    await ipr.run_job(SUM_UP)
    events = await ipr.events(PORTFOLIO)
    assert sum(event.data.class_1_count for event in events) == 2 * BATCH
    assert await told(ipr) == dict.fromkeys(FIRMS, 1)
    assert await waiting(ipr) == []


async def test_a_rehearsal_marks_and_tells_no_firm(ipr: RunningService, centre: httpx.AsyncClient) -> None:
    answer = await centre.post(
        "/v1/imports/ip-rights", params={"dry_run": "true"}, files={"file": ("rights.csv", LIST, "text/csv")}
    )
    await ipr.run_job("import_ip_rights")
    assert (await centre.get(answer.headers["location"])).json()["status"] == "DONE"
    assert (await told(ipr), await waiting(ipr)) == ({}, [])


async def test_a_single_right_sums_up_its_firm_at_once_marked_or_not(
    ipr: RunningService, centre: httpx.AsyncClient
) -> None:
    async with job_context(ipr.app).transaction() as tx:
        await mark_stale(tx, [FIRM_A, FIRM_B], ipr.app.state.rule_book)
    assert (await centre.post("/v1/ip-rights", json=right_body())).status_code == 201
    assert await told(ipr) == {FIRM_A: 1}
    assert await waiting(ipr) == [FIRM_B]
    await ipr.run_job(SUM_UP)
    assert await told(ipr) == {FIRM_A: 1}, "a firm without rights has nothing to tell"
    assert await waiting(ipr) == []


@pytest.mark.usefixtures("disarmed")
async def test_two_sweeps_at_once_tell_each_firm_once(
    ipr: RunningService, centre: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.ipr.right.jobs.portfolio._STEP", 1)
    await killed_upload(ipr, centre, batch=4)
    context = job_context(ipr.app)
    await asyncio.gather(*(sum_up(context.transaction, context.rule_book) for _ in range(2)))
    assert await told(ipr) == dict.fromkeys(FIRMS, 1)
    assert await waiting(ipr) == []


@pytest.mark.usefixtures("disarmed")
async def test_a_sweep_takes_the_free_firms_and_ends_only_when_another_has_told_the_rest(
    ipr: RunningService, centre: httpx.AsyncClient
) -> None:
    await killed_upload(ipr, centre, batch=4)
    context = job_context(ipr.app)
    async with context.transaction() as other:
        assert await retell_stale(other, context.rule_book, limit=2) == 2
        sweep = asyncio.ensure_future(sum_up(context.transaction, context.rule_book))
        async with asyncio.timeout(30):
            while await told(ipr) != dict.fromkeys(FIRMS[2:], 1):  # noqa: ASYNC110  # rows offer no event
                await asyncio.sleep(0.01)
        assert not sweep.done()
    await sweep
    assert await told(ipr) == dict.fromkeys(FIRMS, 1)


@pytest.mark.usefixtures("disarmed")
async def test_firms_of_a_sweep_that_is_undone_are_told_by_the_one_that_waited(
    ipr: RunningService, centre: httpx.AsyncClient
) -> None:
    await killed_upload(ipr, centre, batch=4)
    context = job_context(ipr.app)
    with pytest.raises(Killed):
        async with context.transaction() as other:
            assert await retell_stale(other, context.rule_book, limit=4) == 4
            sweep = asyncio.ensure_future(sum_up(context.transaction, context.rule_book))
            await asyncio.sleep(0.05)
            raise Killed
    await sweep
    assert await told(ipr) == dict.fromkeys(FIRMS, 1)
    assert await waiting(ipr) == []


async def test_a_sweep_waits_for_a_batch_that_marks_a_firm_again(
    ipr: RunningService, centre: httpx.AsyncClient
) -> None:
    assert (await centre.post("/v1/ip-rights", json=right_body())).status_code == 201
    context = job_context(ipr.app)
    async with context.transaction() as tx:
        await mark_stale(tx, [FIRM_A], context.rule_book)
    async with context.transaction() as batch:
        await mark_stale(batch, [FIRM_A], context.rule_book)
        await batch.session.execute(text("UPDATE ip_right SET legal_status = 'LAPSED_FEE'"))
        sweep = asyncio.ensure_future(sum_up(context.transaction, context.rule_book))
        await asyncio.sleep(0.05)
        assert not sweep.done(), "the sweep would miss what this batch brings"
    await sweep
    assert [event.data.class_1_count for event in await ipr.events(PORTFOLIO)] == [1, 0]
