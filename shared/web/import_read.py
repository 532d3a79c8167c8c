"""How an import is shown: one shape for every list."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.table.finding import RowGravity


class GroupLabel(BaseModel):
    """What a group is called, where it is a code of ours and not a word of the file."""

    zh: str = Field(examples=["分公司"])
    en: str = Field(examples=["branch"])


class FindingCount(BaseModel):
    """How often one kind of finding was made, by group; `labels` names the groups that are codes."""

    count: int = Field(examples=[2])
    groups: dict[str, int] = Field(examples=[{"BRANCH": 2}])
    labels: dict[str, GroupLabel] = Field(default={}, examples=[{"BRANCH": {"zh": "分公司", "en": "branch"}}])


class FileFinding(BaseModel):
    """A finding on the file as a whole."""

    code: str = Field(examples=["columns_not_read"])
    gravity: RowGravity
    column: str = Field(examples=[""])
    value: str = Field(examples=["经营范围"])
    count: int | None = Field(examples=[None])
    text_zh: str = Field(examples=["以下各列不属于本清单，未读取"])
    text_en: str = Field(examples=["These columns do not belong to this list and were not read"])
    way_out_zh: str = Field(examples=["如需登记其内容，请按模板改列名"])
    way_out_en: str = Field(examples=["Rename them as in the template if they matter"])


class LinesRead(BaseModel):
    """Where the lines of the file went; `in_file` is a count of its own, of lines or of the sheet's rows."""

    in_file: int | None = Field(examples=[1_001])
    above: int = Field(examples=[0])
    heading: int = Field(examples=[1])
    blank: int = Field(examples=[0])
    rows: int = Field(examples=[1_000])
    further: int = Field(examples=[0])


class ImportResult(BaseModel):
    """What an import did so far; `rows` = created + updated + unchanged + refused."""

    rows: int = Field(examples=[1_000])
    created: int = Field(examples=[990])
    updated: int = Field(examples=[5])
    unchanged: int = Field(examples=[3])
    refused: int = Field(examples=[2])
    flagged: int = Field(examples=[4])
    findings: dict[str, FindingCount] = Field(examples=[{"unit_unknown": {"count": 2, "groups": {"N/A": 2}}}])
    head: list[FileFinding] = []
    lines: LinesRead | None = None
    sheet: str | None = Field(default=None, examples=[None])


class ImportProblem(BaseModel):
    """Why an import could not be carried through, in words."""

    code: str = Field(examples=["heading_unknown"])
    text_zh: str = Field(examples=["没有找到本清单的表头"])
    text_en: str = Field(examples=["No heading of this list was found"])
    way_out_zh: str = Field(examples=["请下载模板，保留其表头后填写"])
    way_out_en: str = Field(examples=["Download the template and keep its heading"])


class ImportRead(BaseModel):
    """One import: how far it is, what it found by kind, and where its report stands."""

    id: UUID
    kind: str = Field(examples=["import_enterprises"])
    status: Literal["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED"]
    dry_run: bool = Field(examples=[False])
    done: int
    total: int | None
    result: ImportResult | None
    error: str | None
    problem: ImportProblem | None = Field(examples=[None])
    file_sha256: str | None
    filename: str
    created_at: datetime
    updated_at: datetime
    report: str = Field(examples=["/v1/imports/enterprises/019e8600-0000-7000-8000-000000000f01/report"])
    refused: str = Field(examples=["/v1/imports/enterprises/019e8600-0000-7000-8000-000000000f01/refused"])


class FindingRead(BaseModel):
    """One finding on one line; `line` is the number a spreadsheet shows."""

    line: int = Field(examples=[12])
    column: str = Field(examples=["统一社会信用代码"])
    value: str = Field(examples=["9150010"])
    gravity: RowGravity
    code: str = Field(examples=["code_malformed"])
    text_zh: str = Field(examples=["统一社会信用代码不是18位规定字符"])
    text_en: str = Field(examples=["The code is not 18 characters of the alphabet of GB 32100-2015"])
    way_out_zh: str = Field(examples=["请按营业执照更正代码"])
    way_out_en: str = Field(examples=["Correct the code from the business licence"])
