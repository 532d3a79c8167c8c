"""How a number and the end of a legal basis are answered, the same on every page."""

from datetime import date
from typing import Self

from pydantic import BaseModel

from shared.policy.header import BasisStanding, Confidence, Header, LegalBasis
from shared.policy.number import Number, parameter_number
from shared.policy.rule_set import RuleSet


class NumberRead(BaseModel):
    """One number, word or list with its source; `measure` says what it is counted in, such as fen, ppm or months."""

    name: str
    value: int | str | bool | list[int | str]
    measure: str
    value_text_zh: str
    value_text_en: str
    label_zh: str
    label_en: str
    source: str
    article: str
    source_on: date
    confidence: Confidence

    @classmethod
    def of(cls, number: Number) -> Self:
        """Return a number as it is answered."""
        value = list(number.value) if isinstance(number.value, tuple) else number.value
        return cls.model_validate({name: getattr(number, name) for name in Number.__slots__} | {"value": value})


_KEPT: dict[tuple[str, tuple[str, ...]], list[NumberRead]] = {}
"""A published version never changes, so what is shown of it is made once: an answer that books money has no time."""


def numbers_of(rule_set: RuleSet | None, names: tuple[str, ...]) -> list[NumberRead]:
    """Return the named numbers of a rule set as they are answered beside what they decided; none without a rule set.

    Raises:
        KeyError: the rule set has none of a name.

    Source: K-POL-11 (docs/rules/kernel.md).
    """
    if rule_set is None:
        return []
    key = (rule_set.sha256, names)
    if key not in _KEPT:
        _KEPT[key] = [NumberRead.of(parameter_number(rule_set, name)) for name in names]
    return _KEPT[key]


class LegalBasisRead(BaseModel):
    """The act behind the rule set has ended; it goes on by the decision `continued_by`, or not at all."""

    ended_on: date
    note_zh: str
    note_en: str
    continued_by: str | None
    continued_on: date | None

    @classmethod
    def of(cls, basis: LegalBasis | None) -> Self | None:
        """Return the end of a legal basis as it is answered, None while it stands."""
        return None if basis is None else cls.model_validate(basis.model_dump())


class BasisRead(BaseModel):
    """The standing of the act behind a rule set, in a list; null where the rule set is not held any more."""

    basis_standing: BasisStanding | None
    basis_ended_on: date | None

    @classmethod
    def of_header(cls, header: Header | None) -> Self:
        """Return the standing of the act behind a rule set."""
        if header is None:
            return cls(basis_standing=None, basis_ended_on=None)
        ended_on = None if header.legal_basis is None else header.legal_basis.ended_on
        return cls(basis_standing=header.basis_standing, basis_ended_on=ended_on)
