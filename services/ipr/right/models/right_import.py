"""What an import of rights found on its lines."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Integer, String, Text
from sqlmodel import Field

from services.ipr.base import Base


class RightImportFinding(Base, table=True):
    """One finding on one line, in both languages; `line` is the number a spreadsheet shows, the heading being 1."""

    __tablename__ = "right_import_finding"
    __table_args__ = (CheckConstraint("line >= 1", name="line_positive"),)

    operation_id: UUID = Field(primary_key=True, foreign_key="operation.id")
    line: int = Field(primary_key=True, sa_type=Integer)
    position: int = Field(primary_key=True, sa_type=Integer)
    refused: bool
    code: str = Field(sa_type=String(60))
    column_name: str = Field(sa_type=String(120))
    value: str = Field(sa_type=String(200))
    text_zh: str = Field(sa_type=Text)
    text_en: str = Field(sa_type=Text)
    way_out_zh: str = Field(sa_type=Text)
    way_out_en: str = Field(sa_type=Text)
