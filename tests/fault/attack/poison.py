"""Files that hurt a careless reader, made here: long lists with one wrong line, formulas, encodings, bombs."""

import io
import random
import zipfile
from collections.abc import Iterator

import openpyxl

from tests.service.registry.test_import import HEADING
from tests.service.registry.world import made_up_code

FORMULAS = (
    "=cmd|' /C calc'!A0",
    "+1+2",
    "-2+3",
    "@SUM(A1)",
    "＝1+1",
    "＋1+1",
    "－2+3",
    "＠SUM(A1)",
    '=HYPERLINK("http://evil.test","ok")',
    "=1+1;DDE",
    " =1+1",
    "'=1+1",
)
"""Names that a spreadsheet would run."""


def wrong_code(number: int) -> str:
    """Return a well-formed code whose check character does not agree."""
    code = made_up_code(number)
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def long_list(rows: int, bad: int, *, first: int = 1_000_000) -> bytes:
    """Return a list of made-up enterprises in which the code of row `bad` (from 1) has a wrong digit."""

    def lines() -> Iterator[str]:
        yield HEADING
        for row in range(1, rows + 1):
            code = wrong_code(first + row) if row == bad else made_up_code(first + row)
            yield f"示例批量{row},{code},2015-01-02,有限责任公司,N/A,九龙坡"

    return "\n".join(lines()).encode()


def spreadsheet(rows: str = "", *, member: str = "xl/worksheets/sheet1.xml", filler_mb: int = 0) -> bytes:
    """Return a workbook; its sheet holds `rows` as they stand, `member` is blown up by megabytes of one letter."""
    plain, made = io.BytesIO(), io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in source.namelist():
            text = source.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                text = text.replace("<sheetData>", f"<sheetData>{rows}")
            with archive.open(name, "w", force_zip64=True) as target:
                target.write(text.encode())
                for _ in range(filler_mb if name == member else 0):
                    target.write(b" " * (1 << 20))
    return made.getvalue()


def noise(seed: int, size: int) -> bytes:
    """Return random bytes that no reader understands."""
    return random.Random(seed).randbytes(size)
