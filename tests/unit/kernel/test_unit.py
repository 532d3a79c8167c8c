"""Reporting units on a day: 41 in the plan, 39 since 2025-11-06; names of places that ended lead to who took over."""

import csv
from collections import Counter
from datetime import date

import pytest

from shared.kernel.unit import (
    FORMER_PLACES,
    UNITS,
    MatchKind,
    division,
    find_unit,
    is_unit,
    moved_town,
    successor_of,
    unit_on,
    units_on,
)
from tests.support.source import ROOT

PLAN = date(2023, 6, 30)
BEFORE = date(2025, 11, 5)
CHANGE = date(2025, 11, 6)
TODAY = date(2026, 11, 23)
SAMPLE = ROOT.parent / "shared" / "data" / "companies" / "chongqing_sample_2000.csv"
AREAS = ROOT.parent / "shared" / "data" / "divisions" / "areas.csv"
HISTORY = ROOT.parent / "shared" / "data" / "divisions" / "gb2260_history"


def test_the_plan_has_38_divisions_and_3_zones() -> None:
    kinds = Counter(unit.kind.value for unit in units_on(PLAN))
    assert kinds == {"district": 26, "county": 8, "autonomous_county": 4, "zone": 3}


def test_since_the_change_there_are_37_divisions_and_2_zones() -> None:
    kinds = Counter(unit.kind.value for unit in units_on(CHANGE))
    assert kinds == {"district": 25, "county": 8, "autonomous_county": 4, "zone": 2}


def test_no_unit_has_two_rows_on_one_day() -> None:
    for on in (PLAN, BEFORE, CHANGE, TODAY):
        ids = [unit.unit_id for unit in units_on(on)]
        names = [unit.name_zh for unit in units_on(on)]
        assert len(set(ids)) == len(ids)
        assert len(set(names)) == len(names)


def test_no_written_name_means_two_units() -> None:
    owners: dict[str, set[str]] = {}
    for unit in UNITS:
        for name in (unit.name_zh, *unit.aliases):
            owners.setdefault(name, set()).add(unit.unit_id)
    for place in FORMER_PLACES:
        for name in (place.name_zh, *place.aliases):
            owners.setdefault(name, set()).add(f"former {place.name_zh}")
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}


def test_every_successor_is_a_unit() -> None:
    named = [unit.successor for unit in UNITS if unit.successor] + [place.successor for place in FORMER_PLACES]
    named += [part for unit in UNITS for part in unit.parts_to]
    assert all(is_unit(unit_id) for unit_id in named)


@pytest.mark.parametrize("unit_id", ["500105", "500112"])
def test_jiangbei_and_yubei_end_with_the_change(unit_id: str) -> None:
    assert unit_on(unit_id, BEFORE) is not None
    assert successor_of(unit_id, BEFORE) is None
    assert unit_on(unit_id, CHANGE) is None
    assert successor_of(unit_id, CHANGE) == "CQ-LJ"


def test_liangjiang_is_a_zone_before_and_a_district_after() -> None:
    before, after = unit_on("CQ-LJ", BEFORE), unit_on("CQ-LJ", CHANGE)
    assert before is not None
    assert after is not None
    assert (before.kind.value, after.kind.value) == ("zone", "district")
    assert (before.gb_code, after.gb_code) == (None, "500157")
    assert (after.gb_code_confidence, after.gb_code_source) == ("reported", "公开转引的市级通知, 2025-12-05")


@pytest.mark.parametrize(
    ("name", "on", "how", "unit_id"),
    [
        ("九龙坡区", PLAN, MatchKind.EXACT, "500107"),
        ("九龙坡", TODAY, MatchKind.ALIAS, "500107"),
        ("重庆市九龙坡区", TODAY, MatchKind.EXACT, "500107"),
        (" 重庆 九龙坡 ", TODAY, MatchKind.ALIAS, "500107"),
        ("忠县", TODAY, MatchKind.EXACT, "500233"),
        ("彭水", TODAY, MatchKind.ALIAS, "500243"),
        ("石柱县", TODAY, MatchKind.ALIAS, "500240"),
        ("两江新区", PLAN, MatchKind.EXACT, "CQ-LJ"),
        ("高新区", TODAY, MatchKind.ALIAS, "CQ-GX"),
        ("万盛经开区", TODAY, MatchKind.EXACT, "CQ-WS"),
        ("北部新区", PLAN, MatchKind.SUCCESSOR, "CQ-LJ"),
        ("万盛", PLAN, MatchKind.SUCCESSOR, "CQ-WS"),
        ("双桥区", TODAY, MatchKind.SUCCESSOR, "500111"),
        ("开县", TODAY, MatchKind.SUCCESSOR, "500154"),
        ("渝北", BEFORE, MatchKind.ALIAS, "500112"),
        ("渝北", CHANGE, MatchKind.SUCCESSOR, "CQ-LJ"),
        ("江北区", TODAY, MatchKind.SUCCESSOR, "CQ-LJ"),
        ("N/A", TODAY, MatchKind.UNKNOWN, None),
        ("", TODAY, MatchKind.UNKNOWN, None),
        ("重庆市", TODAY, MatchKind.UNKNOWN, None),
        ("重庆市/九龙坡区", TODAY, MatchKind.EXACT, "500107"),
        ("九龙坡\u200b区", TODAY, MatchKind.EXACT, "500107"),
        ("500107", TODAY, MatchKind.ALIAS, "500107"),
        ("５００１０７", TODAY, MatchKind.ALIAS, "500107"),
        ("500107004", TODAY, MatchKind.ALIAS, "500107"),
        ("500107000000", TODAY, MatchKind.ALIAS, "500107"),
        ("cq-lj", TODAY, MatchKind.ALIAS, "CQ-LJ"),
        ("500157", TODAY, MatchKind.ALIAS, "CQ-LJ"),
        ("500112", TODAY, MatchKind.SUCCESSOR, "CQ-LJ"),
        ("500110", TODAY, MatchKind.ALIAS, "500110"),
        ("500234", TODAY, MatchKind.SUCCESSOR, "500154"),
        ("510213", TODAY, MatchKind.SUCCESSOR, "500107"),
        ("510224", TODAY, MatchKind.SUCCESSOR, "CQ-LJ"),
        ("500181", TODAY, MatchKind.SUCCESSOR, "500116"),
        ("500107 九龙坡区", TODAY, MatchKind.EXACT, "500107"),
        ("九龙坡（500107）", TODAY, MatchKind.ALIAS, "500107"),
        ("5001070", TODAY, MatchKind.UNKNOWN, None),
        ("500000", TODAY, MatchKind.UNKNOWN, None),
        ("510000", TODAY, MatchKind.UNKNOWN, None),
        ("九龙坡", date(2016, 12, 31), MatchKind.ENDED, None),
    ],
)
def test_a_written_name_leads_to_the_unit_of_that_day(name: str, on: date, how: MatchKind, unit_id: str | None) -> None:
    match = find_unit(name, on)
    assert match.how is how
    assert (match.unit.unit_id if match.unit else None) == unit_id
    assert match.by_own_name == (how in {MatchKind.EXACT, MatchKind.ALIAS})


