"""F4, bodies: too large, too deep, too many, twice the same key: a 4xx with a code, soon, and the process goes on."""

import gzip
import json
import time
from collections.abc import AsyncIterator, Callable

import httpx
import psutil
import pytest

from shared.kernel.ids import new_id
from tests.service.finance.world import World

MB = 1 << 20
HOSTILE: dict[str, tuple[bytes, set[int]]] = {
    "a body above its limit": (b'{"note":"' + b"x" * (2 * MB) + b'"}', {413}),
    "ten thousand levels of arrays": (b"[" * 10_000 + b"]" * 10_000, {400}),
    "ten thousand levels of objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, {400}),
    "ten thousand levels that never end": (b'{"a":[' * 10_000, {400}),
    "a number beyond a double": (b'{"amount_fen":1e400}', {400}),
    "a number of a hundred thousand digits": (b'{"amount_fen":' + b"9" * 100_000 + b"}", {400}),
    "not a number": (b'{"amount_fen":NaN}', {400}),
    "infinity": (b'{"amount_fen":-Infinity}', {400}),
    "the same key twice": (b'{"amount_fen":1,"amount_fen":2}', {400}),
    "the same key twice, once escaped": (b'{"amount_fen":1,"\\u0061mount_fen":2}', {400}),
    "a million elements": (b"[" + b"0," * 999_999 + b"0]", {413}),
    "half a million elements": (b"[" + b"0," * 499_999 + b"0]", {400}),
    "half a million elements in a field": (b'{"note":[' + b"0," * 499_999 + b"0]}", {400}),
    "a hundred thousand keys": (json.dumps({f"k{number:05d}": 1 for number in range(80_000)}).encode(), {400}),
    "gzip": (gzip.compress(b'{"amount_fen":1}'), {400}),
    "a bomb of gzip": (gzip.compress(bytes(300 * MB), compresslevel=9), {400}),
    "UTF-16": ('{"amount_fen":1}'.encode("utf-16"), {400}),
    "text behind the value": (b'{"amount_fen":1}{"amount_fen":2}', {400}),
    "nothing": (b"", {422}),
}


async def send(
    client: httpx.AsyncClient, url: str, content: bytes | AsyncIterator[bytes], **headers: str
) -> httpx.Response:
    given = {"content-type": "application/json", "idempotency-key": str(new_id()), **headers}
    return await client.post(url, content=content, headers=given)


def problem(answer: httpx.Response) -> str:
    assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
    return str(answer.json()["code"])


@pytest.mark.fault("F4")
async def test_a_hostile_body_is_refused_with_a_code_and_costs_little(
    world: World, record_property: Callable[[str, object], None]
) -> None:
    process, slowest = psutil.Process(), (0.0, "")
    before = process.memory_info().rss
    for url in ("/v1/consents", "/v1/loan-applications"):
        for name, (content, statuses) in HOSTILE.items():
            began = time.perf_counter()
            encoding = {"content-encoding": "gzip"} if "gzip" in name else {}
            answer = await send(world.firm(), url, content, **encoding)
            slowest = max(slowest, (time.perf_counter() - began, name))
            assert answer.status_code in statuses, (name, answer.text[:300])
            assert problem(answer)
            assert len(answer.content) < 100_000, name
    grown = (process.memory_info().rss - before) >> 20
    assert grown < 150
    record_property(
        "noted", f"{2 * len(HOSTILE)} bodies; {slowest[1]} took {slowest[0]:.2f} s; memory grew by {grown} MB"
    )
    assert (await world.firm().get("/v1/consents/text")).status_code == 200


@pytest.mark.fault("F4")
async def test_a_body_without_a_length_is_cut_at_the_limit(world: World) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'{"note":"'
        while taken < 64 * MB:
            taken += 65_536
            yield b"x" * 65_536

    answer = await send(world.firm(), "/v1/consents", endless())
    assert (answer.status_code, problem(answer)) == (413, "body_too_large")
    assert taken < 4 * MB, "it was read on behind the limit"


@pytest.mark.fault("F4")
async def test_a_length_that_lies_is_no_way_around_the_limit(world: World) -> None:
    for length in ("-1", "1e3", "99999999999999999999999", "0x10", "１"):
        headers = {"content-length": length.encode()}
        answer = await world.firm().post(
            "/v1/consents", content=b"{}", headers={**headers, b"content-type": b"application/json"}
        )
        assert answer.status_code in {400, 413}, (length, answer.text)
