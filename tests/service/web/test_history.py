"""A service whose database is older than what it has published: it says so, refuses changes and goes on reading."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from shared.db.history import note_break
from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from shared.web import trouble
from tests.support.sample_service import READ, WRITE
from tests.support.service import RunningService

NOTE = {"words": "late", "amount": 1}


@pytest.fixture
async def regressed(sample: RunningService) -> AsyncIterator[RunningService]:
    """The sample with an open break, as its relay would have noted it."""
    async with sample.db.engine.begin() as connection:
        await note_break(connection, known=3, last=6, event_id=new_id())
    await sample.app.state.history.refresh()
    yield sample
    async with sample.db.engine.begin() as connection:
        await connection.execute(text("DELETE FROM history_break"))
    await sample.app.state.history.refresh()


async def test_every_change_is_refused_with_its_way_out_in_both_languages(regressed: RunningService) -> None:
    note = f"/v1/notes/{new_id()}"
    async with regressed.client(Role.ENTERPRISE, scopes=(READ, WRITE)) as http:
        answers = [
            await http.post("/v1/notes", json=NOTE),
            await http.patch(note, json=NOTE, headers={"if-match": '"v1"'}),
            await http.post("/v1/notes", json=NOTE, headers={"accept-language": "en"}),
        ]
    assert {(one.status_code, one.json()["code"]) for one in answers} == {(503, "history_regressed")}
    assert "备份" in answers[0].json()["title"]
    assert "older backup" in answers[2].json()["title"]
    assert all("make accept-restore" in one.json()["hint"] for one in answers)
    assert all("retry-after" in one.headers for one in answers)
    assert await regressed.rows("SELECT 1 FROM note WHERE words = 'late'") == []


async def test_reading_and_computing_go_on(regressed: RunningService) -> None:
    async with regressed.client(Role.ENTERPRISE, scopes=(READ, WRITE)) as http:
        assert (await http.get("/v1/notes")).status_code == 200
        assert (await http.post("/v1/notes:weigh", json=NOTE)).status_code == 200


async def test_readiness_says_so_in_both_languages_and_keeps_the_process_in_service(regressed: RunningService) -> None:
    async with regressed.client(Role.ENTERPRISE) as http:
        answer = await http.get("/health/ready")
        metrics = (await http.get("/metrics")).text
    assert answer.status_code == 200
    assert answer.json()["checks"]["history"] == "regressed"
    (told,) = [one for one in answer.json()["warnings"] if "make accept-restore" in one]
    assert "备份" in told
    assert "backup" in told
    assert "kechuang_history_regressed" in metrics
    assert 'kechuang_trouble{name="history_regressed",service="sample"} 1.0' in metrics


async def test_a_break_that_is_found_while_readiness_looks_is_told_by_check_and_warning_together(
    sample: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = trouble.seen_in_database

    async def find_meanwhile(state: Any) -> list[trouble.Trouble]:
        async with sample.db.engine.begin() as connection:
            await note_break(connection, known=3, last=6, event_id=new_id())
        await sample.app.state.history.refresh()
        return await look(state)

    monkeypatch.setattr(trouble, "seen_in_database", find_meanwhile)
    async with sample.client(Role.ENTERPRISE) as http:
        told = (await http.get("/health/ready")).json()
    async with sample.db.engine.begin() as connection:
        await connection.execute(text("DELETE FROM history_break"))
    await sample.app.state.history.refresh()
    assert told["checks"]["history"] == "regressed"
    assert any("make accept-restore" in one for one in told["warnings"])


async def test_changes_are_taken_again_once_the_break_is_accepted(regressed: RunningService) -> None:
    async with regressed.db.engine.begin() as connection:
        await connection.execute(text("UPDATE history_break SET accepted_at = now(), reason = 'x'"))
    await regressed.app.state.history.refresh()
    async with regressed.client(Role.ENTERPRISE, scopes=(READ, WRITE)) as http:
        assert (await http.post("/v1/notes", json=NOTE)).status_code == 201
