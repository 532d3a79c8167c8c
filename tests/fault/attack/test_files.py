"""F1-F4, files: long lists with one wrong line, formulas both ways, encodings, bombs; one registry, one ipr."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import psutil
import pytest

from shared.files.formula import unescape_formula
from shared.kernel.actor import Role
from tests.fault.attack.conftest import rounds
from tests.fault.attack.poison import FORMULAS, long_list, noise, spreadsheet, wrong_code
from tests.service.registry.test_import import CSV, HEADING, XLSX, imported, report
from tests.service.registry.world import World, made_up_code
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service
from tests.unit.ipr.builders import right_body

pytestmark = pytest.mark.timeout(180)
SAMPLE = Path(__file__).resolve().parents[4] / "shared/data/companies/chongqing_sample_2000.csv"


@pytest.fixture
async def registry(postgres: DatabaseServer) -> AsyncIterator[World]:
    async with running_service("registry", postgres) as service:
        yield World(service)


@pytest.mark.fault("F1")
async def test_one_wrong_digit_in_a_long_list_is_named_with_its_row_and_the_rest_is_in(registry: World) -> None:
    """What 100,000 rows do to memory and to other calls is tried on the launched suite."""
    rows, bad = rounds(2_500, 300), 177
    content = long_list(rows, bad)
    read = await imported(registry, content)
    assert (read["status"], read["done"], read["result"]["rows"]) == ("DONE", rows, rows)
    found = [(one["line"], one["code"], one["column"]) for one in await report(registry, read)]
    assert found == [(bad + 1, "code_check_failed", "uscc")]
    (stored,) = await registry.service.rows("SELECT count(*) AS n FROM enterprise")
    (review,) = await registry.service.rows("SELECT uscc FROM enterprise WHERE code_needs_review")
    assert (stored["n"], review["uscc"]) == (rows, wrong_code(1_000_000 + bad))
    told = await registry.service.rows("SELECT count(*) AS n FROM outbox_event")
    registry.service.clock.advance(timedelta(hours=1))
    again = await imported(registry, content)
    assert (again["result"]["unchanged"], again["result"]["created"], again["result"]["updated"]) == (rows, 0, 0)
    assert await registry.service.rows("SELECT count(*) AS n FROM outbox_event") == told


def quoted(*cells: str) -> str:
    """Return a line of CSV as RFC 4180 writes it."""
    target = io.StringIO()
    csv.writer(target, lineterminator="").writerow(cells)
    return target.getvalue()


@pytest.mark.fault("F2")
async def test_a_formula_is_kept_as_it_was_given_and_never_runs_in_what_is_taken_away(registry: World) -> None:
    names = [name for name in FORMULAS if name == name.strip()]
    by_hand = {made_up_code(number): name for number, name in enumerate(names, start=1)}
    by_list = {made_up_code(100 + number): name for number, name in enumerate(names, start=1)}
    for code, name in by_hand.items():
        await registry.registered(int(code[10:17]), name=name)
    rows = [quoted(name, code, "2015-01-02", "N/A", "N/A", "九龙坡") for code, name in by_list.items()]
    await imported(registry, "\n".join([HEADING, *rows]).encode())
    # A cell of a list that is guarded as our exports guard it means what stands behind the guard.
    everything = {**by_hand, **{code: unescape_formula(name) for code, name in by_list.items()}}
    for code, name in everything.items():
        assert (await registry.city.get(f"/v1/enterprises/{code}")).json()["name"] == name
    table = (await registry.city.get("/v1/exports/enterprises.csv")).content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(table, newline="")))
    cells = {code: line for line in lines[1:] for code in everything if code in line}
    assert set(cells) == set(everything)
    for code, name in everything.items():
        assert escaped(name) in cells[code], (name, cells[code])
    assert harmless(cell for line in lines for cell in line)
    taken = await registry.city.get("/v1/exports/enterprises.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(taken.content)).worksheets[0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert harmless(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


@pytest.mark.fault("F2")
async def test_a_formula_in_a_refused_line_is_harmless_in_the_report_of_its_import(registry: World) -> None:
    rows = [quoted(name, name, name, name, name, name) for name in FORMULAS]
    read = await imported(registry, "\n".join([HEADING, *rows]).encode())
    table = (await registry.city.get(read["report"], params={"format": "csv"})).content.decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(table, newline="")))
    assert any("=cmd" in cell for line in lines for cell in line)
    assert harmless(cell for line in lines for cell in line)


@pytest.mark.fault("F2")
async def test_a_title_of_a_right_is_harmless_and_a_number_stays_a_number(postgres: DatabaseServer) -> None:
    async with running_service("ipr", postgres) as service:
        scopes = ("ipr.right:write", "ipr.right:read")
        centre = service.client(Role.IP_CENTRE, scopes=scopes)
        for number, title in enumerate([*FORMULAS[:4], "-5.00", "+86", "-1,234.5%"]):
            body = right_body(kind="TRADEMARK", right_no=f"1234567{number}", title=title)
            assert (await centre.post("/v1/ip-rights", json=body)).status_code == 201, title
        taken = await centre.get("/v1/exports/ip-rights.csv")
        lines = list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig"), newline="")))
        cells = [cell for line in lines for cell in line]
        assert {"-5.00", "+86", "-1,234.5%"} <= set(cells)
        assert {f"'{name}" for name in FORMULAS[:4]} <= set(cells)
        assert harmless(cells)


def escaped(name: str) -> str:
    return f"'{name}" if name.lstrip("' ").startswith(tuple("=+-@＝＋－＠")) else name


def harmless(cells: Any) -> bool:
    """Tell whether no cell begins like a formula, but for plain numbers."""
    for cell in cells:
        if cell.lstrip(" ").startswith(tuple("=+-@\t\r＝＋－＠\x00")):
            float(cell.rstrip("%").replace(",", ""))
    return True


DAMAGE = ("\ufffd", "\x00", "\ue000", "\x07", "\x1b", "\uf8ff")
DIRTY = "示例𠮷野（㐂甲・ｶﾅ）"


@pytest.mark.fault("F3")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le-bom", "utf-16-be-bom"])
async def test_a_list_in_any_encoding_of_an_office_is_stored_without_damage(registry: World, encoding: str) -> None:
    rows = [f"{DIRTY}{number},{made_up_code(number)},2015-01-02,N/A,N/A,九龙坡" for number in range(1, 40)]
    text = "\n".join([HEADING, *rows])
    marks = {"utf-16-le-bom": ("utf-16-le", b"\xff\xfe"), "utf-16-be-bom": ("utf-16-be", b"\xfe\xff")}
    name, mark = marks.get(encoding, (encoding, b""))
    read = await imported(registry, mark + text.encode(name))
    kept = await registry.service.rows("SELECT name FROM enterprise ORDER BY uscc")
    refused = [one["line"] for one in await report(registry, read)]
    # Either as it was sent, or refused with its line: never something else.
    assert {one["name"] for one in kept} <= {f"{DIRTY}{number}" for number in range(1, 40)}
    assert len(kept) + len(set(refused)) == 39
    assert len(kept) == 39, refused


@pytest.mark.fault("F3")
async def test_damaged_lines_are_refused_by_number_and_their_neighbours_are_kept(registry: World) -> None:
    count, sound = 300, "示例{0},{1},2015-01-02,N/A,N/A,九龙坡"
    lines = [HEADING, *(sound.format(number, made_up_code(number)) for number in range(1, count))]
    damaged = dict(zip((210, 220, 230, 240, 250, 260), DAMAGE, strict=True))
    for line, mark in damaged.items():
        lines[line - 1] = lines[line - 1].replace("示例", f"示例{mark}")
    # Bytes that are of no encoding stand for the last mark.
    content = "\n".join(lines).encode().replace(DAMAGE[-1].encode(), b"\xff\xfe\xfd")
    read = await imported(registry, content)
    assert read["status"] == "DONE", read
    gone = {one["line"] for one in await report(registry, read) if one["gravity"] == "REFUSED"}
    assert gone == set(damaged)
    kept = await registry.service.rows("SELECT name FROM enterprise")
    assert len(kept) == count - 1 - len(damaged)
    assert all(one["name"].removeprefix("示例").isdigit() for one in kept)


@pytest.mark.fault("F3")
async def test_a_control_character_in_the_first_cell_refuses_its_line_and_not_the_list(registry: World) -> None:
    for number, mark in enumerate(("\x00", "\x07")):
        sound, broken = made_up_code(2 * number + 1), made_up_code(2 * number + 2)
        lines = [HEADING, f"示例{mark},{broken},N/A,N/A,N/A,九龙坡", f"示例,{sound},N/A,N/A,N/A,九龙坡", ""]
        read = await imported(registry, "\n".join(lines).encode())
        assert (read["result"]["created"], read["result"]["refused"]) == (1, 1)
        assert {one["line"] for one in await report(registry, read)} == {2}


@pytest.mark.fault("F3")
async def test_nul_and_halves_of_characters_in_a_body_are_refused_and_not_by_the_database(registry: World) -> None:
    for text in ('"\\u0000"', '"\\ud800"', '"\\ufffd"', '"\\ue000"'):
        body = f'{{"uscc": "{made_up_code(1)}", "unit_id": "500107", "name": {text}}}'.encode()
        answer = await registry.city.post("/v1/enterprises", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in {400, 422}, (text, answer.text)


@pytest.mark.fault("F3")
async def test_a_list_whose_first_chinese_letter_stands_behind_a_megabyte_is_read_as_it_was_written(
    registry: World,
) -> None:
    long = "Example " + "x" * 180
    plain = [f"{long}{number},{made_up_code(number)},N/A,N/A,N/A,500107" for number in range(1, 5_001)]
    head = ("\n".join([HEADING, *plain]) + "\n").encode()
    assert len(head) > 1 << 20
    tail = [f"示例{number},{made_up_code(number)},N/A,N/A,N/A,九龙坡" for number in range(30_000, 30_020)]
    read = await imported(registry, head + "\n".join(tail).encode("gb18030"))
    assert (read["result"]["created"], read["result"]["refused"]) == (5_020, 0)
    names = await registry.service.rows("SELECT name FROM enterprise WHERE name !~ '^Example x+[0-9]+$'")
    assert {one["name"] for one in names} == {f"示例{number}" for number in range(30_000, 30_020)}


@pytest.mark.fault("F3")
@pytest.mark.sample
async def test_real_lines_that_were_damaged_before_are_refused_and_never_stored(registry: World) -> None:
    if not SAMPLE.exists():
        pytest.skip("the sample of companies lies outside the repository: ../shared/data/companies")
    read = await imported(registry, SAMPLE.read_bytes())
    assert read["result"]["findings"]["row_damaged"]["count"] == 2
    kept = await registry.service.rows("SELECT 1 FROM enterprise WHERE name ~ '[\ufffd\ue000-\uf8ff]'")
    assert kept == []


def bombs() -> dict[str, tuple[bytes, str]]:
    """Return workbooks that hurt, with the code that each must give."""
    return {
        "a sheet that unpacks to 700 MB": (spreadsheet(filler_mb=620), "spreadsheet_too_large"),
        "styles that unpack to 700 MB": (spreadsheet(member="xl/styles.xml", filler_mb=620), "spreadsheet_too_large"),
        "two cells in two corners": (
            spreadsheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
            "spreadsheet_too_wide",
        ),
        "noise behind the mark of a workbook": (
            b"PK\x03\x04[Content_Types].xml" + noise(4, 5_000),
            "spreadsheet_unreadable",
        ),
    }


@pytest.mark.fault("F4")
async def test_a_bomb_fails_its_import_with_a_code_and_the_process_stays_small(
    registry: World, record_property: Callable[[str, object], None]
) -> None:
    process, most = psutil.Process(), 0
    before = process.memory_info().rss
    for name, (content, code) in (found := bombs()).items():
        assert len(content) < 1_000_000
        read = await imported(registry, content, media_type=XLSX)
        assert (read["status"], read["error"]) == ("FAILED", code), name
        most = max(most, process.memory_info().rss - before)
    assert most < 150 << 20
    record_property("noted", f"{len(found)} bombs; memory grew by {most >> 20} MB at most")
    assert (await registry.city.get("/v1/units")).status_code == 200


@pytest.mark.fault("F4")
async def test_a_file_above_its_limit_is_refused_however_it_is_sent(postgres: DatabaseServer) -> None:
    limit = 200_000
    async with running_service("registry", postgres, max_upload_bytes=limit) as service:
        city = World(service).city
        sent = await city.post("/v1/imports/enterprises", files={"file": ("a.csv", b"x" * (limit + 70_000), CSV)})
        assert (sent.status_code, sent.json()["code"]) == (413, "body_too_large")
        almost = await city.post("/v1/imports/enterprises", files={"file": ("a.csv", b"x" * (limit + 1), CSV)})
        assert almost.status_code == 413, almost.text
        streamed = await _streamed(service, limit)
        assert streamed == 413


async def _streamed(service: RunningService, limit: int) -> int:
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\ncontent-type: text/csv\r\n\r\n'

    async def pieces() -> AsyncIterator[bytes]:
        yield head
        for _ in range(10_000):  # a body without end, as far as a caller's patience goes
            yield b"x" * (limit // 4)

    answer = await World(service).city.post(
        "/v1/imports/enterprises", content=pieces(), headers={"content-type": "multipart/form-data; boundary=b"}
    )
    return answer.status_code
