"""The unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters, the last one a check character."""

from enum import StrEnum

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 symbols: digits and capitals without I, O, S, V, Z."""
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LENGTH = 18


class SubjectKind(StrEnum):
    """What kind of subject the first two characters name."""

    ENTERPRISE = "enterprise"
    INDIVIDUAL_BUSINESS = "individual_business"
    FARMER_COOPERATIVE = "farmer_cooperative"
    OTHER = "other"


def is_well_formed(code: str) -> bool:
    """Tell whether `code` has 18 symbols of the alphabet and a numeric region (positions 3-8)."""
    return len(code) == _LENGTH and all(symbol in _VALUE for symbol in code) and code[2:8].isdecimal()


def check_character(first_17: str) -> str:
    """Return the check character for the first 17 symbols.

    Raises:
        ValueError: not 17 symbols of the alphabet.

    Source: GB 32100-2015, weights 3**(i-1) mod 31.
    """
    if len(first_17) != len(_WEIGHTS) or any(symbol not in _VALUE for symbol in first_17):
        raise ValueError("the first part of a unified social credit code has 17 symbols of its alphabet")
    total = sum(_VALUE[symbol] * weight for symbol, weight in zip(first_17, _WEIGHTS, strict=True))
    return ALPHABET[-total % len(ALPHABET)]


def is_valid(code: str) -> bool:
    """Tell whether `code` is well formed and its check character agrees."""
    return is_well_formed(code) and check_character(code[:-1]) == code[-1]


def classify(code: str) -> SubjectKind:
    """Return the kind of subject; only codes that begin with 91 are companies."""
    kinds = {
        "91": SubjectKind.ENTERPRISE,
        "92": SubjectKind.INDIVIDUAL_BUSINESS,
        "93": SubjectKind.FARMER_COOPERATIVE,
    }
    return kinds.get(code[:2], SubjectKind.OTHER)
