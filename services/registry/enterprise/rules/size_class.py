"""The statistical size class of an enterprise, from its industry and its last accepted filing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.registry.enterprise.rules.enterprise import SizeClass
from shared.policy.rule_set import Hit, RuleSet

POLICY = "size_class"
CLASS_OF_ROW = {
    "none": SizeClass.MICRO,
    "small": SizeClass.SMALL,
    "medium": SizeClass.MEDIUM,
    "large": SizeClass.LARGE,
}
ORDER = list(SizeClass)
_INDUSTRIES = "industries_"


class SizeBasis(StrEnum):
    """Why an enterprise has a size class, or why it has none."""

    CLASSED = "CLASSED"
    NO_CLASS = "NO_CLASS"
    OWN_RULE = "OWN_RULE"
    INDUSTRY_UNKNOWN = "INDUSTRY_UNKNOWN"
    NO_FILING = "NO_FILING"


_BARE: Mapping[str, SizeBasis] = {"unclassed": SizeBasis.NO_CLASS, "own_rule": SizeBasis.OWN_RULE}
"""Names in the list of industries that are none."""


class SizeStale(StrEnum):
    """Why a size class is older than one might think."""

    FILING_OLD = "FILING_OLD"
    RULES_CHANGED = "RULES_CHANGED"


@dataclass(frozen=True, slots=True)
class SizeStaleReason:
    """One reason with the way out."""

    code: SizeStale
    text_zh: str
    text_en: str
    way_out_zh: str
    way_out_en: str


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """What a size class is computed from: people and fen, of one accepted filing."""

    staff: int
    revenue_fen: int
    assets_fen: int


@dataclass(frozen=True, slots=True)
class SizeAnswer:
    """A size class, or why there is none; `hits` are the bounds that decided."""

    basis: SizeBasis
    size_class: SizeClass | None
    note_zh: str
    note_en: str
    hits: tuple[Hit, ...] = ()


_NOTES = {
    SizeBasis.CLASSED: ("取各指标中最低的一档", "the lowest class of all indicators"),
    SizeBasis.NO_CLASS: ("国统字〔2017〕213号未对该行业划型", "no class in No. 213 of 2017 for this industry"),
    SizeBasis.OWN_RULE: ("金融业另有划型标准，不适用213号文", "finance has a rule of its own; No. 213 does not apply"),
    SizeBasis.INDUSTRY_UNKNOWN: ("未登记行业代码，无法划型", "no industry code is registered"),
    SizeBasis.NO_FILING: ("没有已受理的年度数据，无法划型", "no accepted annual filing yet"),
}


def size_class(
    rule_set: RuleSet, *, industry_code: str | None, staff: int, revenue_fen: int, assets_fen: int
) -> SizeClass | None:
    """Return the size class, or None where the industry is unknown, has a rule of its own or no class.

    Large, medium and small need every indicator of the industry at or above the lower bound; the lowest one decides.

    Source: R-SIZE-01 (国统字〔2017〕213号 附表).
    """
    figures = SizeFigures(staff, revenue_fen, assets_fen)
    return size_answer(rule_set, industry_code=industry_code, figures=figures).size_class


def size_answer(rule_set: RuleSet, *, industry_code: str | None, figures: SizeFigures | None) -> SizeAnswer:
    """Return the size class with why it is so, or why there is none: an industry that No. 213 leaves out has no class.

    Source: R-SIZE-02 (国统字〔2017〕213号 附表; 银发〔2015〕309号 for finance).
    """
    if industry_code is None:
        return _without(SizeBasis.INDUSTRY_UNKNOWN)
    industry = industry_of(rule_set, industry_code)
    if isinstance(industry, SizeBasis):
        return _without(industry)
    if figures is None:
        return _without(SizeBasis.NO_FILING)
    nodes = tables_of(rule_set, industry)
    facts = {"staff": figures.staff, "revenue_fen": figures.revenue_fen, "assets_fen": figures.assets_fen}
    hits = rule_set.evaluate(facts, nodes=nodes).hits
    lowest = min(map(class_of, hits), key=ORDER.index)
    return SizeAnswer(SizeBasis.CLASSED, lowest, *_NOTES[SizeBasis.CLASSED], hits=hits)


def industry_of(rule_set: RuleSet, industry_code: str) -> str | SizeBasis:
    """Return the industry of the table that a code belongs to, or why it has no class.

    Source: R-SIZE-02 (国统字〔2017〕213号 附表; 银发〔2015〕309号 for finance).
    """
    for name in rule_set.parameters:
        prefixes = rule_set.param_list(name) if name.startswith(_INDUSTRIES) else ()
        if any(industry_code.startswith(prefix) for prefix in prefixes):
            industry = name.removeprefix(_INDUSTRIES)
            return _BARE.get(industry, industry)
    return SizeBasis.NO_CLASS


def tables_of(rule_set: RuleSet, industry: str) -> frozenset[str]:
    """Return the tables that class an industry, one for each of its indicators.

    Source: R-SIZE-01 (国统字〔2017〕213号 附表).
    """
    return frozenset(one.node for one in rule_set.indicators if one.node and one.node.rpartition("_")[0] == industry)


def stale_reasons(
    *, filing_year: int | None, listed_version: str | None, version: str, today: date
) -> tuple[SizeStaleReason, ...]:
    """Tell whether a size class rests on figures older than last year's, or is listed by other rules than today's.

    Args:
        filing_year: year of the newest accepted filing; None if there is none, then nothing is stale.
        listed_version: version of the rules by which the class that lists show was computed.
        version: version of the rules in force.
        today: business date.

    Source: R-SIZE-03 (docs/decisions/37-a-size-class-follows-its-rules.md).
    """
    if filing_year is None:
        return ()
    found: list[SizeStaleReason] = []
    last = today.year - 1
    if filing_year < last:
        found.append(
            SizeStaleReason(
                SizeStale.FILING_OLD,
                f"依据的是{filing_year}年度数据，{last}年度数据尚未受理",
                f"it rests on the figures of {filing_year}; those of {last} were not accepted yet",
                f"请填报并提交{last}年度数据",
                f"file for {last} and submit the filing",
            )
        )
    if listed_version != version:
        found.append(
            SizeStaleReason(
                SizeStale.RULES_CHANGED,
                "企业清单中的规模按已被替代的划型标准得出",
                "the class in the lists was computed by rules that have been replaced",
                "系统会按现行标准自动重算，请稍后再看",
                "it is computed anew by itself; look again later",
            )
        )
    return tuple(found)


def class_of(hit: Hit) -> SizeClass:
    """Return the class that one indicator alone would give.

    Source: R-SIZE-01 (国统字〔2017〕213号 附表).
    """
    return CLASS_OF_ROW[hit.row_id]


def _without(basis: SizeBasis) -> SizeAnswer:
    return SizeAnswer(basis, None, *_NOTES[basis])
