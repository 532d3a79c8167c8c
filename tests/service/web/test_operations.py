"""What operators and integrators see of each service: health, version, metrics, docs, logs, pages, exports."""

import csv
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import structlog
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import telemetry
from shared.db.engine import Database
from shared.kernel.actor import Role
from shared.telemetry import configure_logging, continue_trace, current_traceparent, provider_of
from tests.support.postgres import DatabaseServer
from tests.support.sample_service import READ, WRITE, running_sample
from tests.support.service import RunningService

_METRIC = re.compile(r"\b(?:counter|gauge|histogram)\(\s*\"([a-z_]+)\"")
_ROW = re.compile(r"^\| `(kechuang_[a-z_]+)` \|", re.MULTILINE)
TRACE = "0af7651916cd43dd8448eb211c80319c"


async def test_health_tells_life_from_readiness(sample: RunningService) -> None:
    async with sample.client(token="") as http:
        live = await http.get("/health/live")
        ready = await http.get("/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert ready.json()["checks"]["database"] == "ok"


async def test_without_a_database_the_service_lives_is_not_ready_and_answers_503(postgres: DatabaseServer) -> None:
    async with running_sample(postgres) as lost:
        await lost.db.close()
        lost.app.state.db = Database("postgresql://nobody@127.0.0.1:1/none", service="sample")
        async with lost.client(Role.CITY, scopes=[READ]) as http:
            live = await http.get("/health/live")
            ready = await http.get("/health/ready")
            listed = await http.get("/v1/notes")
    assert live.status_code == 200
    assert (ready.status_code, ready.json()["status"]) == (503, "not_ready")
    assert (listed.status_code, listed.json()["code"], listed.headers["retry-after"]) == (503, "unavailable", "2")


async def test_a_bus_that_is_away_is_a_warning_and_stops_no_traffic(sample: RunningService) -> None:
    class Away:
        is_connected = False
        is_refused = False
        waits_for: tuple[str, ...] = ()

    sample.app.state.bus = Away()
    try:
        async with sample.client(token="") as http:
            ready = await http.get("/health/ready")
    finally:
        sample.app.state.bus = None
    assert (ready.status_code, ready.json()["checks"]["bus"]) == (200, "not connected")
    (told,) = ready.json()["warnings"]
    assert told.startswith("broker_away: ")


async def test_version_names_service_and_rule_sets(sample: RunningService) -> None:
    async with sample.client(token="") as http:
        answer = (await http.get("/version")).json()
    assert answer["service"] == "sample"
    assert answer["rule_sets"] == []


async def test_metrics_count_by_route_template_and_never_by_path(sample: RunningService) -> None:
    async with sample.client(Role.CITY, scopes=[READ]) as http:
        await http.get("/v1/notes/0199b2c0-0000-7000-8000-000000000000")
        await http.get("/v1/no-such/0199b2c0-0000-7000-8000-000000000000")
        page = (await http.get("/metrics")).text
    assert 'route="/v1/notes/{note_id}",service="sample",status="404"' in page
    assert "0199b2c0" not in page


async def test_the_docs_pages_need_no_other_host(sample: RunningService) -> None:
    async with sample.client(token="") as http:
        for path in ("/docs", "/redoc"):
            html = (await http.get(path)).text
            assert "http://" not in html.replace("http://sample.test", "")
            assert "https://" not in html
        script = await http.get("/static-offline-docs/swagger-ui-bundle.js")
    assert script.status_code == 200


async def test_openapi_describes_problems_keys_and_scopes(sample: RunningService) -> None:
    async with sample.client(token="") as http:
        schema: dict[str, Any] = (await http.get("/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in json.dumps(schema)
    post = schema["paths"]["/v1/notes"]["post"]
    assert post["x-scope"] == WRITE
    assert post["security"] == [{"oauth2": [WRITE]}]
    assert post["summary"] == "写便笺 / Write a note"
    assert [p["name"] for p in post["parameters"]] == ["Idempotency-Key"]
    assert set(post["responses"]) == {"201", "400", "401", "403", "409", "413", "415", "422", "500", "503"}
    conflict = post["responses"]["409"]["content"]["application/problem+json"]
    assert set(conflict["examples"]) == {"note_too_long", "idempotency_key_running", "conflict"}
    assert conflict["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "code" in schema["components"]["schemas"]["Problem"]["properties"]
    assert schema["paths"]["/v1/open"]["get"]["security"] == []
    weigh = schema["paths"]["/v1/notes:weigh"]["post"]
    assert "parameters" not in weigh
    flow = schema["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert {READ, WRITE} <= set(flow["scopes"])


async def test_every_problem_type_can_be_looked_up(sample: RunningService) -> None:
    async with sample.client(token="") as http:
        every = (await http.get("/problems")).json()["items"]
        one = await http.get("/problems/note_too_long")
        none = await http.get("/problems/no_such")
    assert one.json() == next(entry for entry in every if entry["code"] == "note_too_long")
    words = {"title", "title_en", "detail", "detail_en", "hint", "hint_en"}
    assert words | {"status", "type", "code"} == set(one.json())
    assert none.status_code == 404


async def test_a_well_formed_request_id_is_kept_and_another_replaced(sample: RunningService) -> None:
    async with sample.client(token="") as http:
        kept = await http.get("/v1/open", headers={"x-request-id": "abc-1"})
        replaced = await http.get("/v1/open", headers={"x-request-id": 'a"b\\'})
    assert kept.headers["x-request-id"] == "abc-1"
    assert len(replaced.headers["x-request-id"]) == 36


async def test_pages_follow_one_another_without_gap_or_repeat(sample: RunningService) -> None:
    async with sample.client(Role.ENTERPRISE, client_id="pager", scopes=[READ, WRITE]) as http:
        for number in range(7):
            await http.post("/v1/notes", json={"words": f"p{number}", "amount": number})
        seen: list[str] = []
        url: str | None = "/v1/notes?limit=3&q=p"
        pages = 0
        while url:
            answer = await http.get(url)
            seen += [item["words"] for item in answer.json()["items"]]
            url = answer.links.get("next", {}).get("url")
            assert (answer.json()["next_cursor"] is None) == (url is None)
            pages += 1
        first = (await http.get("/v1/notes?limit=3&q=p")).json()
        foreign = await http.get(f"/v1/notes?limit=3&q=x&cursor={first['next_cursor']}")
    assert (seen, pages) == ([f"p{number}" for number in range(7)], 3)
    assert (foreign.status_code, foreign.json()["code"]) == (422, "cursor_invalid")


async def test_an_export_runs_no_formula_and_keeps_numbers(sample: RunningService) -> None:
    words = ["=cmd|' /C calc'!A0", "+1", "-5.00", "-2+3", "@SUM(A1)", "\tx", "＝1+1", "重庆，\n公司", '"q"', " =1"]
    async with sample.client(Role.ENTERPRISE, client_id="exporter", scopes=[READ, WRITE]) as http:
        for word in words:
            await http.post("/v1/notes", json={"words": word, "amount": 77_001})
        as_csv = await http.get("/v1/notes-export?format=csv")
        as_xlsx = await http.get("/v1/notes-export?format=xlsx")
    assert as_csv.content.startswith(b"\xef\xbb\xbf")
    assert as_csv.headers["content-disposition"] == "attachment; filename*=UTF-8''%E4%BE%BF%E7%AC%BA.csv"
    rows = list(csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert rows[0] == ["文字 Words", "数量 Amount"]
    wanted = ["'=cmd|' /C calc'!A0", "+1", "-5.00", "'-2+3", "'@SUM(A1)", "'\tx", "'＝1+1", words[7], '"q"', "' =1"]
    assert [row[0] for row in rows if row[1] == "77001"] == wanted
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx.content)).worksheets[0]
    cells = [row for row in sheet.iter_rows(min_row=2) if row[1].value == 77_001]
    assert [cell[0].value.replace("_x0009_", "\t") for cell in cells] == wanted
    assert {cell[0].data_type for cell in cells} == {"s"}


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the process writes while the test runs."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure_logging("sample", "INFO")
    lines: list[str] = []
    monkeypatch.setattr("shared.telemetry._write", lambda line: lines.append(line.decode()))
    yield lines
    configure_logging("sample", "WARNING")
    root.handlers[:] = before
    root.setLevel(level)


async def test_each_line_of_a_request_carries_its_ids_and_no_secret(
    sample: RunningService, log_lines: list[str]
) -> None:
    async with sample.client(Role.CITY, client_id="logger", scopes=[READ]) as http:
        await http.get(
            "/v1/notes/0199b2c0-0000-7000-8000-000000000000",
            headers={"x-request-id": "log-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
        )
    structlog.get_logger("test").info("login", client_secret="s3cret", Authorization="Bearer abc")
    logging.getLogger("some.library").warning("its own words")
    lines = [json.loads(line) for line in log_lines]
    mine = [line for line in lines if line.get("request_id") == "log-1"]
    assert {"refused", "request"} <= {line["event"] for line in mine}
    request = next(line for line in mine if line["event"] == "request")
    assert (request["status"], request["client_id"], request["service"]) == (404, "logger", "sample")
    assert request["trace_id"] == TRACE
    assert lines[-1]["event"] == "its own words"
    assert (lines[-1]["logger"], lines[-1]["level"]) == ("some.library", "warning")
    assert "s3cret" not in str(log_lines)
    assert "Bearer" not in str(log_lines)


async def test_a_crash_is_logged_without_the_values_that_were_at_hand(
    sample: RunningService, log_lines: list[str]
) -> None:
    async with sample.client(Role.CITY, client_id="crasher", scopes=[WRITE]) as http:
        await http.post("/v1/notes", json={"words": "crash with 91500000MA5U0000XX", "amount": 1})
    logged = str(log_lines)
    assert "RuntimeError" in logged
    assert "91500000MA5U0000XX" not in logged
    assert http.headers["authorization"].split()[1] not in logged


async def test_a_request_continues_the_trace_of_its_caller(sample: RunningService) -> None:
    spans = InMemorySpanExporter()
    provider_of("sample").add_span_processor(SimpleSpanProcessor(spans))
    try:
        async with sample.client(token="") as http:
            await http.get("/v1/open", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    finally:
        del telemetry._providers["sample"]
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /v1/open"
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE


def test_a_malformed_traceparent_begins_a_new_trace() -> None:
    with continue_trace("sample", "00-zz-zz-zz", "x"):
        found = current_traceparent()
    assert found is not None
    assert len(found.split("-")[1]) == 32
    assert current_traceparent() is None


def test_every_metric_is_explained_and_every_explained_metric_exists() -> None:
    """Compare the definitions in the source with the table of docs/metrics.md."""
    root = Path(__file__).resolve().parents[3]
    defined: set[str] = set()
    for folder in ("shared", "services", "gateway"):
        for file in (root / folder).rglob("*.py"):
            defined |= set(_METRIC.findall(file.read_text("utf-8")))
    explained = set(_ROW.findall((root / "docs/metrics.md").read_text("utf-8")))
    assert {f"kechuang_{name}" for name in defined} == explained
