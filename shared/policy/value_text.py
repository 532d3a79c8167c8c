"""Values in words: what a number with its unit reads like in Chinese and in English, exactly and without floats."""

from shared.dictionary import DICTIONARY
from shared.kernel.money import wan_text, yuan_text_en
from shared.policy.cell import Scalar

_MILLI = 1_000
_PPM_PER_PERCENT = 10_000
_COUNTED = {
    "count": ("{} 项", "{}"),
    "people": ("{} 人", "{} people"),
    "months": ("{} 个月", "{} months"),
    "days": ("{} 天", "{} days"),
    "working_days": ("{} 个工作日", "{} working days"),
    "years": ("{} 年", "{} years"),
    "times": ("{} 倍", "{} times"),
    "working days": ("{} 个工作日", "{} working days"),
    "characters": ("{} 字", "{} characters"),
    "rank": ("第 {} 位", "rank {}"),
    "trl": ("{} 级", "level {}"),
    "day": ("{} 日", "day {}"),
    "month": ("{} 月", "month {}"),
}

_ENUMERATIONS = {
    "kinds": ("RightKind",),
    "kind_codes": ("QualificationKind",),
    "statuses": ("LegalStatus",),
    "evidence_level": ("EvidenceLevel",),
    "code": ("QualificationKind", "rule_word"),
    "date_field": ("rule_word",),
    "text": ("rule_word",),
}
"""Unit of a text → enumerations of the dictionary whose words say what its codes mean."""


def _decimal(value: int, per_unit: int, digits: int) -> str:
    """Return `value / per_unit` exactly, without trailing zeros; `per_unit` is 10**digits."""
    sign, size = ("-", -value) if value < 0 else ("", value)
    whole, rest = divmod(size, per_unit)
    tail = f".{rest:0{digits}d}".rstrip("0") if rest else ""
    return f"{sign}{whole:,}{tail}"


def _dashed(number: int) -> str:
    """Return 20250520 as 2025-05-20 and 202605 as 2026-05."""
    text = str(number)
    return "-".join(part for part in (text[:4], text[4:6], text[6:]) if part)


def value_text(value: Scalar | None, unit: str) -> tuple[str, str]:
    """Return a value with its unit in Chinese and in English.

    Units: fen, ppm (shown in per cent), ppm_points (a distance between rates), milli, milli_points, count, people,
    months, days, working_days, years, times, characters, rank, trl, day, month, day_number (20250520 is a day),
    month_number (202605 is a month), flag (1 is yes); kinds, kind_codes, statuses, evidence_level, code, date_field
    (words of the dictionary for a code). Another unit shows the bare value.
    """
    if value is None:
        return "无数据", "no data"
    if isinstance(value, bool) or unit == "flag":
        return ("是", "yes") if value else ("否", "no")
    if isinstance(value, str):
        held = (DICTIONARY.of_value(one, value) for one in _ENUMERATIONS.get(unit, ()))
        named = next((one for one in held if one is not None), None)
        return (value, value) if named is None else (named.zh, named.en)
    return _number_text(value, unit)


def _number_text(value: int, unit: str) -> tuple[str, str]:
    if unit == "fen":
        return wan_text(value), yuan_text_en(value)
    if unit == "ppm":
        percent = _decimal(value, _PPM_PER_PERCENT, 4)
        return f"{percent}%", f"{percent} %"
    if unit == "ppm_points":
        points = _decimal(value, _PPM_PER_PERCENT, 4)
        return f"{points} 个百分点", f"{points} percentage points"
    if unit in {"milli", "milli_points"}:
        number = _decimal(value, _MILLI, 3)
        return (f"{number} 分", f"{number} points") if unit == "milli_points" else (number, number)
    if unit in {"day_number", "month_number"}:
        return _dashed(value), _dashed(value)
    zh, en = _COUNTED.get(unit, ("{}", "{}"))
    return zh.format(f"{value:,}"), en.format(f"{value:,}")
