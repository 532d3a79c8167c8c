"""The findings that any list may have, whatever it is about."""

from shared.table.finding import FindingKind, RowGravity

ROW_DAMAGED = FindingKind(
    "row_damaged",
    RowGravity.REFUSED,
    "该行已损坏：{why_zh}",
    "The line is damaged: {why_en}",
    "请从来源系统重新导出该行，并检查引号和分隔符。",
    "Export this line again from its source and check quotes and separators.",
)
LINE_CUT = FindingKind(
    "line_cut",
    RowGravity.FLAGGED,
    "文件在该行中断，其后的列为空；可能没有导出完整",
    "The file ends within this line and its last columns are empty: it may not be whole",
    "请核对该行；如不完整，请重新导出整个文件。",
    "Check the line; if it is not whole, export the file again.",
)
LINE_WIDTH = FindingKind(
    "line_width",
    RowGravity.FLAGGED,
    "该行有 {found} 列，与表头（{expected} 列）及前一行不同，各列可能错位",
    "The line has {found} columns, unlike the heading ({expected}) and the line before it: they may be shifted",
    "请逐列核对该行；如有错位，请更正后再次导入。",
    "Check each column of the line; if they are shifted, correct it and import again.",
)
QUOTE_WITHIN = FindingKind(
    "quote_within",
    RowGravity.FLAGGED,
    "该行有单元格中间带引号，引号或分隔符可能有缺失，各列可能错位",
    "A quote stands within a cell of the line: a quote or a separator may be missing, its columns may be shifted",
    "请逐列核对该行；如有错位，请更正后再次导入。",
    "Check each column of the line; if they are shifted, correct it and import again.",
)
ROW_REPEATED = FindingKind(
    "row_repeated",
    RowGravity.REFUSED,
    "同一文件第 {first} 行已有相同主键",
    "Line {first} of this file has the same key",
    "请保留正确的一行。",
    "Keep the line that is right.",
)
CELL_INVALID = FindingKind(
    "cell_invalid",
    RowGravity.REFUSED,
    "单元格内容不符合要求{why_zh}",
    "The cell is not as required{why_en}",
    "请按模板填写该列：{expected_zh}。",
    "Fill the column as the template says: {expected_en}.",
)
CELL_MISSING = FindingKind(
    "cell_missing",
    RowGravity.REFUSED,
    "必填单元格为空",
    "A cell that must be filled is empty",
    "请补充：{expected_zh}。",
    "Fill it in: {expected_en}.",
)
CELL_IGNORED = FindingKind(
    "cell_ignored",
    RowGravity.NOTED,
    "该单元格无法识别，已按未知处理",
    "The cell could not be read and is taken as unknown",
    "如需登记，请更正后再次导入：{expected_zh}。",
    "Correct it and import again if it matters: {expected_en}.",
)
CODE_FOLDED = FindingKind(
    "code_folded",
    RowGravity.NOTED,
    "代码的写法已规整：{how_zh}",
    "The code was read in its standard form: {how_en}",
    "无需处理；建议在来源系统中更正。",
    "Nothing to do; better corrected at its source.",
)
CODES_FOLDED = FindingKind(
    "codes_folded",
    RowGravity.NOTED,
    "该列有 {count} 个代码的写法已规整（{how_zh}），如 {example}",
    "{count} codes of this column were read in their standard form ({how_en}), such as {example}",
    "无需处理；建议在来源系统中更正。",
    "Nothing to do; better corrected at its source.",
)
DATE_INVALID = FindingKind(
    "date_invalid",
    RowGravity.REFUSED,
    "日期无法识别",
    "The date cannot be read",
    "请写成 2020-01-05 的形式，或设为日期格式。",
    "Write it as 2020-01-05, or format the cell as a date.",
)
AMOUNT_FOREIGN = FindingKind(
    "amount_foreign",
    RowGravity.NOTED,
    "金额为外币，未折算，已按未知处理",
    "The amount is in a foreign currency: not converted, taken as unknown",
    "如需登记，请填写人民币金额。",
    "Give the amount in yuan if it matters.",
)
AMOUNT_WITHOUT_UNIT = FindingKind(
    "amount_without_unit",
    RowGravity.NOTED,
    "金额没有单位（元或万元），已按未知处理",
    "The amount has no unit (yuan or ten thousand yuan) and is taken as unknown",
    "请在单元格或表头写明单位，如 注册资本（万元）。",
    "Write the unit into the cell or the heading, such as 注册资本（万元）.",
)
AMOUNT_BELOW_FEN = FindingKind(
    "amount_below_fen",
    RowGravity.NOTED,
    "金额小于一分，不作四舍五入，已按未知处理",
    "The amount is finer than a fen: nothing is rounded, it is taken as unknown",
    "请填写到分为止的金额。",
    "Give the amount to the fen.",
)
AMOUNT_TOO_LARGE = FindingKind(
    "amount_too_large",
    RowGravity.NOTED,
    "金额过大，已按未知处理",
    "The amount is too large and is taken as unknown",
    "请核对单位。",
    "Check the unit.",
)
COLUMN_MOSTLY_UNREAD = FindingKind(
    "column_mostly_unread",
    RowGravity.NOTED,
    "该列 {filled} 个单元格中有 {unread} 个无法识别",
    "{unread} of the {filled} cells of this column could not be read",
    "请按模板填写该列：{expected_zh}。",
    "Fill the column as the template says: {expected_en}.",
)
COLUMNS_NOT_READ = FindingKind(
    "columns_not_read",
    RowGravity.NOTED,
    "以下各列不属于本清单，未读取",
    "These columns do not belong to this list and were not read",
    "如需登记其内容，请按模板改列名。",
    "Rename them as in the template if they matter.",
)
COLUMN_TWICE = FindingKind(
    "column_twice",
    RowGravity.NOTED,
    "两列内容相同，只读取了 {kept}",
    "Two columns say the same thing; only {kept} was read",
    "请保留其中一列。",
    "Keep one of them.",
)
SHEETS_NOT_READ = FindingKind(
    "sheets_not_read",
    RowGravity.NOTED,
    "只读取了工作表 {read}；以下工作表也有表头，未读取",
    "Only the sheet {read} was read; these have a heading too and were not",
    "请将各工作表分别上传，或合并到一张。",
    "Upload each sheet by itself, or join them.",
)
ROWS_BLANK = FindingKind(
    "rows_blank",
    RowGravity.NOTED,
    "清单中间有空行；共 {count} 个空行未读取",
    "There are blank lines between the rows; {count} blank lines were not read",
    "如有行被删除或丢失，请补回后再次导入。",
    "If a row was deleted or lost, put it back and import again.",
)
SHEET_SHORTER = FindingKind(
    "sheet_shorter",
    RowGravity.NOTED,
    "工作表缺少其自身标明或编号中间应有的行，末尾可能有行丢失",
    "The sheet lacks rows that it names or passes over; rows may be missing at its end",
    "请核对最后一行。",
    "Check its last row.",
)
FILE_UNENDED = FindingKind(
    "file_unended",
    RowGravity.NOTED,
    "文件最后一行没有换行，可能没有导出完整，其后可能还有行",
    "The last line has no line break: the file may not be whole, lines may be missing behind it",
    "请核对最后一行和总行数。",
    "Check the last line and the number of lines.",
)
EXAMPLE_SKIPPED = FindingKind(
    "example_skipped",
    RowGravity.NOTED,
    "模板的示例行未导入",
    "The template's example line was not imported",
    "无需处理。",
    "Nothing to do.",
)

GENERAL: tuple[FindingKind, ...] = (
    ROW_DAMAGED,
    LINE_CUT,
    LINE_WIDTH,
    QUOTE_WITHIN,
    ROW_REPEATED,
    CELL_INVALID,
    CELL_MISSING,
    CELL_IGNORED,
    CODE_FOLDED,
    CODES_FOLDED,
    DATE_INVALID,
    AMOUNT_FOREIGN,
    AMOUNT_WITHOUT_UNIT,
    AMOUNT_BELOW_FEN,
    AMOUNT_TOO_LARGE,
    COLUMN_MOSTLY_UNREAD,
    COLUMNS_NOT_READ,
    COLUMN_TWICE,
    SHEETS_NOT_READ,
    ROWS_BLANK,
    SHEET_SHORTER,
    FILE_UNENDED,
    EXAMPLE_SKIPPED,
)
"""Every finding of this file."""
