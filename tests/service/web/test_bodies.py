"""Bad bodies, addresses and headers: each is a problem document, none a crash."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.web.body import MAX_DEPTH, read_json
from shared.web.language import choose_language
from tests.support.sample_service import READ, WRITE
from tests.support.service import RunningService

MEMBERS = {
    "type", "title", "status", "detail", "hint", "instance", "code", "errors", "details", "retryable", "source",
    "request_id",
}  # fmt: skip


def client(sample: RunningService) -> httpx.AsyncClient:
    return sample.client(Role.ENTERPRISE, client_id="bodies", scopes=(READ, WRITE))


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body: dict[str, Any] = answer.json()
    assert set(body) == MEMBERS
    assert body["status"] == answer.status_code
    assert body["type"] == f"/problems/{body['code']}"
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


BAD = {
    "duplicate keys": b'{"words":"a","words":"b","amount":1}',
    "duplicate keys deep": b'{"words":"a","amount":1,"x":{"y":1,"y":2}}',
    "NaN": b'{"words":"a","amount":NaN}',
    "Infinity": b'{"words":"a","amount":-Infinity}',
    "1e400": b'{"words":"a","amount":1e400}',
    "many digits": b'{"words":"a","amount":' + b"9" * 5_000 + b"}",
    "lone surrogate": rb'{"words":"\ud800","amount":1}',
    "lone surrogate in a key": rb'{"\udfff":"a","amount":1}',
    "escaped NUL": rb'{"words":"a\u0000b","amount":1}',
    "raw NUL": b'{"words":"a\x00b","amount":1}',
    "UTF-16": '{"words":"a","amount":1}'.encode("utf-16"),
    "byte-order mark": b'\xef\xbb\xbf{"words":"a","amount":1}',
    "GB18030": '{"words":"重庆","amount":1}'.encode("gb18030"),
    "too deep": b'{"words":' + b"[" * 10_000 + b"]" * 10_000 + b',"amount":1}',
    "too many values": b'{"words":"a","amount":[' + b"0," * 10_000 + b"0]}",
    "not closed": b'{"words":"a"',
    "more after it": b'{"words":"a","amount":1} {}',
    "many escapes": b'"' + b'\\"' * 40_000,
}


@pytest.mark.parametrize("name", BAD)
async def test_a_body_that_two_readers_could_read_differently_is_refused(sample: RunningService, name: str) -> None:
    async with client(sample) as http:
        started = time.process_time()
        answer = await http.post("/v1/notes", content=BAD[name], headers={"content-type": "application/json"})
    assert (answer.status_code, problem(answer)["code"]) == (400, "body_unreadable")
    assert time.process_time() - started < 1


@pytest.mark.parametrize("amount", ["12", 1.0, True, None, -1, 1_000_001, 10**25, [1], {"a": 1}])
async def test_an_amount_that_is_no_whole_number_in_range_is_refused(sample: RunningService, amount: object) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/notes", json={"words": "a", "amount": amount})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in problem(answer)["errors"]] == ["/amount"]


async def test_faults_are_told_in_the_language_that_is_asked_for(sample: RunningService) -> None:
    async with client(sample) as http:
        chinese = await http.post("/v1/notes", json={"amount": 1})
        english = await http.post("/v1/notes", json={"amount": 1}, headers={"accept-language": "en-GB,en;q=0.9"})
    assert (chinese.headers["content-language"], english.headers["content-language"]) == ("zh-CN", "en")
    assert chinese.headers["cache-control"] == "no-store"
    assert problem(chinese)["title"] == "请求中有字段不符合要求"
    assert problem(chinese)["errors"] == [{"pointer": "/words", "code": "missing", "message": "必填"}]
    assert problem(english)["title"] == "Fields of the request are not as required"
    assert problem(english)["errors"] == [{"pointer": "/words", "code": "missing", "message": "is required"}]


async def test_a_body_in_another_media_type_is_refused(sample: RunningService) -> None:
    async with client(sample) as http:
        for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "no/such; q=\x7f", ""):
            answer = await http.post("/v1/notes", content=b'{"words":"a","amount":1}', headers={"content-type": kind})
            assert (answer.status_code, problem(answer)["code"]) == (415, "media_type_unsupported"), kind


async def test_an_oversized_body_is_refused_with_and_without_a_length(sample: RunningService) -> None:
    async def endless() -> Any:
        for _ in range(3_000):
            yield b" " * 1_000

    async with client(sample) as http:
        declared = await http.post("/v1/notes", content=b" " * 200_000, headers={"content-type": "application/json"})
        streamed = await http.post("/v1/notes", content=endless(), headers={"content-type": "application/json"})
        lying = await http.post(
            "/v1/notes", content=b"{}", headers={"content-type": "application/json", "content-length": "1e9"}
        )
        upload = await http.post("/v1/note-files", files={"file": ("a.csv", b"a," * 250_000, "text/csv")})
    for answer in (declared, streamed, upload):
        assert (answer.status_code, problem(answer)["code"]) == (413, "body_too_large")
    assert problem(declared)["details"] == {"limit_bytes": 100_000}
    assert lying.status_code == 400


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"MZ\x90\x00", "text/csv", 422, "file_type_refused"),
        (b"\x7fELF\x02", "text/csv", 422, "file_type_refused"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "text/csv", 202, None),
        (b"a,b\n", "application/wps-office.csv", 202, None),
        (b"a,b\n", "application/pdf", 202, None),
        (b"%PDF-1.7 x", "application/pdf", 202, None),
    ],
)
async def test_a_file_is_judged_by_its_bytes(
    sample: RunningService, content: bytes, kind: str, status: int, code: str | None
) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/note-files", files={"file": ("f", content, kind)})
    assert answer.status_code == status
    assert answer.json().get("code") == code


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"--x\r\nno form at all", {"content-type": "multipart/form-data; boundary=x"}),
        (b"", {"content-type": "multipart/form-data"}),
        (b"--x--", {"content-type": "multipart/form-data; boundary="}),
        (b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n', {
            "content-type": "multipart/form-data; boundary=x"}),
    ],
)  # fmt: skip
async def test_a_broken_form_is_refused(sample: RunningService, content: bytes, headers: dict[str, str]) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/note-files", content=content, headers=headers)
    assert answer.status_code in {400, 422}
    problem(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/nothing/at/all", 404),
        ("GET", "/v1/notes/", 404),
        ("DELETE", "/v1/notes", 405),
        ("PUT", "/v1/notes/0199", 405),
        ("GET", "/v1/notes/not-a-uuid", 422),
        ("GET", "/v1/notes/%00", 400),
        ("GET", "/v1/notes/%ff%fe", 400),
        ("GET", "/v1/notes?q=%00", 400),
        ("GET", "/v1/notes?q=%80", 400),
        ("GET", "/v1/notes?q=%", 200),
        ("GET", "/v1/notes?q=%zz%5", 200),
        ("GET", "/v1/notes?q=%27%20OR%201=1--", 200),
        ("GET", "/v1/notes?q=" + "a" * 21, 422),
        ("GET", "/v1/notes?limit=0", 422),
        ("GET", "/v1/notes?limit=201", 422),
        ("GET", "/v1/notes?limit=9999999999999999999999", 422),
        ("GET", "/v1/notes?limit=x", 422),
        ("GET", "/v1/notes?cursor=x", 422),
        ("GET", "/v1/notes?cursor=%F0%A0%AE%B7", 422),
        ("GET", "/v1/notes?cursor=" + "A" * 2_000, 422),
        ("GET", "/v1/notes?cursor=W10", 422),
        ("GET", "/v1/notes-export?format=pdf", 422),
    ],
)
async def test_a_bad_address_is_a_problem_and_not_a_crash(
    sample: RunningService, method: str, path: str, status: int
) -> None:
    async with client(sample) as http:
        answer = await http.request(method, httpx.URL("http://sample.test", raw_path=path.encode()))
    assert answer.status_code == status, answer.text
    if status >= 400:
        problem(answer)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
async def test_no_bytes_give_a_500(sample: RunningService, body: bytes) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/notes", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    problem(answer)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(
        [
            "accept-language",
            "if-match",
            "x-request-id",
            "traceparent",
            "content-type",
            "content-length",
            "authorization",
        ]
    ),
    value=st.binary(max_size=80).filter(lambda value: not set(value) & set(b"\r\n\x00")),
)
async def test_no_header_gives_a_500(sample: RunningService, name: str, value: bytes) -> None:
    async with client(sample) as http:
        answer = await http.get("/v1/notes?limit=1", headers=[(name.encode(), value)])
    assert answer.status_code < 500, (name, value)


@given(value=st.recursive(st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(max_size=5).filter(
    lambda text: "\x00" not in text), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(max_size=3).filter(lambda text: "\x00" not in text), inner, max_size=3), max_leaves=8))  # fmt: skip
def test_an_honest_body_is_read_as_it_was_written(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value


def test_nesting_is_allowed_up_to_the_limit_and_not_one_deeper() -> None:
    def nested(depth: int) -> bytes:
        return b"[" * depth + b"]" * depth

    assert read_json(nested(MAX_DEPTH)) is not None
    with pytest.raises(Refusal):
        read_json(nested(MAX_DEPTH + 1))


def test_brackets_inside_text_are_no_nesting() -> None:
    assert read_json(b'["' + b"[{" * 500 + b'\\"[", 1]') == ["[{" * 500 + '"[', 1]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"), ("", "zh"), ("fr", "zh"), ("en", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.3,zh;q=0.4", "zh"),
        ("zh;q=0.3, EN-us ;q=0.9", "en"), ("*", "zh"), ("en;q=x", "zh"), ("en;q=nan", "zh"), (";;;,,=", "zh"),
        ("en;q=" + "9" * 400, "zh"), ("en;q=0", "zh"), ("en" * 5_000, "zh"), ("en;q=²", "zh"),
    ],
)  # fmt: skip
def test_the_language_is_chinese_unless_english_is_preferred(header: str | None, language: str) -> None:
    assert choose_language(header) == language


async def test_a_crash_tells_nothing_of_the_inside(sample: RunningService) -> None:
    async with client(sample) as http:
        answer = await http.post("/v1/notes", json={"words": "crash", "amount": 1})
        assert (answer.status_code, problem(answer)["code"]) == (500, "internal")
        assert "hidden" not in answer.text
        alive = await asyncio.gather(*(http.get("/v1/notes") for _ in range(5)))
    assert {one.status_code for one in alive} == {200}
    assert await sample.rows("SELECT 1 FROM note WHERE words = 'crash'") == []
