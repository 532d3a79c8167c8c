"""What may be wrong with a table or one of its lines, whatever it is about."""

from shared.kernel.errors import RefusalCode

TABLE_EMPTY = RefusalCode(
    "table_empty",
    422,
    "文件没有表头或没有数据",
    "The file has no heading or no rows",
    "请按模板填写表头和数据后上传。",
    "Fill in heading and rows as in the template.",
)
TABLE_TYPE_UNKNOWN = RefusalCode(
    "table_type_unknown",
    422,
    "文件不是可读取的表格，而是{kind_zh}",
    "The file is no table that we read but {kind_en}",
    "请上传 CSV 或 XLSX。",
    "Upload CSV or XLSX.",
    hint_zh="按内容判断的媒体类型：{media_type}。",
    hint_en="Media type, judged by the content: {media_type}.",
)
CELL_DAMAGED = RefusalCode(
    "cell_damaged",
    422,
    "单元格含有无法还原的乱码",
    "The cell holds characters that were destroyed",
    "请以 UTF-8 或 GB18030 重新导出此行。",
    "Export this line again in UTF-8 or GB18030.",
)
COLUMNS_SHIFTED = RefusalCode(
    "columns_shifted",
    422,
    "该行有 {found} 列，表头有 {expected} 列",
    "The line has {found} columns, the heading {expected}",
    "请检查引号和分隔符。",
    "Check quotes and separators.",
)
QUOTE_UNCLOSED = RefusalCode(
    "quote_unclosed",
    422,
    "该行的引号没有成对",
    "A quote on this line has no partner",
    "请检查引号；单元格内的引号应写两次。",
    "Check the quotes; one inside a cell is written twice.",
)
LINE_UNREADABLE = RefusalCode(
    "line_unreadable",
    422,
    "该行无法读取：单元格过长",
    "The line cannot be read: a cell is too long",
    "请缩短该单元格。",
    "Make the cell shorter.",
)
LINES_UNACCOUNTED = RefusalCode(
    "lines_unaccounted",
    422,
    "文件共有 {counted} 行，只读出 {read} 行，已停止",
    "The file has {counted} lines, {read} were read; the import was stopped",
    "请将文件另存为 XLSX 或 UTF-8 的 CSV 后重新上传。",
    "Save the file as XLSX or as CSV in UTF-8 and upload it again.",
)
NUMBER_ROUNDED = RefusalCode(
    "number_rounded",
    422,
    "超过 15 位的数字已被电子表格舍入",
    "The spreadsheet rounded a number of more than 15 digits",
    "请将该列设为文本后重新录入。",
    "Format the column as text and enter it again.",
)
CELL_ERROR = RefusalCode(
    "cell_error",
    422,
    "单元格显示错误值，或公式没有计算结果",
    "The cell shows an error, or a formula that was not calculated",
    "请改正公式，或改为数值后重新导入。",
    "Mend the formula, or put its value in its place, and import again.",
)
ROW_CONTRADICTS = RefusalCode(
    "row_contradicts",
    422,
    "该行单元格所写的位置相互矛盾或重复，可能有单元格被覆盖",
    "The cells of this row contradict each other about where they stand; some may be overwritten",
    "请在电子表格软件中打开、核对该行，另存为 XLSX 后重新导入。",
    "Open the file in a spreadsheet program, check this row, save it as XLSX and import again.",
)
ROW_INCOMPLETE = RefusalCode(
    "row_incomplete",
    422,
    "该行有 {counted} 个单元格有内容，读出 {read} 个",
    "{counted} cells of this row hold something, {read} were read",
    "请在电子表格软件中打开、核对该行，另存为 XLSX 后重新导入。",
    "Open the file in a spreadsheet program, check this row, save it as XLSX and import again.",
)
IMPORT_ENDED = RefusalCode(
    "import_ended",
    409,
    "导入已结束，不能取消",
    "The import has ended and cannot be cancelled",
    "请查看导入报告。",
    "Read its report.",
)
