"""Import in a browser: a file goes up once, its progress is found again, its faults are words, files come down."""

from typing import Any

import pytest

from gateway.console.views.imports import LISTS
from shared.kernel.actor import Role
from tests.service.gateway.test_sign_in import PASSWORD, Console, console, running

__all__ = ["console", "running"]
LIST = "/v1/imports/needs"
IMPORT_ID = "019e8600-0000-7000-8000-000000000f01"
PAGE = "/console/imports/needs"


def told(**words: Any) -> dict[str, Any]:
    result = {
        "rows": 3,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
        "flagged": 0,
        "findings": {},
        "head": [],
        "lines": None,
        "sheet": None,
    }
    return {
        "id": IMPORT_ID,
        "kind": "import_needs",
        "status": "DONE",
        "dry_run": False,
        "done": 3,
        "total": 3,
        "result": result,
        "error": None,
        "problem": None,
        "file_sha256": "0" * 64,
        "filename": "需求<b>.csv",
        "created_at": "2026-11-23T02:00:00Z",
        "updated_at": "2026-11-23T02:00:00Z",
        "report": f"{LIST}/{IMPORT_ID}/report",
        "refused": f"{LIST}/{IMPORT_ID}/refused",
        **words,
    }


FINDING = {
    "line": 12,
    "column": "名称",
    "value": "",
    "gravity": "REFUSED",
    "code": "cell_empty",
    "text_zh": "该列必填",
    "text_en": "The column must be filled in",
    "way_out_zh": "请填写",
    "way_out_en": "Fill it in",
}


def answers(console: Console, **words: Any) -> None:
    console.echo.answers = {
        LIST: (200, {"items": [told(**words)], "next_cursor": None}),
        f"{LIST}/{IMPORT_ID}": (200, told(**words)),
        f"{LIST}/{IMPORT_ID}/report": (200, {"items": [FINDING], "next_cursor": None}),
        f"{LIST}/{IMPORT_ID}:cancel": (200, told(status="CANCELLED")),
    }


@pytest.fixture
async def firm(console: Console) -> Any:
    answers(console)
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD, to=PAGE)
        yield browser


async def test_a_person_is_offered_the_lists_that_the_role_may_import(console: Console) -> None:
    answers(console)
    offered = {}
    for role in (Role.ENTERPRISE, Role.AGENCY, Role.DISTRICT, Role.CITY, Role.IP_CENTRE):
        held = [one.name for one in LISTS if role in one.readers]
        if role in {Role.AGENCY, Role.IP_CENTRE}:
            offered[role] = held
            continue
        person = await console.person(role)
        async with console.browser() as browser:
            screen = await browser.sign_in(person.login, PASSWORD, to="/console/imports")
        links = [str(one["href"]) for one in screen.page.select("tbody th a")]
        offered[role] = [one.removeprefix("/console/imports/") for one in links]
        assert offered[role] == held
    assert offered == {
        Role.ENTERPRISE: ["ip-rights", "achievements", "needs"],
        Role.AGENCY: ["achievements", "needs"],
        Role.DISTRICT: ["enterprises", "filings"],
        Role.CITY: ["enterprises", "filings", "holiday-notices"],
        Role.IP_CENTRE: ["ip-rights"],
    }


async def test_a_file_is_uploaded_once_however_often_the_form_is_sent(console: Console, firm: Any) -> None:
    screen = await firm.open(PAGE)
    console.echo.answers[LIST] = (202, told(status="QUEUED"))
    for _ in range(2):
        fields = {**screen.fields(), "how": "keep"}
        fields.pop("file")
        answer = await firm.http.post(
            PAGE, data=fields, files={"file": ('a"b\r\n.csv', "名称\n甲\n".encode(), "text/csv")}
        )
        assert answer.url.path == f"{PAGE}/{IMPORT_ID}"
    posted = [
        (one, body) for one, body in zip(console.echo.seen, console.echo.bodies, strict=True) if one.method == "POST"
    ]
    assert len(posted) == 2
    assert len({(one.headers["idempotency-key"], one.headers["content-type"], body) for one, body in posted}) == 1
    assert posted[0][0].path_qs == f"{LIST}?dry_run=false"
    assert b"\xe5\x90\x8d\xe7\xa7\xb0\n\xe7\x94\xb2\n\r\n--" in posted[0][1]
    assert b'filename="a' in posted[0][1]


async def test_a_file_is_checked_only_unless_a_person_says_otherwise(console: Console, firm: Any) -> None:
    screen = await firm.open(PAGE)
    fields = {name: value for name, value in screen.fields().items() if name != "file"}
    assert fields["how"] == "check"
    await firm.http.post(PAGE, data=fields, files={"file": ("a.csv", b"x", "text/csv")})
    assert any(one.path_qs == f"{LIST}?dry_run=true" for one in console.echo.seen)


async def test_no_file_and_a_file_of_the_wrong_kind_are_answered_in_words(console: Console, firm: Any) -> None:
    screen = await firm.open(PAGE)
    fields = {name: value for name, value in screen.fields().items() if name != "file"}
    nothing = await firm.send(screen, file="")
    assert (nothing.status, nothing.faults()) == (422, ["请选择文件。"])
    console.echo.answers[LIST] = (422, {"title": "文件不是可读取的表格，而是 PDF 文档"})
    answer = await firm.http.post(PAGE, data=fields, files={"file": ("a.pdf", b"%PDF-1.7", "application/pdf")})
    assert answer.status_code == 422
    assert "文件不是可读取的表格，而是 PDF 文档" in answer.text


async def test_progress_asks_for_itself_again_until_the_work_has_ended(console: Console, firm: Any) -> None:
    answers(console, status="RUNNING", done=1)
    screen = await firm.open(f"{PAGE}/{IMPORT_ID}")
    (watched,) = screen.page.select("[hx-get]")
    assert watched["hx-get"] == f"{PAGE}/{IMPORT_ID}"
    assert screen.page.select_one("noscript a") is not None
    ended = await firm.send(screen)
    assert "导入已结束" in ended.text
    answers(console)
    screen = await firm.open(f"{PAGE}/{IMPORT_ID}")
    assert screen.page.select("[hx-get]") == []
    assert screen.page.select_one("main form") is None, "what has ended cannot be stopped"
    assert "该列必填" in screen.text
    assert "<b>.csv" in screen.heading


async def test_files_come_down_with_their_name_and_without_the_token(console: Console, firm: Any) -> None:
    answer = await firm.http.get(f"{PAGE}/{IMPORT_ID}/refused.xlsx")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    (asked,) = [one for one in console.echo.seen if one.path.endswith("/refused")]
    assert asked.path_qs == f"{LIST}/{IMPORT_ID}/refused?format=xlsx"
    await firm.http.get(f"{PAGE}/template.csv")
    assert console.echo.seen[-1].path_qs == f"{LIST}/template?format=csv"


async def test_a_list_is_taken_away_with_its_filters_and_by_its_readers_alone(console: Console, firm: Any) -> None:
    console.echo.answers["/v1/loans"] = (200, {"items": [], "next_cursor": None})
    screen = await firm.open("/console/loans?status=SIGNED")
    links = [str(one["href"]) for one in screen.page.select("a[download]")]
    assert links == ["/console/export/loans.xlsx?status=SIGNED", "/console/export/loans.csv?status=SIGNED"]
    assert (await firm.http.get(links[1])).status_code == 200
    assert console.echo.seen[-1].path_qs == "/v1/exports/loans.csv?status=SIGNED"
    assert (await firm.http.get("/console/export/fund-accounts.csv")).status_code == 404
