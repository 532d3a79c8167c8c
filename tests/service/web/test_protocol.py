"""HTTP as its readers know it: HEAD, OPTIONS, conditional reads and writes, parameters by name, cursors judged."""

import base64
import re
from typing import Any

import httpx
import orjson
import pytest
from fastapi.routing import APIRoute
from starlette.routing import Route

from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from shared.web.edge import EdgeRoute
from shared.web.query import OperatorsRoute, PageWithoutParameters
from tests.support.contracts import SERVICES, application
from tests.support.sample_service import READ, WRITE
from tests.support.service import RunningService


def client(sample: RunningService) -> httpx.AsyncClient:
    return sample.client(Role.ENTERPRISE, client_id=f"c-{new_id()}", scopes=(READ, WRITE))


async def written(http: httpx.AsyncClient, words: str = "one") -> str:
    return str((await http.post("/v1/notes", json={"words": words, "amount": 1})).headers["location"])


async def test_head_answers_as_get_without_a_body(sample: RunningService) -> None:
    async with client(sample) as http:
        address = await written(http)
        for path in (address, "/v1/notes", "/v1/open", "/health/live", "/problems", "/openapi.json"):
            got, head = await http.get(path), await http.head(path)
            assert head.status_code == got.status_code == 200, path
            assert head.content == b""
            for name in ("content-type", "content-length", "etag"):
                assert head.headers.get(name) == got.headers.get(name), (path, name)


async def test_head_of_what_is_not_there_is_404_without_a_body(sample: RunningService) -> None:
    async with client(sample) as http:
        head = await http.head(f"/v1/notes/{new_id()}")
    assert (head.status_code, head.content) == (404, b"")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/notes", "GET, HEAD, OPTIONS, POST"),
        ("/v1/notes:weigh", "OPTIONS, POST"),
        ("/v1/notes/01890000-0000-7000-8000-000000000000", "GET, HEAD, OPTIONS, PATCH"),
        ("/v1/open", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_names_the_methods_and_a_wrong_one_is_told_them(
    sample: RunningService, path: str, methods: str
) -> None:
    async with client(sample) as http:
        asked, wrong = await http.options(path), await http.delete(path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, methods, b"")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, methods)
    assert wrong.json()["code"] == "method_not_allowed"


async def test_options_of_an_unknown_address_is_404(sample: RunningService) -> None:
    async with client(sample) as http:
        assert (await http.options("/v1/nothing")).json()["code"] == "route_unknown"


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"x", {tag}', '{tag}, "y"', "*", 'W/"a" , W/{tag}'])
async def test_a_read_of_what_the_caller_holds_is_304(sample: RunningService, form: str) -> None:
    async with client(sample) as http:
        address = await written(http)
        for path in (address, "/v1/notes", "/v1/open"):
            tag = (await http.get(path)).headers["etag"].removeprefix("W/")
            for method in ("GET", "HEAD"):
                again = await http.request(method, path, headers={"if-none-match": form.format(tag=tag)})
                assert (again.status_code, again.content) == (304, b""), (path, method)
                assert again.headers["etag"].removeprefix("W/") == tag


@pytest.mark.parametrize("held", ['"v7"', 'W/"0000"', "v1", '"*"', ""])
async def test_a_read_of_anything_else_is_answered(sample: RunningService, held: str) -> None:
    async with client(sample) as http:
        address = await written(http)
        assert (await http.get(address, headers={"if-none-match": held})).status_code == 200


async def test_the_tag_of_a_list_changes_with_the_list(sample: RunningService) -> None:
    async with client(sample) as http:
        before = (await http.get("/v1/notes")).headers["etag"]
        await written(http)
        after = await http.get("/v1/notes", headers={"if-none-match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ('"v1"', 200),
        ("*", 200),
        (" * ", 200),
        ('"v9", "v1"', 200),
        ('"v1","v2"', 200),
        ('"v1-0123456789abcdef"', 200),
        ('W/"v9", "v1"', 200),
        ('"v2"', 412),
        ('"v2", "v3"', 412),
        ('W/"v1"', 412),
        ("v1", 412),
        ('"v1', 412),
        ('"v1" "v2"', 412),
        ('"v1", *', 412),
        ('"other"', 412),
        ('"v99999999999999999999"', 412),
        ("", 412),
    ],
)
async def test_if_match_is_a_version_a_list_or_any(sample: RunningService, held: str, status: int) -> None:
    async with client(sample) as http:
        address = await written(http)
        answer = await http.patch(address, json={"words": "two", "amount": 1}, headers={"if-match": held})
    assert answer.status_code == status, answer.text
    if status == 412:
        assert answer.json()["code"] == "precondition_failed"


async def test_if_match_on_two_lines_is_one_list(sample: RunningService) -> None:
    async with client(sample) as http:
        address = await written(http)
        lines = [("if-match", '"v8"'), ("if-match", '"v1"')]
        assert (await http.patch(address, json={"words": "2", "amount": 1}, headers=lines)).status_code == 200


