"""E4, E7, F1 on the suite as launched, with two finance processes, through its gateway and past it."""

import threading
import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any, Self

import httpx
import orjson
import psutil
import pytest

from tests.fault.attack.forgery import encoded, lure
from tests.fault.attack.poison import long_list, wrong_code
from tests.fault.attack.test_headers import FORGED
from tests.support.journey import demo_body
from tests.support.source import SERVICES
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]
ROWS, BAD, FIRST = 100_000, 77_777, 2_000_000
MB = 1 << 20
READS = {"registry": "/v1/units", "finance": "/v1/lpr", "techtransfer": "/v1/needs", "ipr": "/v1/ip-rights"}


class Beside:
    """Other callers while something large goes on: how long each waits, and how much memory a process takes."""

    def __init__(self, suite: LaunchedSuite, client: httpx.Client) -> None:
        self._suite, self._client = suite, client
        self._process = psutil.Process(suite.pids()["registry"])
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.waited: list[float] = []
        self.refused: list[int] = []
        self.most = 0

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.perf_counter()
            answer = self._client.get(f"{self._suite.gateway_url}/v1/enterprises", params={"limit": 1})
            self.waited.append(time.perf_counter() - began)
            if answer.status_code != 200:
                self.refused.append(answer.status_code)
            self.most = max(self.most, self._process.memory_info().rss)
            self._over.wait(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def p99(self) -> float:
        """The wait in milliseconds that one call in a hundred exceeds."""
        return quantiles(self.waited, n=100)[98] * 1000


def upload(suite: LaunchedSuite, content: bytes) -> dict[str, Any]:
    """Upload a list through the gateway and wait for the end of its import."""
    city = demo_body(suite, "city")
    answer = city.http.post(
        "/v1/imports/enterprises",
        files={"file": ("list.csv", content, "text/csv")},
        headers={"idempotency-key": f"{time.monotonic_ns()}"},
    )
    assert answer.status_code == 202, answer.text
    deadline = time.monotonic() + 300
    while (read := city.get(answer.headers["location"]))["status"] not in {"DONE", "FAILED"}:
        assert time.monotonic() < deadline, read
        time.sleep(0.2)
    return dict(read)


@pytest.mark.fault("F1")
def test_a_hundred_thousand_rows_with_one_wrong_digit(
    city_suite: LaunchedSuite, record_property: Callable[[str, object], None]
) -> None:
    content, client = long_list(ROWS, BAD, first=FIRST), city_suite.client("city")
    with client:
        with Beside(city_suite, client) as quiet:
            time.sleep(3)
        began = time.monotonic()
        with Beside(city_suite, client) as during:
            read = upload(city_suite, content)
        seconds = time.monotonic() - began
        assert (read["status"], read["done"], read["result"]["created"]) == ("DONE", ROWS, ROWS), read
        found = client.get(read["report"]).json()["items"]
        assert [(one["line"], one["code"]) for one in found] == [(BAD + 1, "code_check_failed")]
        firm = client.get(f"/v1/enterprises/{wrong_code(FIRST + BAD)}").json()
        assert firm["code_needs_review"] is True
        again = upload(city_suite, content)
        assert (again["result"]["unchanged"], again["result"]["created"]) == (ROWS, 0)
    record_property(
        "noted",
        f"{ROWS} rows in {seconds:.0f} s; memory {during.most // MB} MB at most; other calls' p99"
        f" {quiet.p99:.0f} ms before, {during.p99:.0f} ms beside it",
    )
    assert during.refused == [], "another caller was turned away"
    assert during.most < 300 * MB


@pytest.mark.fault("E4")
def test_no_process_of_the_suite_takes_a_changed_token_or_goes_where_it_points(city_suite: LaunchedSuite) -> None:
    header, payload, signature = city_suite.token("bank-a").split(".")
    with lure() as trap, httpx.Client(timeout=30, trust_env=False) as http:
        where = {"kid": trap.url, "jku": trap.url, "x5u": trap.url}
        unsigned, elsewhere = (encoded(orjson.dumps({"alg": alg, **where})) for alg in ("none", "ES256"))
        forged = [
            f"{unsigned}.{payload}.",
            f"{elsewhere}.{payload}.{signature}",
            f"{header}.{payload}.{encoded(bytes(64))}",
            f"{header}.{payload[:-4]}AAAA.{signature}",
            f"{header}.{payload}.{'A' * 7_000}",
        ]
        for service, path in READS.items():
            for base in (city_suite.gateway_url, city_suite.url_of(service)):
                for token in forged:
                    answer = http.get(f"{base}{path}", headers={"authorization": f"Bearer {token}"})
                    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid"), (base, path)
        assert trap.visits == 0


@pytest.mark.fault("E7")
def test_past_the_gateway_each_service_asks_for_the_token_whatever_headers_say(city_suite: LaunchedSuite) -> None:
    allowed = {name: value for name, value in FORGED.items() if name not in {"connection", "upgrade", "te", "trailer"}}
    with httpx.Client(timeout=30, trust_env=False) as http:
        for service in SERVICES:
            for headers in ({}, allowed):
                answer = http.get(f"{city_suite.url_of(service)}{READS[service]}", headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (401, "token_missing"), service
        answer = http.get(f"{city_suite.gateway_url}/v1/loans", headers=allowed)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
