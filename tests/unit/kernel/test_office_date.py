"""Dates in tables: what offices write is read, and nothing is guessed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.office_date import read_date

DAY = date(2020, 1, 5)


@pytest.mark.parametrize(
    "written",
    [
        "2020/1/5",
        "2020-1-5",
        "2020.1.5",
        "2020年1月5日",
        "2020年01月05日",
        "2020年1月5号",
        "2020-01-05",
        "2020/01/05",
        "20200105",
        "２０２０／１／５",
        "2020 年 1 月 5 日",
        " 2020. 1. 5 ",
        "2020-01-05 00:00:00",
        "2020/1/5 0:00",
        "2020/1/5 13:45",
        "2020-01-05T08:30:00.123",
        "2020年1月5日 8:30",
        "\ufeff2020-1-5\u200b",
        "'2020-1-5",
        "43835",
        "43835.0",
        "43835.75",
        43835,
        43835.5,
        20200105,
        20200105.0,
        DAY,
        datetime(2020, 1, 5, 23, 59, tzinfo=UTC),
    ],
)
def test_the_forms_of_offices_are_read(written: object) -> None:
    assert read_date(written) == DAY


@pytest.mark.parametrize("serial", [42373, "42373", "42373.0", 42373.25])
def test_a_book_that_counts_from_1904_is_read_as_it_counts(serial: object) -> None:
    assert read_date(serial, since_1904=True) == DAY
    assert read_date(serial) == date(2016, 1, 4)


@pytest.mark.parametrize(
    "written",
    [
        "2020-W05-1",
        "2020W051",
        "2020-005",
        "2020-01-05xyz",
        "xyz2020-01-05",
        "2020-01-05 xyz",
        "2020-01-05Z",
        "2020-01-05T16:00:00Z",
        "2020-01-05T16:00:00+08:00",
        "2020-1/5",
        "2020.1-5",
        "2020-13-01",
        "2020-02-30",
        "2019-02-29",
        "2020年1月",
        "2020-01",
        "2020",
        "20-1-5",
        "5/1/2020",
        "1/5/20",
        "2020--5",
        "2020-1-",
        "0001-01-01",
        "9999-12-31",
        "202001055",
        "长期",
        "二〇二〇年一月五日",
        "",
        "  ",
        "0",
        "-43835",
        "4.3835e4",
        "99999",
        "2020-01-05" + " " * 60 + "x",
        "①②③",
        2020,
        2020.0,
        60,
        0,
        -1,
        1e308,
        float("nan"),
        float("inf"),
        True,
        None,
        date(1, 1, 1),
        [2020, 1, 5],
    ],
)
def test_anything_else_is_no_date(written: object) -> None:
    assert read_date(written) is None


@given(
    st.dates(date(1800, 1, 1), date(2199, 12, 31)), st.sampled_from(["{0}/{1}/{2}", "{0}.{1}.{2}", "{0}年{1}月{2}日"])
)
def test_every_day_is_read_in_every_form(on: date, form: str) -> None:
    assert read_date(form.format(on.year, on.month, on.day)) == on
    assert read_date(on.isoformat()) == on


@given(st.text(max_size=50) | st.floats() | st.integers())
def test_no_cell_breaks_the_reader(cell: object) -> None:
    found = read_date(cell)
    assert found is None or 1800 <= found.year < 2200
