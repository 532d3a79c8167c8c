"""The frozen facts of one firm in a run over all of them, and the same facts of many firms in columns."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from services.registry.enterprise.rules.enterprise import EnterpriseStatus, LegalForm, OpenMark, is_legal_person
from services.registry.enterprise.rules.filing import FilingTerms
from services.registry.enterprise.rules.qualification import HeldTitle
from services.registry.evaluation.rules.dossier_text import mark_of, title_of
from services.registry.evaluation.rules.tech_sme_evaluation import Dossier
from shared.kernel.money import PPM

BETWEEN = "|"
"""Stands between the marks of a firm, and between its titles."""
_MOST_TIMES = 1_000
_STEP = 1_000
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
Text = TypeVar("Text")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class FirmFacts:
    """All that the rule sets of a run look at, of one firm, as it stood when its range was read.

    Attributes:
        filing_year: year of the newest accepted filing, None where there is none; its numbers are then 0.
        filing_version: its version, kept for ever.
        portfolio_version: version of the IP summary, None where none was received; the counts are then 0.
        marks: integrity marks as `mark_text` writes them, by day and kind.
        titles: titles as `title_text` writes them, by kind and number.
    """

    uscc: str
    enterprise_version: int
    status: str
    legal_form: str
    industry_barred: bool
    industry_code: str | None
    filing_year: int | None
    filing_version: int | None
    staff: int
    science_staff: int
    senior_title_staff: int
    revenue_fen: int
    cost_expense_fen: int
    assets_fen: int
    rd_expense_fen: int
    innovative_products: int
    portfolio_version: int | None
    class_1_count: int
    class_2_count: int
    marks: str
    titles: str


FACTS = tuple(FirmFacts.__dataclass_fields__)
"""The names of the facts, in the order in which they are read and kept."""
_NUMBERS = (
    "staff", "science_staff", "senior_title_staff", "revenue_fen", "cost_expense_fen", "assets_fen", "rd_expense_fen",
    "innovative_products", "class_1_count", "class_2_count",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FirmColumns:
    """The facts of many firms, each fact a column; `filing_year` is 0 where there is no filing."""

    usccs: Sequence[str]
    numbers: dict[str, Numbers]
    filing_year: Numbers
    in_business: Mask
    legal_person: Mask
    industry_barred: Mask
    industry_codes: Sequence[str | None]
    marks: Sequence[str]
    titles: Sequence[str]

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> Self:
        """Return the columns of rows that hold `FACTS` in their order."""
        held = dict(zip(FACTS, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(FACTS, ())
        persons = {form.value: is_legal_person(form) for form in LegalForm}
        return cls(
            usccs=held["uscc"],
            numbers={name: np.array(held[name], dtype=np.int64) for name in _NUMBERS},
            filing_year=np.array([year or 0 for year in held["filing_year"]], dtype=np.int64),
            in_business=_mask(one == EnterpriseStatus.ACTIVE.value for one in held["status"]),
            legal_person=_mask(persons[one] for one in held["legal_form"]),
            industry_barred=_mask(held["industry_barred"]),
            industry_codes=held["industry_code"],
            marks=held["marks"],
            titles=held["titles"],
        )

    def __len__(self) -> int:
        """Return how many firms there are."""
        return len(self.usccs)

    def judged_marks(self, judge: Callable[[list[OpenMark]], bool]) -> Mask:
        """Return what a rule says of the marks of each firm; what is worded alike is asked once."""
        return _mask(once(self.marks, lambda text: judge(marks_said(text))))

    def judged_titles(self, judge: Callable[[list[HeldTitle]], Value]) -> list[Value]:
        """Return what a rule says of the titles of each firm; what is worded alike is asked once."""
        return once(self.titles, lambda text: judge(titles_said(text)))


def row_of(facts: FirmFacts) -> tuple[Any, ...]:
    """Return facts as a row of `FACTS`.

    Source: R-POP-01 (design: the facts of a run are frozen, so that it replays).
    """
    row: tuple[Any, ...] = attrgetter(*FACTS)(facts)
    return row


def marks_said(text: str) -> list[OpenMark]:
    """Return the marks that a frozen text says.

    Source: R-POP-01 (design: the facts of a run are frozen, so that it replays).
    """
    return [mark_of(one) for one in text.split(BETWEEN)] if text else []


def titles_said(text: str) -> list[HeldTitle]:
    """Return the titles that a frozen text says; their numbers are not kept, no rule looks at them.

    Source: R-POP-01 (design: the facts of a run are frozen, so that it replays).
    """
    return [title_of(one, str(place)) for place, one in enumerate(text.split(BETWEEN), 1)] if text else []


def dossier_of(facts: FirmFacts) -> Dossier:
    """Return what the evaluation of one firm looks at, out of the frozen facts of a run.

    Source: R-POP-01 (design: the facts of a run are frozen, so that it replays).
    """
    named = {name: getattr(facts, name) for name in FilingTerms.model_fields if name in FACTS}
    received = "none received" if facts.portfolio_version is None else f"v{facts.portfolio_version}"
    return Dossier(
        is_resident=facts.status == EnterpriseStatus.ACTIVE.value and is_legal_person(LegalForm(facts.legal_form)),
        industry_barred=facts.industry_barred,
        enterprise_origin=f"registry.enterprise/{facts.uscc}@v{facts.enterprise_version}",
        marks=marks_said(facts.marks),
        titles=titles_said(facts.titles),
        # No rule of a run looks at the R&D staff, so it is not frozen; the filing keeps it under its version.
        filing=FilingTerms.model_validate({**named, "rd_staff": 0}),
        filing_origin=f"registry.filing.accepted/{facts.uscc}/{facts.filing_year}@v{facts.filing_version}",
        class_1_count=facts.class_1_count,
        class_2_count=facts.class_2_count,
        portfolio_origin=f"ipr.portfolio.changed/{facts.uscc}@{received}",
    )


def ratio_ppm_of(part: Numbers, whole: Numbers) -> tuple[Numbers, Mask]:
    """Return `part / whole` in parts per million, rounded down and at most a thousandfold, and where `whole` is not 0.

    It is divided in steps of a thousand, so that nothing leaves 64 bits for any two amounts of money.

    Source: R-POP-02 (design: a ratio is rounded down, so that comparison with a bound stays exact).
    """
    known = whole != 0
    by = np.where(known, whole, 1)
    times, rest = np.divmod(part, by)
    thousandths, rest = np.divmod(rest * _STEP, by)
    millionths = rest * _STEP // by
    found = np.minimum(times, _MOST_TIMES) * PPM + thousandths * _STEP + millionths
    return np.minimum(found, _MOST_TIMES * PPM), known


def once(texts: Iterable[Text], judge: Callable[[Text], Value], said: dict[Text, Value] | None = None) -> list[Value]:
    """Return what `judge` says of each text, asked once for all that are alike.

    Args:
        texts: one of each firm.
        judge: the rule for one firm; it looks at the text alone.
        said: what it said before, over many ranges; what it says now is kept there.

    Source: R-POP-02 (design: what cannot be a column is judged by the rule for one firm).
    """
    said = {} if said is None else said
    found = []
    for text in texts:
        if text not in said:
            said[text] = judge(text)
        found.append(said[text])
    return found


def _mask(values: Iterable[bool]) -> Mask:
    return np.fromiter(values, dtype=np.bool_)
