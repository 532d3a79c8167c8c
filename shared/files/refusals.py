"""Every refusal that an uploaded document or table may meet, for the catalogue of problem codes."""

from shared.files.media_type import FILE_TYPE_REFUSED
from shared.files.scan import FILE_INFECTED, SCAN_UNAVAILABLE
from shared.files.spreadsheet import SHEET_DAMAGED, SPREADSHEET_TOO_LARGE, SPREADSHEET_TOO_WIDE, SPREADSHEET_UNREADABLE
from shared.files.store import FILE_EMPTY, FILE_HASH_MISMATCH
from shared.files.table_refusals import (
    CELL_DAMAGED,
    CELL_ERROR,
    COLUMNS_SHIFTED,
    IMPORT_ENDED,
    LINE_UNREADABLE,
    LINES_UNACCOUNTED,
    NUMBER_ROUNDED,
    QUOTE_UNCLOSED,
    ROW_CONTRADICTS,
    ROW_INCOMPLETE,
    TABLE_EMPTY,
    TABLE_TYPE_UNKNOWN,
)
from shared.kernel.errors import RefusalCode
from shared.table.heading import HEADING_UNKNOWN

UNOPENED: tuple[RefusalCode, ...] = (
    TABLE_EMPTY,
    TABLE_TYPE_UNKNOWN,
    HEADING_UNKNOWN,
    SPREADSHEET_UNREADABLE,
    SPREADSHEET_TOO_LARGE,
    SPREADSHEET_TOO_WIDE,
    SHEET_DAMAGED,
)
"""What keeps a table from being opened, also one that was read before."""
UPLOAD_REFUSALS: tuple[RefusalCode, ...] = (
    FILE_TYPE_REFUSED,
    FILE_EMPTY,
    FILE_HASH_MISMATCH,
    FILE_INFECTED,
    SCAN_UNAVAILABLE,
    TABLE_EMPTY,
    TABLE_TYPE_UNKNOWN,
    HEADING_UNKNOWN,
    IMPORT_ENDED,
    SPREADSHEET_UNREADABLE,
    SHEET_DAMAGED,
    SPREADSHEET_TOO_LARGE,
    SPREADSHEET_TOO_WIDE,
    CELL_DAMAGED,
    CELL_ERROR,
    COLUMNS_SHIFTED,
    LINE_UNREADABLE,
    LINES_UNACCOUNTED,
    QUOTE_UNCLOSED,
    ROW_CONTRADICTS,
    ROW_INCOMPLETE,
    NUMBER_ROUNDED,
)
