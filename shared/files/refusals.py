"""Every refusal that an uploaded document or table may meet, for the catalogue of problem codes."""

from shared.files.media_type import FILE_TYPE_MISMATCH, FILE_TYPE_REFUSED
from shared.files.spreadsheet import SPREADSHEET_TOO_LARGE, SPREADSHEET_TOO_WIDE, SPREADSHEET_UNREADABLE
from shared.files.tabular import (
    CELL_DAMAGED,
    COLUMNS_SHIFTED,
    LINE_UNREADABLE,
    NUMBER_ROUNDED,
    TABLE_EMPTY,
    TABLE_HEADING_TWICE,
    TABLE_TYPE_UNKNOWN,
)
from shared.kernel.errors import RefusalCode

UPLOAD_REFUSALS: tuple[RefusalCode, ...] = (
    FILE_TYPE_MISMATCH,
    FILE_TYPE_REFUSED,
    TABLE_EMPTY,
    TABLE_HEADING_TWICE,
    TABLE_TYPE_UNKNOWN,
    SPREADSHEET_UNREADABLE,
    SPREADSHEET_TOO_LARGE,
    SPREADSHEET_TOO_WIDE,
    CELL_DAMAGED,
    COLUMNS_SHIFTED,
    LINE_UNREADABLE,
    NUMBER_ROUNDED,
)
