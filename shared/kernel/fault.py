"""A fault of one value in both languages: a validator of pydantic raises it, the answer shows the caller's language."""

from pydantic_core import PydanticCustomError


def value_fault(code: str, zh: str, en: str, **told: str) -> PydanticCustomError:
    """Return the fault to raise for a value; it is a `ValueError`, so every reader of values can catch it.

    Args:
        code: stable code of the fault, snake_case; `errors[].code` of a problem document.
        zh: what the value must be, in Chinese; braces name what `told` holds.
        en: the same in English.
        told: what the texts name. Never the value itself: it may be personal.
    """
    # pydantic fills a template itself: braces in what is told must not be read as names.
    said_zh, said_en = zh.format_map(told), en.format_map(told)
    return PydanticCustomError(code, "{en}", {"zh": said_zh, "en": said_en, **told})


def texts_of(fault: PydanticCustomError) -> tuple[str, str]:
    """Return what a fault says, in Chinese and in English."""
    context = fault.context or {}
    return str(context.get("zh", fault.message())), str(context.get("en", fault.message()))