async def test_any_version_of_what_is_not_there_is_404(sample: RunningService) -> None:
    async with client(sample) as http:
        answer = await http.patch(f"/v1/notes/{new_id()}", json={"words": "2", "amount": 1}, headers={"if-match": "*"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("query", "name", "known"),
    [
        ("stauts=FILED", "stauts", "cursor, limit, q"),
        ("q=a&Limit=3", "Limit", "cursor, limit, q"),
        ("page=2", "page", "cursor, limit, q"),
        ("=x", "", "cursor, limit, q"),
        ("q%00=x", None, None),
        ("limit[]=3", "limit[]", "cursor, limit, q"),
    ],
)
async def test_an_unknown_parameter_is_refused_by_name_with_the_known_ones(
    sample: RunningService, query: str, name: str | None, known: str | None
) -> None:
    async with client(sample) as http:
        answer = await http.get(f"/v1/notes?{query}")
    if name is None:
        assert answer.status_code == 400
        return
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "query_parameter_unknown")
    assert (problem["details"], problem["errors"][0]["pointer"]) == ({"name": name, "known": known}, f"query:{name}")
    assert known in problem["hint"]
    assert known not in problem["detail"]


async def test_a_parameter_where_none_is_known_is_refused_on_every_method(sample: RunningService) -> None:
    async with client(sample) as http:
        address = await written(http)
        body = {"words": "x", "amount": 1}
        for answer in (
            await http.get(f"{address}?expand=all"),
            await http.post("/v1/notes?dry_run=true", json=body),
            await http.post("/v1/notes:weigh?unit=g", json=body),
            await http.patch(f"{address}?force=1", json=body, headers={"if-match": "*"}),
            await http.get("/v1/open?x=1"),
        ):
            assert answer.json()["code"] == "query_parameter_unknown"


@pytest.mark.parametrize("query", ["q=a&q=b", "limit=5&limit=5", "q=a&limit=1&q=a", "cursor=x&cursor=x"])
async def test_one_value_is_not_given_twice(sample: RunningService, query: str) -> None:
    async with client(sample) as http:
        answer = await http.get(f"/v1/notes?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "query_parameter_repeated")


def forged(cursor: str, *values: Any) -> str:
    """Return a cursor of the same filter with other values."""
    held = orjson.loads(base64.urlsafe_b64decode(cursor + "=="))
    return base64.urlsafe_b64encode(orjson.dumps([held[0], *values])).rstrip(b"=").decode()


ID = "019e8000-0000-7000-8000-00000000000a"
AT = "2026-11-28T10:00:00+00:00"


@pytest.mark.parametrize(
    "values",
    [
        ("0001-01-01T00:00:00+00:00", ID),
        ("9999-12-31T23:59:59.999999-23:59", ID),
        ("2026-11-28T10:00:00", ID),
        (AT, "x"),
        (AT, 7),
        (7, ID),
        (2**63, ID),
        (ID, AT),
        (AT,),
        (AT, ID, ID),
        (AT, ID, ID, ID, ID, ID),
        (AT, None),
        (AT, True),
        (AT, [ID]),
        ("", ""),
        (),
    ],
)
async def test_a_forged_cursor_is_never_a_page(sample: RunningService, values: tuple[Any, ...]) -> None:
    async with client(sample) as http:
        for words in ("a", "b", "c"):
            await written(http, words)
        cursor = (await http.get("/v1/notes?limit=1")).json()["next_cursor"]
        answer = await http.get("/v1/notes", params={"limit": 1, "cursor": forged(cursor, *values)})
        assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")
        for spoilt in (cursor + "!", cursor + "=", cursor[:-2], cursor + "\n", " " + cursor, ""):
            assert (await http.get("/v1/notes", params={"cursor": spoilt})).status_code == 422, spoilt
        whole = await http.get("/v1/notes", params={"limit": 2, "cursor": cursor})
    assert [one["words"] for one in whole.json()["items"]] == ["b", "c"]


@pytest.mark.parametrize(
    "path",
    [
        "/health/live", "/health/ready", "/version", "/metrics", "/problems", "/problems/not_found", "/docs", "/redoc",
        "/openapi.json",
    ],
)  # fmt: skip
async def test_a_page_of_the_operators_takes_no_parameter_and_a_plain_probe_works(
    sample: RunningService, path: str
) -> None:
    async with sample.client(token="") as http:
        plain = [await http.get(path), await http.head(path), await http.get(f"{path}?")]
        answer = await http.get(f"{path}?stauts=FAILED")
    assert [one.status_code for one in plain] == [200, 200, 200]
    assert (answer.status_code, answer.json()["code"]) == (422, "query_parameter_unknown")


def test_no_route_of_any_service_leaves_its_query_unjudged() -> None:
    for name in (*SERVICES, "gateway"):
        described = [one for one in application(name).routes if isinstance(one, APIRoute) and one.include_in_schema]
        assert len(described) > 10
        assert [one.path for one in described if not isinstance(one, EdgeRoute | OperatorsRoute)] == []
        other = [
            one
            for one in application(name).routes
            if isinstance(one, Route) and not isinstance(one, OperatorsRoute | EdgeRoute)
        ]
        unjudged = [one.path for one in other if not isinstance(one.app, PageWithoutParameters)]
        assert unjudged == ["/docs/oauth2-redirect"]  # a sign-in comes back to it with what its issuer adds


def test_no_address_of_a_verb_or_of_a_fixed_page_is_taken_for_the_id_of_a_record() -> None:
    tried = 0
    for name in (*SERVICES, "gateway"):
        routes = [one for one in application(name).routes if isinstance(one, APIRoute) and one.include_in_schema]
        for route in routes:
            if ":" not in route.path_format and "{" in route.path_format:
                continue
            tried += 1
            address = re.sub(r"{[^}]+}", "7", route.path_format)
            taken_by = {one.path_format for one in routes if one.path_regex.match(address)}
            assert taken_by == {route.path_format}, (name, address)
    assert tried > 100
