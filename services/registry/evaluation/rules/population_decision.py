"""One rule set decided for many firms at once, in columns; each must say what the rule for one firm says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.registry.enterprise.rules import size_class as sizes
from services.registry.enterprise.rules.enterprise import counting_marks
from services.registry.enterprise.rules.qualification import QualificationStatus, status_on
from services.registry.evaluation.rules import tech_sme_evaluation
from services.registry.evaluation.rules.population_fact import FirmColumns, Mask, Numbers, once, ratio_ppm_of
from services.registry.evaluation.rules.tech_sme_score import Verdict
from services.registry.ladder.rules.register_application import filing_years
from shared.kernel.money import PPM
from shared.policy.columns import Column, ColumnTables, TableHits
from shared.policy.problem import RuleSetInvalid
from shared.policy.rule_set import RuleSet

_MOST_RATIO = 1_000 * PPM
Texts = NDArray[np.object_]


class PopulationPolicy(StrEnum):
    """The policies that can be decided for all enterprises at once."""

    TECH_SME = tech_sme_evaluation.POLICY
    SIZE_CLASS = sizes.POLICY
    REGISTER = "tech_enterprise_register"


class PopulationVerdict(StrEnum):
    """What a run says of a firm, in the words of the policy."""

    QUALIFIED = "QUALIFIED"
    QUALIFIED_DIRECT = "QUALIFIED_DIRECT"
    NOT_QUALIFIED = "NOT_QUALIFIED"
    CONDITIONS_MET = "CONDITIONS_MET"
    CONDITIONS_NOT_MET = "CONDITIONS_NOT_MET"
    MICRO = "MICRO"
    SMALL = "SMALL"
    MEDIUM = "MEDIUM"
    LARGE = "LARGE"
    NO_CLASS = "NO_CLASS"
    OWN_RULE = "OWN_RULE"
    INDUSTRY_UNKNOWN = "INDUSTRY_UNKNOWN"
    FILING_MISSING = "FILING_MISSING"


FILING_MISSING = PopulationVerdict.FILING_MISSING.value
MEETS, MEETS_NOT = PopulationVerdict.CONDITIONS_MET.value, PopulationVerdict.CONDITIONS_NOT_MET.value


@dataclass(frozen=True, slots=True)
class Decided:
    """What one rule set says of each firm.

    Attributes:
        verdicts: the verdict in the words of its policy; `FILING_MISSING` where nothing could be decided.
        scores_milli: points in thousandths, None where the rule set scores nothing.
        gates: bit n is set where condition n of the policy is met, first condition = bit 0; 0 without conditions.
        hits: the rows hit, table after table, with a blank between; empty where none was looked at.
    """

    verdicts: Texts
    scores_milli: Numbers | None
    gates: Numbers
    hits: Texts

    def columns(self) -> tuple[Sequence[str], Sequence[int | None], Sequence[int], Sequence[str]]:
        """Return verdict, score, gates and hits, each of all firms; no score where nothing could be decided."""
        if self.scores_milli is None:
            scores: list[int | None] = list(repeat(None, len(self.verdicts)))
        else:
            known = self.scores_milli.astype(np.object_)
            known[self.verdicts == FILING_MISSING] = None
            scores = known.tolist()
        return self.verdicts.tolist(), scores, self.gates.tolist(), self.hits.tolist()

    def rows(self) -> list[tuple[str, int | None, int, str]]:
        """Return verdict, score, gates and hits of each firm."""
        return list(zip(*self.columns(), strict=True))


Decide = Callable[[FirmColumns, date], Decided]


def decider(rule_set: RuleSet) -> Decide:
    """Return what decides a rule set for many firms.

    Raises:
        RuleSetInvalid: it cannot be decided in columns, in words.

    Source: R-POP-02 (design: columns decide what the rule for one firm decides).
    """
    made = _DECIDERS.get(rule_set.policy)
    if made is None:
        raise RuleSetInvalid(f"{rule_set.policy} {rule_set.version} cannot be decided in columns: no columns are known")
    return made(rule_set)


def _tech_sme(rule_set: RuleSet) -> Decide:
    tables = ColumnTables.of(rule_set)
    number = rule_set.param_int

    def decide(firms: FirmColumns, as_of: date) -> Decided:
        found = tables.evaluate(_tech_sme_facts(firms))
        points = {name: hits.points_milli() for name, hits in found.items()}
        staff = points["science_staff"]
        total = (
            staff
            + np.maximum(points["rd_by_sales"], points["rd_by_cost"])
            + np.maximum(points["class_1_rights"], points["class_2_rights"])
        )
        held = firms.numbers
        small = (
            (held["staff"] <= number("staff_max"))
            & (held["revenue_fen"] <= number("sales_max_fen"))
            & (held["assets_fen"] <= number("assets_max_fen"))
        )
        enough = (total >= number("pass_score_milli")) & (staff > 0)
        resident = firms.in_business & firms.legal_person
        gates = [resident, small, ~firms.industry_barred, _honest(firms, rule_set, as_of), enough]
        direct = firms.judged_titles(lambda titles: tech_sme_evaluation.direct_pass(rule_set, titles, as_of=as_of))
        with_direct = np.fromiter(map(bool, direct), dtype=np.bool_, count=len(firms))
        first_four = np.logical_and.reduce(gates[:4])
        verdicts = np.select(
            [first_four & with_direct, first_four & enough],
            [Verdict.QUALIFIED_DIRECT.value, Verdict.QUALIFIED.value],
            Verdict.NOT_QUALIFIED.value,
        ).astype(np.object_)
        filed = _filed(firms, rule_set, as_of)
        return _told(filed, Decided(verdicts, total, _bits(gates), _hit_rows(list(found.values()))))

    return decide


def _tech_sme_facts(firms: FirmColumns) -> dict[str, Column]:
    held = firms.numbers
    return {
        "science_staff_ppm": Column(*ratio_ppm_of(held["science_staff"], held["staff"])),
        "rd_sales_ppm": Column(*ratio_ppm_of(held["rd_expense_fen"], held["revenue_fen"])),
        "rd_cost_ppm": Column(*ratio_ppm_of(held["rd_expense_fen"], held["cost_expense_fen"])),
        "class_1_count": Column.whole(held["class_1_count"]),
        "class_2_count": Column.whole(held["class_2_count"]),
    }


def _register(rule_set: RuleSet) -> Decide:
    number = rule_set.param_int
    science_min, rd_min = number("science_staff_min_ppm"), number("rd_revenue_min_ppm")
    if max(science_min, rd_min) > _MOST_RATIO:
        raise RuleSetInvalid(
            f"{rule_set.policy} {rule_set.version} cannot be decided in columns: a share above a thousandfold"
        )
    accepted = set(rule_set.param_list("titles_accepted"))

    def decide(firms: FirmColumns, as_of: date) -> Decided:
        held = firms.numbers
        science, with_staff = ratio_ppm_of(held["science_staff"], held["staff"])
        rd_share, with_revenue = ratio_ppm_of(held["rd_expense_fen"], held["revenue_fen"])
        titled = firms.judged_titles(
            lambda titles: any(
                one.kind.value in accepted and status_on(one, as_of) is QualificationStatus.VALID for one in titles
            )
        )
        basic = [firms.in_business, firms.legal_person, ~firms.industry_barred, _honest(firms, rule_set, as_of)]
        others = [
            (with_staff & (science >= science_min)) | (held["senior_title_staff"] >= number("senior_title_min")),
            with_revenue & (rd_share >= rd_min),
            held["class_1_count"] + held["class_2_count"] >= number("ip_rights_min"),
            held["innovative_products"] >= number("innovative_products_min"),
            np.fromiter(titled, dtype=np.bool_, count=len(firms)),
        ]
        met = np.logical_and.reduce(basic) & np.logical_or.reduce(others)
        verdicts = np.where(met, MEETS, MEETS_NOT).astype(np.object_)
        filed = _filed(firms, rule_set, as_of)
        return _told(filed, Decided(verdicts, None, _bits([*basic, *others]), _texts("", len(firms))))

    return decide


def _size_class(rule_set: RuleSet) -> Decide:
    tables = ColumnTables.of(rule_set)
    known: dict[str | None, str | sizes.SizeBasis] = {}

    def decide(firms: FirmColumns, as_of: date) -> Decided:  # noqa: ARG001  # a size class has no day but its filing's
        verdicts, hits = _texts("", len(firms)), _texts("", len(firms))
        said = once(firms.industry_codes, lambda code: _industry(rule_set, code), known)
        places: dict[str | sizes.SizeBasis, list[int]] = {}
        for place, industry in enumerate(said):
            places.setdefault(industry, []).append(place)
        for industry, held in places.items():
            at = np.array(held, dtype=np.intp)
            if isinstance(industry, sizes.SizeBasis):
                verdicts[at] = industry.value
                continue
            filed = firms.filing_year[at] > 0
            verdicts[at[~filed]] = FILING_MISSING
            at = at[filed]
            facts = {name: Column.whole(firms.numbers[name][at]) for name in ("staff", "revenue_fen", "assets_fen")}
            found = list(tables.evaluate(facts, nodes=sizes.tables_of(rule_set, industry)).values())
            verdicts[at], hits[at] = _lowest(found), _hit_rows(found)
        return Decided(verdicts, None, np.zeros(len(firms), dtype=np.int64), hits)

    return decide


def _industry(rule_set: RuleSet, code: str | None) -> str | sizes.SizeBasis:
    return sizes.SizeBasis.INDUSTRY_UNKNOWN if code is None else sizes.industry_of(rule_set, code)


def _lowest(found: Sequence[TableHits]) -> Texts:
    """Return the lowest class that the tables of an industry give to each firm."""
    ranks = []
    for hits in found:
        # A row for an unknown figure is hit by nobody: the figures of a filing are all there.
        classes = [sizes.CLASS_OF_ROW.get(row.row_id) for row in hits.table.rows]
        ranks.append(np.array([-1 if one is None else sizes.ORDER.index(one) for one in classes])[hits.places])
    words = np.array([one.value for one in sizes.ORDER], dtype=np.object_)
    lowest: Texts = words[np.minimum.reduce(ranks)]
    return lowest


_DECIDERS: Mapping[str, Callable[[RuleSet], Decide]] = {
    PopulationPolicy.TECH_SME: _tech_sme,
    PopulationPolicy.SIZE_CLASS: _size_class,
    PopulationPolicy.REGISTER: _register,
}


def _honest(firms: FirmColumns, rule_set: RuleSet, as_of: date) -> Mask:
    years = rule_set.param_int("integrity_years_back")
    return firms.judged_marks(lambda marks: not counting_marks(marks, today=as_of, years_back=years))


def _filed(firms: FirmColumns, rule_set: RuleSet, as_of: date) -> Mask:
    """Return where the newest filing is of a year that a decision of the day may stand on."""
    return np.isin(firms.filing_year, filing_years(as_of, rule_set))


def _told(filed: Mask, decided: Decided) -> Decided:
    """Say of firms without a filing that it is missing, and nothing else."""
    return Decided(
        np.where(filed, decided.verdicts, FILING_MISSING).astype(np.object_),
        decided.scores_milli,
        np.where(filed, decided.gates, 0),
        np.where(filed, decided.hits, "").astype(np.object_),
    )


def _bits(gates: Sequence[Mask]) -> Numbers:
    found = np.zeros(len(gates[0]), dtype=np.int64)
    for place, gate in enumerate(gates):
        found |= gate.astype(np.int64) << place
    return found


def _hit_rows(found: Sequence[TableHits]) -> Texts:
    """Return the ids of the rows hit, table after table; each set of rows that occurs is worded once."""
    numbers = np.zeros(len(found[0].places), dtype=np.int64)
    for hits in found:
        numbers = numbers * len(hits.table.rows) + hits.places
    _, first, where = np.unique(numbers, return_index=True, return_inverse=True)
    worded = [" ".join(hits.table.rows[hits.places[one]].row_id for hits in found) for one in first]
    texts: Texts = np.array(worded, dtype=np.object_)[where]
    return texts


def _texts(word: str, length: int) -> Texts:
    found: NDArray[Any] = np.full(length, word, dtype=np.object_)
    return found
