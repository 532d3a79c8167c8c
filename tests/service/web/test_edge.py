"""The edge: one call, one transaction, one commit, before the answer; one effect per key."""

import asyncio

import httpx
import pytest

from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from tests.support.sample_service import READ, WRITE
from tests.support.service import RunningService


def client(sample: RunningService, *scopes: str) -> httpx.AsyncClient:
    return sample.client(Role.ENTERPRISE, client_id=f"c-{new_id()}", scopes=scopes or (READ, WRITE))


async def notes(sample: RunningService, words: str) -> int:
    return len(await sample.rows("SELECT 1 FROM note WHERE words = :words", words=words))


async def test_an_answered_write_is_committed(sample: RunningService) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/notes", json={"words": "first", "amount": 3})
        assert answer.status_code == 201
        assert answer.json() == {"id": answer.json()["id"], "status": "WRITTEN", "words": "first", "amount": 3}
        assert answer.headers["location"] == f"/v1/notes/{answer.json()['id']}"
        again = await http.get(answer.headers["location"])
    assert again.status_code == 200
    assert again.headers["etag"] == '"v1"'


async def test_a_missing_key_is_refused_before_anything_happens(sample: RunningService) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/notes", json={"words": "no key", "amount": 1}, headers={"idempotency-key": ""})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")
    assert await notes(sample, "no key") == 0


@pytest.mark.parametrize("key", ["a b", "x" * 201, "schlüssel".encode("latin-1")])
async def test_a_key_with_spaces_or_too_long_or_not_ascii_is_refused(sample: RunningService, key: str | bytes) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/notes", json={"words": "bad key", "amount": 1}, headers={"idempotency-key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "field_invalid")


async def test_the_same_key_and_body_gives_the_stored_answer_and_one_effect(sample: RunningService) -> None:
    async with client(sample) as http:
        headers = {"idempotency-key": "k-1"}
        first = await http.post("/v1/notes", json={"words": "once", "amount": 1}, headers=headers)
        second = await http.post("/v1/notes", json={"words": "once", "amount": 1}, headers=headers)
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["location"] == first.headers["location"]
    assert await notes(sample, "once") == 1


async def test_the_same_key_with_another_body_is_refused(sample: RunningService) -> None:
    async with client(sample) as http:
        headers = {"idempotency-key": "k-2"}
        await http.post("/v1/notes", json={"words": "this", "amount": 1}, headers=headers)
        other = await http.post("/v1/notes", json={"words": "that", "amount": 1}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_the_same_key_of_another_client_is_another_request(sample: RunningService) -> None:
    headers = {"idempotency-key": "k-3"}
    for _ in range(2):
        async with client(sample) as http:
            answer = await http.post("/v1/notes", json={"words": "theirs", "amount": 1}, headers=headers)
            assert answer.status_code == 201
    assert await notes(sample, "theirs") == 2


async def test_a_refusal_is_not_stored_and_leaves_nothing(sample: RunningService) -> None:
    async with client(sample) as http:
        headers = {"idempotency-key": "k-4"}
        refused = await http.post("/v1/notes", json={"words": "long one", "amount": 1}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "note_too_long")
        assert refused.json()["details"] == {"limit": 4}
        assert refused.json()["errors"][0]["pointer"] == "/words"
        assert await notes(sample, "long one") == 0
        anew = await http.post("/v1/notes", json={"words": "short", "amount": 1}, headers=headers)
    assert anew.status_code == 201


async def test_a_key_that_is_still_running_is_told_to_wait(sample: RunningService) -> None:
    async with client(sample) as http:
        headers = {"idempotency-key": "k-5"}
        body = {"words": "slow one", "amount": 1}
        answers = await asyncio.gather(*(http.post("/v1/notes", json=body, headers=headers) for _ in range(4)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201, 409, 409, 409]
    running = next(answer for answer in answers if answer.status_code == 409)
    assert running.json()["code"] == "idempotency_key_running"
    assert running.json()["retryable"] is True
    assert running.headers["retry-after"] == "1"
    assert await notes(sample, "slow one") == 1


async def test_64_parallel_requests_with_one_key_have_one_effect(sample: RunningService) -> None:
    async with client(sample) as http:

        async def persist() -> httpx.Response:
            turn = 0
            while True:
                turn += 1
                answer = await http.post(
                    "/v1/notes", json={"words": "sixty-four", "amount": 1}, headers={"idempotency-key": "k-64"}
                )
                if answer.status_code not in {409, 503}:
                    return answer
                await asyncio.sleep(min(0.02 * turn, 1.0))  # sixty-four who ask all the time would keep the one waiting

        answers = await asyncio.gather(*(persist() for _ in range(64)))
    assert [answer.text for answer in answers if answer.status_code != 201] == []
    assert len({answer.content for answer in answers}) == 1
    assert await notes(sample, "sixty-four") == 1


async def test_an_upload_is_the_same_request_whatever_its_boundary(sample: RunningService) -> None:
    async with client(sample) as http:
        headers = {"idempotency-key": "k-6"}
        part = {"file": ("a.csv", "名称,代码\n甲,1\n".encode(), "text/csv")}
        first = await http.post("/v1/note-files", files=part, headers=headers)
        second = await http.post("/v1/note-files", files=part, headers=headers)
        other = await http.post("/v1/note-files", files={"file": ("a.csv", b"x,y\n", "text/csv")}, headers=headers)
    assert first.status_code == 202, first.text
    assert second.headers["idempotency-replayed"] == "true"
    assert other.json()["code"] == "idempotency_key_reused"


async def test_pure_computation_needs_no_key(sample: RunningService) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/notes:weigh", json={"words": "abc", "amount": 4}, headers={"idempotency-key": ""})
    assert (answer.status_code, answer.json()) == (200, {"weight": 7})


@pytest.mark.parametrize("field", ["id", "status", "version", "owner", "created_at"])
async def test_a_field_of_the_answer_in_the_body_is_refused(sample: RunningService, field: str) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/notes", json={"words": "mass", "amount": 1, field: "APPROVED"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": f"/{field}", "code": "extra_forbidden", "message": "没有这个字段"}]
    assert await notes(sample, "mass") == 0


