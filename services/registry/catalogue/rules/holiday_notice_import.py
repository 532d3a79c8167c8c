"""One line of a list of holiday notices: the notice of one year, its days as days and spans of days."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from unicodedata import normalize

from pydantic import ValidationError

from services.registry.catalogue.rules.holiday_notice import FIRST_YEAR, HolidayNoticeTerms
from shared.kernel.office_date import read_date
from shared.kernel.text import without_invisible
from shared.table.cells import Cells
from shared.table.column import ColumnKind, ListForm, TableColumn
from shared.table.finding import FindingKind, RowFinding, RowGravity, finding
from shared.table.read import first_of, invalid_cells, missing_or_invalid, read_choice, read_day, read_whole
from shared.table.row import ReadLine
from shared.table.word import folded_word

_ONE_DAY = timedelta(days=1)
_LONGEST_SPAN = timedelta(days=20)
_LONGEST_CELL = 4_000
_DECEMBER = 12
_DAYS_ZH = "日期或区间，以分号分隔，如 2027-10-01至2027-10-07"
_DAYS_EN = "Days or spans, apart by semicolons, such as 2027-10-01至2027-10-07"

NOTICE_RECORDED = FindingKind(
    "notice_recorded",
    RowGravity.REFUSED,
    "{year} 年的通知已登记（{number}），与此行不同",
    "The notice of {year} is recorded already ({number}), and this line says something else",
    "如原登记有误，请在“更正”列填 是 后再次导入；否则请删除此行。",
    "If the record is wrong, write YES in the column of corrections and import again; else remove the line.",
)
NOTICE_CORRECTED_SINCE = FindingKind(
    "notice_corrected_since",
    RowGravity.NOTED,
    "此行是已被更正的登记，现行登记不变",
    "This line is a record that was corrected since; the record in force stays",
    "无需处理。",
    "Nothing has to be done.",
)
DAYS_UNREADABLE = FindingKind(
    "days_unreadable",
    RowGravity.REFUSED,
    "无法读作日期或区间：{part}",
    "This is neither a day nor a span of days: {part}",
    "请按 2027-10-01至2027-10-07 的形式填写，多个以分号分隔，区间不超过20天。",
    "Write it as 2027-10-01至2027-10-07, several apart by semicolons, a span no longer than twenty days.",
)
KINDS = (NOTICE_RECORDED, NOTICE_CORRECTED_SINCE, DAYS_UNREADABLE)

FORM = ListForm(
    name="holiday-notices",
    operation="import_holiday_notices",
    title_zh="节假日安排通知",
    title_en="Holiday notices",
    key="year",
    columns=(
        TableColumn(
            "year",
            "年份",
            "year",
            "通知所安排的年份，每年一行",
            "The year that the notice arranges, one line for each",
            "2027",
            kind=ColumnKind.WHOLE,
            required=True,
            names=("年度",),
            measures=("年度", "年"),
        ),
        TableColumn(
            "number",
            "文号",
            "number",
            "国务院办公厅通知的文号",
            "The number of the State Council's notice",
            "国办发明电〔2026〕00号",
            required=True,
            names=("通知文号", "发文字号"),
        ),
        TableColumn(
            "issued_on",
            "发布日期",
            "issued on",
            "通知的发布日期",
            "The day of the notice",
            "2026-11-04",
            kind=ColumnKind.DATE,
            required=True,
            names=("发文日期", "印发日期"),
        ),
        TableColumn(
            "source",
            "出处",
            "source",
            "在何处读到：网址",
            "Where it was read: address of the page",
            "https://www.gov.cn/example.htm",
            required=True,
            names=("来源",),
        ),
        TableColumn(
            "off_days",
            "放假日期",
            "days off",
            _DAYS_ZH,
            _DAYS_EN,
            "2027-01-01至2027-01-03；2027-05-01；2027-10-01至2027-10-07",
            required=True,
            names=("放假日", "放假时间"),
        ),
        TableColumn(
            "work_days",
            "调休上班日期",
            "days of work",
            _DAYS_ZH,
            _DAYS_EN,
            "2027-10-09",
            names=("调休上班日", "上班日期", "调休上班"),
        ),
        TableColumn(
            "corrects",
            "更正",
            "correction",
            "该年已有登记且登记有误时填 是，否则留空",
            "YES where the year's record was wrong, else nothing",
            "",
            kind=ColumnKind.CHOICE,
            choices=(("YES", "是"),),
        ),
    ),
)
"""The columns of a list of holiday notices."""

_YES = {folded_word(word): True for word in ("YES", "是", "true")}
_WEEKDAY = re.compile(r"\((?:周|星期|礼拜)[一二三四五六日天]\)")
_HOLIDAY = re.compile(r"^(?:元旦|春节|清明节?|劳动节|端午节?|中秋节?|国庆节?)(?:假期)?:?")
_APART = re.compile(r"[;,、。\n]+")
_TO = re.compile(r"\.\.|至|到|~|--|[—–]+")
_MONTH_DAY = re.compile(r"(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})[日号]")


@dataclass(frozen=True, slots=True)
class HolidayLine:
    """What one line says; number and day of issue are unknown of the first years alone.

    Attributes:
        corrects: whether the line says that the year's record in force was wrong.
    """

    year: int
    number: str | None
    issued_on: date | None
    source: str
    off_days: tuple[date, ...]
    work_days: tuple[date, ...]
    corrects: bool = False

    def says(self) -> tuple[object, ...]:
        """Return what two lines, or a line and a record, are compared by.

        Source: R-HOL-02 (design: an export comes back unchanged).
        """
        return self.year, self.number, self.issued_on, self.source, self.off_days, self.work_days


def read_line(cells: Cells, today: date) -> ReadLine[HolidayLine]:
    """Read the notice of one year; days may be written as offices write them, with a year or in the notice's own.

    Source: R-HOL-02 (design; 国务院办公厅节假日安排通知).
    """
    del today
    year = read_whole(cells, "year", FORM)
    if year is None or not date.min.year < year < date.max.year:
        return ReadLine(None, None, (missing_or_invalid(cells, "year", FORM),))
    issued_on, wrong = read_day(cells, "issued_on")
    off_days, found = read_days(cells, "off_days", year)
    wrong += found
    work_days, found = read_days(cells, "work_days", year)
    wrong += found
    if not off_days and cells.text("off_days") is None:
        wrong.append(missing_or_invalid(cells, "off_days", FORM))
    line = HolidayLine(
        year,
        cells.text("number"),
        issued_on,
        cells.text("source") or "",
        off_days,
        work_days,
        read_choice(cells, "corrects", _YES) or False,
    )
    if not wrong and year >= FIRST_YEAR:
        wrong += _refused_by_terms(cells, line)
    if wrong:
        return ReadLine(None, None, tuple(wrong))
    return ReadLine("/".join(map(str, line.says())), line)


def terms_of(line: HolidayLine) -> dict[str, object]:
    """Return a line as the form of a notice takes it; what it corrects is for who knows the records.

    Source: R-HOL-02 (design: a list passes the same checks as the form).
    """
    return {
        "year": line.year,
        "number": line.number,
        "issued_on": line.issued_on,
        "source": line.source,
        "off_days": list(line.off_days),
        "work_days": list(line.work_days),
    }


def read_days(cells: Cells, field: str, year: int) -> tuple[tuple[date, ...], list[RowFinding]]:
    """Return the days that a cell names, sorted and each once, and what of it is no day.

    Source: R-HOL-02 (design: a date is read whole or named).
    """
    text = cells.text(field)
    if text is None:
        return (), []
    if len(text) > _LONGEST_CELL:
        return (), [finding(DAYS_UNREADABLE, cells.column(field), text, part=text[:40])]
    days: set[date] = set()
    wrong = []
    plain = _WEEKDAY.sub("", normalize("NFKC", without_invisible(text)))
    for part in _APART.split(plain):
        told = _HOLIDAY.sub("", part.strip()).strip()
        if not told:
            continue
        span = _span(told, year, since_1904=cells.epoch_1904)
        if span is None:
            wrong.append(finding(DAYS_UNREADABLE, cells.column(field), text, part=part[:40]))
        else:
            days.update(_each(*span))
    return tuple(sorted(days)), wrong


def days_in_words(days: Iterable[date]) -> str | None:
    """Return days as a list of notices writes them, neighbours as one span; None without days.

    Source: R-HOL-02 (design: an export comes back unchanged).
    """
    spans: list[list[date]] = []
    for on in sorted(set(days)):
        # A cell of twenty days and more is read as a slip, so a span ends before.
        if spans and on - spans[-1][1] == _ONE_DAY and on - spans[-1][0] <= _LONGEST_SPAN:
            spans[-1][1] = on
        else:
            spans.append([on, on])
    return "；".join(f"{a}至{b}" if a != b else str(a) for a, b in spans) or None


def _refused_by_terms(cells: Cells, line: HolidayLine) -> list[RowFinding]:
    try:
        HolidayNoticeTerms.model_validate(terms_of(line))
    except ValidationError as problem:
        return invalid_cells(cells, problem, FORM, first_of)
    return []


def _span(text: str, year: int, *, since_1904: bool) -> tuple[date, date] | None:
    """Return first and last day of `1月1日至3日`, `2027-01-01..2027-01-03` or one day."""
    ends = [one.strip() for one in _TO.split(text)]
    if len(ends) == 1 and text.count("-") == 1:
        ends = text.split("-")  # 1月1日-3日; a day of its own has two
    last = _day(ends[-1], year, ends[0], since_1904=since_1904)
    first = _day(ends[0], year, "", since_1904=since_1904)
    if len(ends) > 2 or first is None or last is None:  # noqa: PLR2004  # first and last
        return None
    if first > last and first.month == _DECEMBER and read_date(ends[0]) is None:
        first = first.replace(year=first.year - 1)  # 12月31日至1月2日
    return (first, last) if timedelta(0) <= last - first <= _LONGEST_SPAN else None


def _day(text: str, year: int, before: str, *, since_1904: bool) -> date | None:
    """Return a day; one without a year lies in `year`, one without a month in that of `before`."""
    match = _MONTH_DAY.fullmatch(text.replace(" ", ""))
    if match is None:
        return read_date(text, since_1904=since_1904)
    month = match["month"]
    if month is None:
        earlier = read_date(before) or read_date(f"{year}年{before}")
        return None if earlier is None else read_date(f"{earlier.year}年{earlier.month}月{match['day']}日")
    written = read_date(before)
    return read_date(f"{year if written is None else written.year}年{month}月{match['day']}日")


def _each(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += _ONE_DAY
