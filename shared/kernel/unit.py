"""Reporting units (上报单位): the districts, counties and zones of Chongqing that report, each with its period.

A unit has an own key: the GB/T 2260 code for districts and counties, `CQ-LJ`, `CQ-GX`, `CQ-WS` for the zones. Names and
codes change hands over the years, so every question carries a date. The rows stand in `unit.json` with their sources.
"""

import json
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("unit.json")
_CITY = ("重庆市", "重庆")
_LAST_CHANGE = date(2025, 11, 6)


class UnitKind(StrEnum):
    """What a reporting unit is in law."""

    DISTRICT = "district"
    COUNTY = "county"
    AUTONOMOUS_COUNTY = "autonomous_county"
    ZONE = "zone"


class MatchKind(StrEnum):
    """How a name led to a unit."""

    EXACT = "exact"
    ALIAS = "alias"
    SUCCESSOR = "successor"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Unit:
    """A reporting unit during one period; a unit that changed its kind has one row for each.

    Attributes:
        unit_id: the own key, at most eight characters.
        gb_code: GB/T 2260 code in the period, None for a zone.
        gb_code_confidence: `reported` (read in a copy or quoted by others) or `official`, None without a code.
        gb_code_source: where a reported code was quoted.
        valid_from_on: first day.
        valid_until_on: last day, None = in force.
        successor: unit that took over most of it when it ended.
        parts_to: units that took over a part: an enterprise there has to say where it is.
        aliases: other names in use, without the prefix 重庆市.
        division_since: since when the division has this code and name, None for a zone.
    """

    unit_id: str
    name_zh: str
    name_en: str
    kind: UnitKind
    gb_code: str | None
    valid_from_on: date
    valid_until_on: date | None
    successor: str | None
    parts_to: tuple[str, ...]
    aliases: tuple[str, ...]
    division_since: date | None
    gb_code_confidence: str | None
    gb_code_source: str | None

    def in_force(self, on: date) -> bool:
        """Tell whether the period covers `on`."""
        return self.valid_from_on <= on and (self.valid_until_on is None or on <= self.valid_until_on)


@dataclass(frozen=True, slots=True)
class FormerPlace:
    """A division or zone that ended before the table of units begins; people still write its name."""

    gb_code: str | None
    name_zh: str
    valid_from_on: date
    valid_until_on: date
    successor: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Division:
    """A county-level division as it stood on a day under a GB/T 2260 code."""

    code: str
    name_zh: str
    unit_id: str


@dataclass(frozen=True, slots=True)
class UnitMatch:
    """What a written name of a district means on a day.

    Attributes:
        how: EXACT or ALIAS (a unit in force), SUCCESSOR (it ended, `unit` took over), ENDED (no unit in force that day)
            or UNKNOWN.
        unit: the unit in force that the name leads to, or None.
        written_for: official name of the unit or place that was written, None if unknown.
        also: other units that took over a part of it, by id.
    """

    how: MatchKind
    unit: Unit | None
    written_for: str | None
    also: tuple[str, ...] = ()

    @property
    def by_own_name(self) -> bool:
        """Whether the name is that of a unit in force."""
        return self.how in {MatchKind.EXACT, MatchKind.ALIAS}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


_CODES_READ_IN = "国家统计局统计用区划代码（截至2023-06-30），开放数据转载"