@pytest.mark.parametrize(
    ("address", "unit_id", "expected"),
    [
        ("重庆市北碚区水土街道云汉大道117号", "500109", ("水土", "CQ-LJ")),
        ("重庆市渝北区统景镇", "CQ-LJ", ("统景", "500109")),
        ("重庆市渝北区统景镇", "500109", None),
        ("重庆市北碚区水土街道", "CQ-LJ", None),
        ("重庆市北碚区朝阳街道", "500109", None),
        ("重庆市永川区兴隆路", "500118", None),
    ],
)
def test_an_address_in_a_town_that_moved_is_known(address: str, unit_id: str, expected: tuple[str, str] | None) -> None:
    assert moved_town(address, unit_id) == expected


def test_yubei_went_to_two_units() -> None:
    match = find_unit("渝北区", TODAY)
    assert match.written_for == "渝北区"
    assert match.also == ("500109",)


@pytest.mark.parametrize(
    ("code", "on", "name"),
    [
        ("500110", date(2011, 10, 21), "万盛区"),
        ("500110", date(2011, 10, 22), "綦江区"),
        ("500111", date(2005, 1, 1), "双桥区"),
        ("500111", TODAY, "大足区"),
        ("500234", date(2016, 6, 7), "开县"),
        ("500234", date(2016, 6, 8), None),
        ("500154", date(2016, 6, 8), "开州区"),
        ("500105", BEFORE, "江北区"),
        ("500105", CHANGE, None),
        ("510000", TODAY, None),
        ("500157", date(2025, 12, 4), None),
        ("500157", date(2025, 12, 5), "两江新区"),
    ],
)
def test_a_code_names_the_division_of_its_day(code: str, on: date, name: str | None) -> None:
    found = division(code, on)
    assert (found.name_zh if found else None) == name


@pytest.mark.sample
@pytest.mark.skipif(not AREAS.exists(), reason="needs the table of divisions beside the repository")
def test_the_divisions_are_those_of_the_national_table_of_2023() -> None:
    with AREAS.open(encoding="utf-8") as lines:
        table = {row["code"]: row["name"] for row in csv.DictReader(lines) if row["code"].startswith("50")}
    assert {unit.gb_code: unit.name_zh for unit in units_on(PLAN) if unit.gb_code} == table


@pytest.mark.sample
@pytest.mark.skipif(not HISTORY.exists(), reason="needs the national code tables beside the repository")
@pytest.mark.parametrize("month", ["201012", "201512", "201712", "201904"])
def test_the_codes_are_those_of_the_national_tables_of_their_time(month: str) -> None:
    rows = [line.split("\t") for line in (HISTORY / f"{month}.tsv").read_text(encoding="utf-8").splitlines()]
    table = {row[2]: row[3] for row in rows if row[2].startswith("50") and row[2] != "500000"}
    on = date(int(month[:4]), int(month[4:]), 28)
    found = {code: division(code, on) for code in table}
    assert {code: one.name_zh for code, one in found.items() if one} == table


@pytest.mark.sample
@pytest.mark.skipif(not SAMPLE.exists(), reason="needs the sample of 2,000 companies beside the repository")
def test_the_districts_of_the_sample_are_understood() -> None:
    with SAMPLE.open(encoding="utf-8") as lines:
        names = [row["district"] for row in csv.DictReader(lines)]
    then = {name: find_unit(name, PLAN) for name in names}
    outside = Counter(name for name in names if not then[name].by_own_name)
    assert len(names) == 2_000
    assert outside.total() == 70
    assert {name: count for name, count in outside.items() if "�" not in name} == {
        "北部新区": 38,
        "万盛": 18,
        "双桥": 4,
        "N/A": 9,
    }
    assert sum(then[name].how is MatchKind.SUCCESSOR for name in names) == 60
    now = {name: find_unit(name, TODAY) for name in names}
    moved = Counter(name for name in names if then[name].by_own_name and not now[name].by_own_name)
    assert moved == {"渝北": 128, "江北": 113}
    assert all(now[name].how is MatchKind.SUCCESSOR for name in moved)
