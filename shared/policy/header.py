"""What a rule set says about itself: name, period, source; and how far each of its numbers can be trusted."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    field_validator,
    model_validator,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Value = StrictInt | StrictBool | StrictStr | tuple[StrictInt, ...] | tuple[StrictStr, ...]

MAX_INTEGER = 2**53 - 1
"""Above it a JSON reader may round."""


class Entry(BaseModel):
    """A part of a rule set: frozen, and unknown words are typing errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Confidence(StrEnum):
    """How far a number can be trusted."""

    OFFICIAL = "official"
    """The document itself was read: the regulation or the issuing body's own page."""
    REPORTED = "reported"
    """Restated by others: the press, an agency, a mirror of the text."""
    ASSUMED = "assumed"
    """Ours, until a source is found."""


class PolicyStatus(StrEnum):
    """Only published versions are picked; a retired one stays for replay."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class BasisStanding(StrEnum):
    """Whether the act behind a rule set still stands."""

    STANDS = "STANDS"
    CONTINUED = "CONTINUED"
    """The act has ended; the rule set goes on by a recorded decision."""
    ENDED = "ENDED"


class LegalBasis(Entry):
    """The end of the act behind a rule set, and the recorded decision by which the rule set goes on all the same.

    Attributes:
        ended_on: last day of the act.
        note_zh: both in words, for whoever reads an answer, in Chinese.
        note_en: the same in English.
        continued_by: the decision, None where the rule set ends with its basis.
        continued_on: its day.
    """

    ended_on: date
    note_zh: Text
    note_en: Text
    continued_by: Text | None = None
    continued_on: date | None = None


class Header(Entry):
    """Name, period and legal source of one version; both days of the period are included.

    Attributes:
        supersedes: the version of the same policy whose reading this one corrects: it answers for all days that both
            cover, and the corrected one stays for the replay of what was decided by it.
        issued_on: day of the source, None where it is not known.
        legal_basis: set where the act behind the rule set has ended.
    """

    policy: Name
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}\.[0-9]+$")]
    title_zh: Text
    title_en: Text
    effective_from: date
    effective_to: date | None
    source_doc: Text
    source_no: Text
    articles: tuple[Text, ...]
    status: PolicyStatus
    supersedes: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}\.[0-9]+$")] | None = None
    issued_on: date | None = None
    legal_basis: LegalBasis | None = None

    @property
    def basis_standing(self) -> BasisStanding:
        """Whether the act behind this version still stands."""
        if self.legal_basis is None:
            return BasisStanding.STANDS
        return BasisStanding.ENDED if self.legal_basis.continued_by is None else BasisStanding.CONTINUED

    @model_validator(mode="after")
    def _period_runs_forward(self) -> Self:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to lies before effective_from")
        if self.supersedes == self.version:
            raise ValueError("a version cannot supersede itself")
        return self

    @model_validator(mode="after")
    def _goes_on_by_a_decision(self) -> Self:
        basis = self.legal_basis
        if basis is None or (self.effective_to is not None and self.effective_to <= basis.ended_on):
            return self
        if basis.continued_by is None or basis.continued_on is None:
            raise ValueError("the legal basis ends before the rule set: it goes on by a recorded decision only")
        return self

    def in_force(self, on: date) -> bool:
        """Tell whether the period covers `on`."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


class Parameter(Entry):
    """One dated number, word or list with its source; `source_on` is the day of that source, where it is known."""

    value: Value
    unit: Text
    confidence: Confidence
    source: Text
    article: str
    label_zh: Text
    label_en: Text
    source_on: date | None = None

    @field_validator("value", mode="before")
    @classmethod
    def _is_exact(cls, value: object) -> object:
        """Refuse what JSON would carry but money must not, before a union turns it into something else."""
        parts: Sequence[object] = value if isinstance(value, list | tuple) else [value]
        if len({type(part) for part in parts}) != 1:
            raise ValueError("a list holds numbers alone or texts alone")
        for part in parts:
            if not isinstance(part, int | str):
                raise ValueError("a value is a whole number, a text, true, false, or a list of numbers or of texts")  # noqa: TRY004  # pydantic collects ValueErrors
            if isinstance(part, int) and abs(part) > MAX_INTEGER:
                raise ValueError("a number is above 2**53 - 1: a JSON reader may round it")
        return tuple(parts) if isinstance(value, list | tuple) else value


class Direction(StrEnum):
    """Which way is better for the enterprise."""

    HIGHER = "higher"
    LOWER = "lower"


class Indicator(Entry):
    """A scored indicator: the table that scores it and what people call it.

    `node` None means that no table scores it: a rule of the service computes it, or it cannot be assessed yet;
    `note_zh` and `note_en` then say which.
    """

    id: Name
    node: Name | None
    input: Name | None
    unit: Text
    label_zh: Text
    label_en: Text
    max_points_milli: Annotated[int, Field(ge=0, le=MAX_INTEGER)]
    confidence: Confidence
    source: Text
    article: str
    direction: Direction = Direction.HIGHER
    note_zh: str | None = None
    note_en: str | None = None
    source_on: date | None = None

    @model_validator(mode="after")
    def _says_why_not(self) -> Self:
        if (self.node is None) is not (self.input is None):
            raise ValueError("an indicator names a table and its input, or neither")
        if self.node is None and not (self.note_zh and self.note_en):
            raise ValueError("an indicator without a table says why in note_zh and note_en")
        return self


class CellSource(Entry):
    """Where the numbers of one column of a table come from; `rows` empty stands for all rows without their own source.

    Tables that score an indicator have their source with the indicator; this is for the others, such as grades.
    """

    table: Name
    column: Name
    rows: tuple[Name, ...] = ()
    measure: Text
    confidence: Confidence
    source: Text
    article: str
    label_zh: Text
    label_en: Text
    source_on: date | None = None