async def test_a_record_of_another_client_is_absent_in_the_same_words(sample: RunningService) -> None:
    async with client(sample) as http:
        mine = await http.post("/v1/notes", json={"words": "mine", "amount": 1})
    async with client(sample) as other:
        theirs = await other.get(mine.headers["location"])
        absent = await other.get(f"/v1/notes/{new_id()}")
    assert theirs.status_code == absent.status_code == 404
    assert theirs.json() | {"instance": "", "request_id": ""} == absent.json() | {"instance": "", "request_id": ""}


async def test_a_scope_that_is_not_granted_is_named(sample: RunningService) -> None:
    async with client(sample, READ) as http:
        answer = await http.post("/v1/notes", json={"words": "x", "amount": 1})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_scope")
    assert answer.json()["details"] == {"scope": WRITE}


async def test_a_public_page_needs_no_token(sample: RunningService) -> None:
    async with sample.client(token="") as http:
        answer = await http.get("/v1/open")
    assert (answer.status_code, answer.json()) == (200, {"client_id": "anonymous"})


async def test_a_read_is_audited_and_a_refused_read_as_well(sample: RunningService) -> None:
    async with client(sample) as http:
        made = await http.post("/v1/notes", json={"words": "hidden", "amount": 1})
        seen = await http.post("/v1/notes", json={"words": "seen", "amount": 1})
        await http.get(seen.headers["location"])
        refused = await http.get(made.headers["location"])
    assert (refused.status_code, refused.json()["code"]) == (403, "note_hidden")
    rows = await sample.rows(
        "SELECT action, outcome, uscc, detail FROM audit_entry WHERE subject IN (:seen, :refused) ORDER BY position",
        seen=f"note/{seen.json()['id']}",
        refused=made.headers["location"],
    )
    assert rows == [
        {"action": "note.read", "outcome": "done", "uscc": None, "detail": {}},
        {
            "action": "GET /v1/notes/{note_id}",
            "outcome": "refused",
            "uscc": "91500000000000000X",
            "detail": {"code": "note_hidden"},
        },
    ]


async def test_a_read_without_the_scope_is_audited_too(sample: RunningService) -> None:
    note = new_id()
    async with client(sample, WRITE) as http:
        answer = await http.get(f"/v1/notes/{note}")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden_scope")
    rows = await sample.rows("SELECT outcome, detail FROM audit_entry WHERE subject = :path", path=f"/v1/notes/{note}")
    assert rows == [{"outcome": "refused", "detail": {"code": "forbidden_scope"}}]


async def test_a_unique_guard_of_the_database_is_a_conflict(sample: RunningService) -> None:
    async with client(sample) as http:
        await http.post("/v1/notes", json={"words": "twice", "amount": 1})
        answer = await http.post("/v1/notes", json={"words": "twice", "amount": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_a_change_needs_the_version_that_was_read(sample: RunningService) -> None:
    async with client(sample) as http:
        made = await http.post("/v1/notes", json={"words": "v one", "amount": 1})
        url, body = made.headers["location"], {"words": "v two", "amount": 1}
        missing = await http.patch(url, json=body)
        malformed = await http.patch(url, json=body, headers={"if-match": "v1"})
        done = await http.patch(url, json=body, headers={"if-match": '"v1"'})
        stale = await http.patch(url, json=body, headers={"if-match": '"v1"'})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert malformed.status_code == 412
    assert done.json() == {"version": 2}
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
