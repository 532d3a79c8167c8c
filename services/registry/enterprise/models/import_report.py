"""What an import found on its lines."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlmodel import Field

from services.registry.base import Base
from services.registry.enterprise.rules.import_report import RowGravity
from shared.db.base import text_enum


class ImportFinding(Base, table=True):
    """One finding on one line; `line` is the number a spreadsheet shows, the header being line 1."""

    __tablename__ = "import_finding"
    __table_args__ = (
        CheckConstraint("line >= 1", name="line_positive"),
        Index("ix_import_finding_line", "operation_id", "line", "position", unique=True),
    )

    id: int | None = Field(default=None, primary_key=True)
    operation_id: UUID = Field(foreign_key="operation.id")
    line: int
    position: int
    gravity: RowGravity = Field(sa_type=text_enum(RowGravity))
    code: str = Field(sa_type=String(40))
    column_name: str = Field(sa_type=String(120))
    value: str = Field(sa_type=Text)