def _unit(row: dict[str, Any]) -> Unit:
    return Unit(
        unit_id=row["id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        kind=UnitKind(row["kind"]),
        gb_code=row["gb_code"],
        valid_from_on=date.fromisoformat(row["valid_from_on"]),
        valid_until_on=_day(row["valid_until_on"]),
        successor=row["successor"],
        parts_to=tuple(row["parts_to"]),
        aliases=tuple(row["aliases"]),
        division_since=_day(row["division_since"]),
        gb_code_confidence=row.get("gb_code_confidence", "reported") if row["gb_code"] else None,
        gb_code_source=row.get("gb_code_source", _CODES_READ_IN) if row["gb_code"] else None,
    )


def _former(row: dict[str, Any]) -> FormerPlace:
    return FormerPlace(
        gb_code=row["gb_code"],
        name_zh=row["name_zh"],
        valid_from_on=date.fromisoformat(row["valid_from_on"]),
        valid_until_on=date.fromisoformat(row["valid_until_on"]),
        successor=row["successor"],
        aliases=tuple(row["aliases"]),
    )


_TABLE = json.loads(_FILE.read_text(encoding="utf-8"))
UNITS: tuple[Unit, ...] = tuple(_unit(row) for row in _TABLE["units"])
"""Every unit in every period, in the order of the national code table, zones last."""
FORMER_PLACES: tuple[FormerPlace, ...] = tuple(_former(row) for row in _TABLE["former"])
"""Divisions and zones that ended before 2017, with the unit that took over."""
UNIT_IDS = frozenset(unit.unit_id for unit in UNITS)


def is_unit(unit_id: str) -> bool:
    """Tell whether `unit_id` is or was a reporting unit."""
    return unit_id in UNIT_IDS


def units_on(on: date) -> tuple[Unit, ...]:
    """Return the units in force on a day: 41 before 2025-11-06, 39 from then on.

    Source: K-UNIT-01 (渝府办发〔2022〕56号; 国务院批复 2025-11-06).
    """
    return tuple(unit for unit in UNITS if unit.in_force(on))


def unit_on(unit_id: str, on: date) -> Unit | None:
    """Return the unit as it stands on a day, or None if it is not in force then."""
    return next((unit for unit in UNITS if unit.unit_id == unit_id and unit.in_force(on)), None)


def successor_of(unit_id: str, on: date) -> str | None:
    """Return the id of the unit in force on a day that took over from one that ended before it, else None.

    Source: K-UNIT-02 (国务院批复 2025-11-06: 江北区、渝北区撤销).
    """
    ended = [
        unit
        for unit in UNITS
        if unit.unit_id == unit_id and unit.valid_until_on is not None and unit.valid_until_on < on
    ]
    if not ended or unit_on(unit_id, on) is not None or ended[-1].successor is None:
        return None
    heir = ended[-1].successor
    return heir if unit_on(heir, on) is not None else successor_of(heir, on)


def division(code: str, on: date) -> Division | None:
    """Return the division that held a GB/T 2260 code on a day, from 1997-06-18 on.

    A code can change hands: 500110 was 万盛区 until 2011-10 and is 綦江区 since.

    Source: K-UNIT-03 (GB/T 2260; 民政部行政区划变更).
    """
    for place in FORMER_PLACES:
        if place.gb_code == code and place.valid_from_on <= on <= place.valid_until_on:
            return Division(code, place.name_zh, place.successor)
    for unit in UNITS:
        begun = unit.division_since is not None and unit.division_since <= on
        if unit.gb_code == code and begun and (unit.valid_until_on is None or on <= unit.valid_until_on):
            return Division(code, unit.name_zh, unit.unit_id)
    return None


def _plain(name: str) -> str:
    """Return a written name without spaces, marks, full-width forms and the prefix of the city; codes in upper case."""
    text = "".join(mark for mark in unicodedata.normalize("NFKC", name).upper() if mark.isalnum())
    for city in _CITY:
        if text.startswith(city) and text != city:
            return text.removeprefix(city)
    return text


_BY_NAME = {_plain(unit.name_zh): unit.unit_id for unit in UNITS}
_BY_ALIAS = {_plain(alias): unit.unit_id for unit in UNITS for alias in (*unit.aliases, unit.unit_id)}
_FORMER_BY_NAME = {_plain(name): place for place in FORMER_PLACES for name in (place.name_zh, *place.aliases)}
_BY_CODE = {
    **{code: unit_id for unit_id, codes in _TABLE["former_codes"].items() for code in codes},
    **{place.gb_code: place.successor for place in reversed(FORMER_PLACES) if place.gb_code},
    **{unit.gb_code: unit.unit_id for unit in UNITS if unit.gb_code},
}
"""GB/T 2260 codes of any day: who holds a code now comes before who held it once."""
_MOVED_TOWNS = {row["town"]: (row["from"], row["to"]) for row in _TABLE["moved_towns"]}
_CODE_LENGTHS = frozenset({6, 9, 12})
"""Digits of the code of a county, of a street and of a village; the first six are the county's."""


@lru_cache(maxsize=4096)
def find_unit(name: str, on: date) -> UnitMatch:
    """Return the unit that a written district means on a day: a name, an own id or a GB/T 2260 code of any day.

    Short names (九龙坡), names with the prefix 重庆市 and places that ended (北部新区, 万盛, 双桥) are understood;
    so are codes of streets, by their first six digits, and codes of the time before 1997.

    Source: K-UNIT-04 (渝府办发〔2022〕56号; GB/T 2260; 国务院批复 2025-11-06).
    """
    text = _plain(name)
    unit_id = _BY_NAME.get(text) or _BY_ALIAS.get(text)
    if unit_id is not None:
        return _match(unit_id, on, MatchKind.EXACT if text in _BY_NAME else MatchKind.ALIAS)
    if text.isascii() and text.isdigit():
        return _by_code(text, on)
    named = text.strip("0123456789")
    if named and named != text:  # 500107九龙坡区, 九龙坡区(500107)
        return find_unit(named, on)
    place = _FORMER_BY_NAME.get(text)
    return UnitMatch(MatchKind.UNKNOWN, None, None) if place is None else _ended(place.successor, place.name_zh, on)


def moved_town(address: str, unit_id: str) -> tuple[str, str] | None:
    """Return (town, unit that took it over) where an address names a town that left `unit_id` on 2025-11-06, else None.

    Source: K-UNIT-05 (国务院批复 2025-11-06; the published list of borders was not seen).
    """
    return next((moved for moved in _towns_left(unit_id) if moved[0] in address), None)


@cache
def _towns_left(unit_id: str) -> tuple[tuple[str, str], ...]:
    """Return the towns that are written under a unit and went elsewhere, with the unit that took each over."""
    found = []
    for town, (before, after) in _MOVED_TOWNS.items():
        heir = before if unit_on(before, _LAST_CHANGE) is not None else successor_of(before, _LAST_CHANGE)
        if unit_id in {before, heir} and unit_id != after:
            found.append((town, after))
    return tuple(found)


def _by_code(code: str, on: date) -> UnitMatch:
    unit_id = _BY_CODE.get(code[:6]) if len(code) in _CODE_LENGTHS else None
    if unit_id is None:
        return UnitMatch(MatchKind.UNKNOWN, None, None)
    holder = next((unit for unit in UNITS if unit.gb_code == code[:6]), None)
    return _ended(unit_id, None, on) if holder is None else _match(unit_id, on, MatchKind.ALIAS)


def _ended(successor: str, name: str | None, on: date) -> UnitMatch:
    heir = unit_on(successor, on) or _heir(successor, on)
    return UnitMatch(MatchKind.ENDED if heir is None else MatchKind.SUCCESSOR, heir, name)


def _match(unit_id: str, on: date, how: MatchKind) -> UnitMatch:
    unit = unit_on(unit_id, on)
    if unit is not None:
        return UnitMatch(how, unit, unit.name_zh)
    rows = [row for row in UNITS if row.unit_id == unit_id]
    heir = _heir(unit_id, on)
    kind = MatchKind.ENDED if heir is None else MatchKind.SUCCESSOR
    return UnitMatch(kind, heir, rows[-1].name_zh, rows[-1].parts_to)


def _heir(unit_id: str, on: date) -> Unit | None:
    heir = successor_of(unit_id, on)
    return None if heir is None else unit_on(heir, on)
