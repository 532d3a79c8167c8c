"""The scanner looks outside of every transaction, and nobody but the uploader reads a document before its verdict."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.pool import QueuePool

from shared import failpoint
from shared.bus.document_scan import NAME
from shared.bus.job import run_once
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.web.service import job_context
from tests.service.documents.test_documents import EVIDENCE, PDF, caller, refused, uploaded
from tests.service.registry.test_import import imported, lines
from tests.service.registry.world import World, made_up_code
from tests.support.pair import until
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service

UNIT = "500107"
TITLE = {"kind": "TECH_SME", "number": "202650010708000123", "valid_from_on": "2026-05-01", "evidence": EVIDENCE}


class Killed(BaseException):
    """The process ends here: nothing in the product may catch it."""


@pytest.fixture
def dying_at() -> Iterator[list[str]]:
    """The instants at which the process ends, each once."""
    points: list[str] = []

    def hook(point: str) -> None:
        if point in points:
            points.remove(point)
            raise Killed(point)

    failpoint.arm(hook)
    yield points
    failpoint.arm(None)


class Scanner:
    """A program whose verdict stands in a file, and which notes each of its runs."""

    def __init__(self, folder: Path) -> None:
        self._says, self._runs = folder / "says", folder / "runs"
        self.command = f"sh -c 'cat > /dev/null; echo x >> {self._runs}; exit $(cat {self._says})'"
        self.says(0)

    def says(self, code: int) -> None:
        self._says.write_text(str(code))

    @property
    def runs(self) -> int:
        return len(self._runs.read_text().splitlines()) if self._runs.exists() else 0


@pytest.fixture
def scanner(tmp_path: Path) -> Scanner:
    return Scanner(tmp_path)


@pytest.fixture
async def service(postgres: DatabaseServer, scanner: Scanner) -> AsyncIterator[RunningService]:
    async with running_service("registry", postgres, scan_command=scanner.command) as running:
        yield running


def district(service: RunningService, name: str = "uploader") -> httpx.AsyncClient:
    return caller(service, Role.DISTRICT, name, unit=UNIT)


async def has_told(started: Path) -> bool:
    return started.exists() and started.read_text().endswith("\n")  # noqa: ASYNC240  # a few bytes


async def scan_of(service: RunningService) -> str:
    (row,) = await service.rows("SELECT scan FROM document")
    return str(row["scan"])


async def test_nobody_but_the_uploader_reads_a_document_before_it_is_clean(service: RunningService) -> None:
    code = await World(service).registered(1)
    mine = district(service)
    told = (await uploaded(mine)).json()
    assert told["scan"] == "PENDING"
    path = f"/v1/enterprises/{code}/qualifications"
    entered = (await mine.post(path, json=TITLE)).json()
    assert entered["evidence"]["document"] == {"status": "BEING_SCANNED", "address": None}
    address = told["content"].removesuffix("/content")
    others = [
        district(service, "same-unit"),
        caller(service, Role.CITY, "city"),
        caller(service, Role.AUDITOR, "auditor"),
        caller(service, Role.ENTERPRISE, "firm", party=code),
    ]
    for other in others:
        refused(await other.get(address), "not_found", 404)
        refused(await other.get(told["content"]), "not_found", 404)
    assert (await mine.get(told["content"])).content == PDF
    await service.run_job(NAME)
    for client in (mine, *others):
        assert (await client.get(address)).json()["scan"] == "CLEAN"
        assert (await client.get(told["content"])).content == PDF
    (shown,) = (await mine.get(path)).json()["items"]
    assert shown["evidence"]["document"] == {"status": "HELD", "address": address}


async def test_a_harmful_document_is_refused_with_words_and_its_bytes_are_removed(
    service: RunningService, scanner: Scanner
) -> None:
    code = await World(service).registered(1)
    mine = district(service)
    scanner.says(1)
    told = (await uploaded(mine)).json()
    await service.run_job(NAME)
    assert (await mine.get(told["content"].removesuffix("/content"))).json()["scan"] == "INFECTED"
    for client in (mine, caller(service, Role.CITY, "city")):
        answer = await client.get(told["content"])
        refused(answer, "file_infected", 422)
        assert "病毒扫描未通过" in answer.text
    refused(await uploaded(mine), "file_infected", 422)
    entered = (await mine.post(f"/v1/enterprises/{code}/qualifications", json=TITLE)).json()
    assert entered["evidence"]["document"] == {"status": "INFECTED", "address": None}
    with pytest.raises(Refusal):
        await service.app.state.files.read(told["sha256"])
    audited = await service.rows("SELECT detail FROM audit_entry WHERE action = 'document.scan'")
    assert [row["detail"] for row in audited] == [{"verdict": "INFECTED"}]


@pytest.mark.parametrize("said", [2, 127])
async def test_a_document_without_a_verdict_waits_for_the_next_look(
    service: RunningService, scanner: Scanner, said: int
) -> None:
    scanner.says(said)
    await uploaded(district(service))
    for _ in range(2):  # not due a second time
        await service.run_job(NAME)
    assert (await scan_of(service), scanner.runs) == ("PENDING", 1)
    scanner.says(0)
    service.clock.advance(timedelta(seconds=10))
    await service.run_job(NAME)
    assert (await scan_of(service), scanner.runs) == ("CLEAN", 2)


@pytest.mark.parametrize("point", ["after_scan_before_verdict", "before_commit", "after_verdict_before_removal"])
async def test_a_process_that_ends_between_upload_and_verdict_leaves_a_document_that_is_looked_at_again(
    service: RunningService, dying_at: list[str], point: str
) -> None:
    told = (await uploaded(district(service))).json()
    stands = point == "after_verdict_before_removal"
    dying_at.append(f"registry.{point}")
    with pytest.raises(BaseException, match=point):
        await service.run_job(NAME)
    assert await scan_of(service) == ("CLEAN" if stands else "PENDING")
    service.clock.advance(timedelta(minutes=5))
    await service.run_job(NAME)
    assert await scan_of(service) == "CLEAN"
    city = caller(service, Role.CITY, "city")
    assert (await city.get(told["content"])).content == PDF
    audited = await service.rows("SELECT position FROM audit_entry WHERE action = 'document.scan'")
    assert len(audited) == 1


async def test_a_scanner_that_hangs_holds_no_connection_and_is_ended(postgres: DatabaseServer, tmp_path: Path) -> None:
    started = tmp_path / "started"
    command = f"sh -c 'echo $$ > {started}; exec sleep 60'"
    async with running_service("registry", postgres, scan_command=command, scan_seconds=2.0) as service:
        await uploaded(district(service))
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            looking = group.create_task(service.run_job(NAME))
            await until(partial(has_told, started))
            pool: Any = service.db.engine.pool
            assert isinstance(pool, QueuePool)
            assert pool.checkedout() == 0
            assert (await uploaded(district(service), content=b"%PDF-1.7 another")).status_code == 201
            assert not looking.done()
        with pytest.raises(ProcessLookupError):
            os.kill(int(started.read_text()), 0)
        rows = await service.rows("SELECT scan FROM document")
    assert [row["scan"] for row in rows] == ["PENDING", "PENDING"]


async def test_two_processes_look_at_each_document_once(service: RunningService, scanner: Scanner) -> None:
    for number in range(6):
        await uploaded(district(service), content=b"%%PDF-1.7 %d" % number)
    job, context = service.app.state.jobs.jobs[NAME], job_context(service.app)
    await asyncio.gather(run_once(job, context), run_once(job, context))
    assert scanner.runs == 6
    assert {row["scan"] for row in await service.rows("SELECT scan FROM document")} == {"CLEAN"}


async def test_an_upload_is_looked_at_without_anybody_asking(postgres: DatabaseServer, scanner: Scanner) -> None:
    async with running_service("registry", postgres, scan_command=scanner.command, jobs_enabled=True) as service:
        told = (await uploaded(district(service))).json()

        async def is_judged() -> bool:
            answer = await district(service).get(told["content"].removesuffix("/content"))
            return bool(answer.json()["scan"] != "PENDING")

        await until(is_judged, seconds=20)
        assert await scan_of(service) == "CLEAN"


@pytest.mark.parametrize(("said", "code"), [(1, "file_infected"), (2, "scan_unavailable"), (0, None)])
async def test_a_list_is_read_only_after_the_scanner_has_seen_it(
    service: RunningService, scanner: Scanner, said: int, code: str | None
) -> None:
    scanner.says(said)
    world = World(service)
    read = await imported(world, lines(f"示例一,{made_up_code(1)},2015-01-02,N/A,N/A,渝中"))
    if code is None:
        assert (read["status"], read["result"]["created"]) == ("DONE", 1), read
    else:
        assert (read["status"], read["error"]) == ("FAILED", code), read
        assert read["problem"]["text_zh"].startswith("病毒扫描")
        assert read["result"]["rows"] == 0
