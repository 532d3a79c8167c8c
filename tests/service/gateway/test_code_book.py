"""The code book: every field and value in both languages, found by words, read again only when it changed."""

import csv
import io

import httpx
import pytest

from shared.dictionary import DICTIONARY
from shared.kernel.role_scope import known_scopes
from tests.service.gateway.test_sign_in import Console, console, running

__all__ = ["console", "running"]
BOOK = "/v1/code-book"


@pytest.fixture
def http(console: Console) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(console.service.app), base_url="http://gateway.test")


async def test_the_whole_dictionary_is_told_once_without_a_token(http: httpx.AsyncClient) -> None:
    told = (await http.get(BOOK)).json()
    values = sum(len(one) for one in DICTIONARY.enumerations.values())
    assert told["total"] == len(told["items"]) == len(DICTIONARY.fields) + values + len(DICTIONARY.tags)
    assert len({(one["kind"], one["within"], one["code"]) for one in told["items"]}) == told["total"]
    assert all(one["name_zh"] and one["name_en"] for one in told["items"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "VALUE", "within": "LoanStatus", "code": "SIGNED"}, ("VALUE", "LoanStatus", "SIGNED")),
        ({"code": "uscc"}, ("FIELD", None, "uscc")),
        ({"text": "社会信用代码", "code": "uscc"}, ("FIELD", None, "uscc")),
        ({"text": "UNIFIED social", "code": "uscc"}, ("FIELD", None, "uscc")),
    ],
)
async def test_an_entry_is_found_by_its_code_and_by_words_of_both_languages(
    http: httpx.AsyncClient, query: dict[str, str], expected: tuple[str, str | None, str]
) -> None:
    (one,) = (await http.get(BOOK, params=query)).json()["items"]
    assert (one["kind"], one["within"], one["code"]) == expected


async def test_an_unknown_word_finds_nothing_and_a_wrong_parameter_is_refused(http: httpx.AsyncClient) -> None:
    assert (await http.get(BOOK, params={"text": "没有这个词语"})).json() == {"items": [], "total": 0}
    for query in ("?kind=COLOUR", "?colour=1", "?code=a%2Fb", "?within=a%20b"):
        assert (await http.get(BOOK + query)).status_code == 422, query


async def test_who_holds_it_is_told_that_nothing_changed(http: httpx.AsyncClient) -> None:
    first = await http.get(BOOK)
    again = await http.get(BOOK, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (await http.get(f"{BOOK}?kind=VALUE", headers={"if-none-match": first.headers["etag"]})).status_code == 200


async def test_it_is_taken_away_with_the_same_filters(http: httpx.AsyncClient) -> None:
    told = (await http.get(f"{BOOK}?within=LoanStatus")).json()["items"]
    answer = await http.get("/v1/exports/code-book.csv?within=LoanStatus")
    lines = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [line[2] for line in lines[1:]] == [one["code"] for one in told]
    workbook = await http.get("/v1/exports/code-book.xlsx")
    assert workbook.content[:2] == b"PK"


def test_every_scope_is_called_something_in_both_languages() -> None:
    assert known_scopes() == set(DICTIONARY.of_values("Scope"))


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_people_look_a_word_up_on_a_page(console: Console, language: str) -> None:
    async with console.browser(language) as browser:
        screen = await browser.open("/console/code-book?text=uscc")
        assert "统一社会信用代码" in screen.text
        assert "unified social credit code" in screen.text
        assert screen.page.select("a[href^='/console/export/code-book.xlsx?text=uscc']")
        assert ("没有该名称的条目" if language == "zh" else "Nothing has this name") in (
            await browser.open("/console/code-book?text=zzzz")
        ).text
