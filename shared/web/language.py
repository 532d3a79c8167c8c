"""Which of the two languages an answer speaks."""

from typing import Literal

Language = Literal["zh", "en"]


def choose_language(accept_language: str | None) -> Language:
    """Return the preferred language of an `Accept-Language` header, Chinese unless English is preferred.

    A malformed header or an unknown language gives Chinese: a header must never fail a request.
    """
    best: Language = "zh"
    best_weight = 0.0
    for part in (accept_language or "")[:1000].split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if primary in {"zh", "*"} and weight > best_weight:
            best, best_weight = "zh", weight
        elif primary == "en" and weight > best_weight:
            best, best_weight = "en", weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    digits = value.strip()
    if len(digits) > 5 or not digits.replace(".", "", 1).isascii() or not digits.replace(".", "", 1).isdigit():  # noqa: PLR2004  # "0.123" is the longest weight of RFC 9110
        return 0.0
    return min(float(digits), 1.0)
