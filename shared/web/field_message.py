"""What a field must be, in Chinese or English, for each kind of fault that validation reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.web.language import Language
from shared.web.problem import FieldProblem

_MAX_FIELDS = 50
_PLACES = {"query": "query:", "path": "path:", "header": "header:", "cookie": "cookie:"}

# Kind of fault -> (Chinese, English); the words in braces come with the fault.
_TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("必填", "is required"),
    "extra_forbidden": ("没有这个字段", "is not a known field"),
    "int_type": ("应为整数", "must be an integer"),
    "int_parsing": ("应为整数", "must be an integer"),
    "int_from_float": ("应为整数", "must be an integer"),
    "int_parsing_size": ("整数过大", "is too large an integer"),
    "float_type": ("应为数字", "must be a number"),
    "bool_type": ("应为是或否", "must be true or false"),
    "bool_parsing": ("应为是或否", "must be true or false"),
    "string_type": ("应为文本", "must be text"),
    "string_unicode": ("应为文本，且编码正确", "must be text in UTF-8"),
    "string_too_short": ("至少 {min_length} 个字符", "needs at least {min_length} characters"),
    "string_too_long": ("至多 {max_length} 个字符", "may have at most {max_length} characters"),
    "string_pattern_mismatch": (
        "格式不正确，请参照该字段的示例",
        "is not of the form required",
    ),
    "greater_than": ("应大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("应不小于 {ge}", "must be at least {ge}"),
    "less_than": ("应小于 {lt}", "must be less than {lt}"),
    "less_than_equal": ("应不大于 {le}", "must be at most {le}"),
    "list_type": ("应为数组", "must be an array"),
    "too_short": ("至少 {min_length} 项", "needs at least {min_length} items"),
    "too_long": ("至多 {max_length} 项", "may have at most {max_length} items"),
    "dict_type": ("应为对象", "must be an object"),
    "model_type": ("应为对象", "must be an object"),
    "model_attributes_type": ("应为对象", "must be an object"),
    "enum": ("应为以下之一：{expected}", "must be one of {expected}"),
    "literal_error": ("应为以下之一：{expected}", "must be one of {expected}"),
    "uuid_type": ("应为系统给出的编号", "must be an id as the platform gave it"),
    "uuid_parsing": ("应为系统给出的编号", "must be an id as the platform gave it"),
    "date_type": ("应为日期，如 2026-11-23", "must be a date such as 2026-11-23"),
    "date_parsing": ("应为日期，如 2026-11-23", "must be a date such as 2026-11-23"),
    "date_from_datetime_parsing": ("应为日期，如 2026-11-23", "must be a date such as 2026-11-23"),
    "date_from_datetime_inexact": ("应为日期，如 2026-11-23", "must be a date such as 2026-11-23"),
    "datetime_type": ("应为带时区的时刻", "must be an instant with a time zone"),
    "datetime_parsing": ("应为带时区的时刻", "must be an instant with a time zone"),
    "datetime_from_date_parsing": ("应为带时区的时刻", "must be an instant with a time zone"),
    "timezone_aware": ("应为带时区的时刻", "must be an instant with a time zone"),
    "value_error": ("不符合要求：{error}", "is not as required: {error}"),
}


def field_message(kind: str, context: Mapping[str, Any], fallback: str, language: Language) -> str:
    """Return the sentence for a fault of `kind`; an unknown kind keeps the validator's own English."""
    if "zh" in context and "en" in context:  # a fault that brings its own words
        return str(context["zh" if language == "zh" else "en"])
    chinese, english = _TEXTS.get(kind, ("不符合要求：{fallback}", "{fallback}"))
    words = {name: str(value) for name, value in context.items()}
    words["fallback"] = fallback
    try:
        return (chinese if language == "zh" else english).format_map(words)
    except KeyError:
        return fallback


def _pointer(location: Sequence[int | str]) -> str:
    place, *rest = [str(part) for part in location] or ["body"]
    if place in _PLACES:
        return _PLACES[place] + "/".join(rest)
    parts = rest if place == "body" else [place, *rest]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def field_problems(faults: Sequence[Mapping[str, Any]], language: Language) -> list[FieldProblem]:
    """Return the first 50 faults as field problems; what was sent is never repeated, it may be personal."""
    return [
        FieldProblem(
            pointer=_pointer(fault["loc"]),
            code=fault["type"],
            message=field_message(fault["type"], fault.get("ctx") or {}, fault["msg"], language),
        )
        for fault in faults[:_MAX_FIELDS]
    ]
