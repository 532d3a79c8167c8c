"""The national tech-SME evaluation (科技型中小企业评价) as advice: five conditions, 100 points, direct pass."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.registry.enterprise.rules.enterprise import IntegrityKind, OpenMark, counting_marks
from services.registry.enterprise.rules.filing import FilingTerms
from services.registry.enterprise.rules.qualification import (
    HeldTitle,
    QualificationKind,
    QualificationStatus,
    status_on,
)
from services.registry.evaluation.rules.dossier_text import mark_of, mark_text, title_of, title_text
from services.registry.evaluation.rules.next_step import cheapest_steps
from services.registry.evaluation.rules.tech_sme_score import Inputs, Score, score, score_gate_open, verdict
from shared.kernel.errors import RefusalCode
from shared.kernel.months import add_months
from shared.policy.decision import DecisionRecord, Fact, Gate
from shared.policy.rule_set import RuleSet

POLICY = "tech_sme_evaluation"

EVALUATION_FILING_MISSING = RefusalCode(
    "evaluation_filing_missing",
    409,
    "缺少 {year} 年度数据，无法评价",
    "Without the annual filing of {year} there is nothing to evaluate",
    "请企业先填报并提交该年度数据。",
    "The enterprise files and submits the data of the year first.",
    hint_zh="PUT /v1/enterprises/{uscc}/filings/{year}。",
    hint_en="PUT /v1/enterprises/{uscc}/filings/{year}.",
)

_MARK, _TITLE = "mark/", "title/"
_MONTHS_OF_YEAR = 12


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that the evaluation looks at, as it stands on the day, and where each part came from."""

    is_resident: bool
    industry_barred: bool
    enterprise_origin: str
    marks: Sequence[OpenMark]
    titles: Sequence[HeldTitle]
    filing: FilingTerms
    filing_origin: str
    class_1_count: int
    class_2_count: int
    portfolio_origin: str


def freeze(dossier: Dossier) -> dict[str, Fact]:
    """Return every fact the evaluation looks at, each with where it came from.

    Source: R-TSE-01 (design: a decision keeps its frozen facts).
    """
    own = dossier.enterprise_origin
    facts = {
        "is_resident": Fact(dossier.is_resident, own),
        "industry_barred": Fact(dossier.industry_barred, own),
        **{
            name: Fact(getattr(dossier.filing, name), dossier.filing_origin)
            for name in ("staff", "science_staff", "revenue_fen", "cost_expense_fen", "assets_fen", "rd_expense_fen")
        },
        "class_1_count": Fact(dossier.class_1_count, dossier.portfolio_origin),
        "class_2_count": Fact(dossier.class_2_count, dossier.portfolio_origin),
    }
    for number, one in enumerate(sorted(dossier.marks, key=lambda mark: (mark.opened_on, mark.kind)), 1):
        facts[f"{_MARK}{number}"] = Fact(mark_text(one), own)
    for number, title in enumerate(sorted(dossier.titles, key=lambda title: (title.kind, title.number)), 1):
        origin = f"registry.qualification/{title.kind.value}/{title.number}"
        facts[f"{_TITLE}{number}"] = Fact(title_text(title), origin)
    return facts


def evaluate(rule_set: RuleSet, facts: Mapping[str, Fact], *, as_of: date) -> DecisionRecord:
    """Evaluate frozen facts; the same facts, day and rule set give the same record.

    Source: R-TSE-02 (国科发政〔2017〕115号 第六条、第七条、第八条).
    """
    inputs = inputs_of(facts)
    points = score(rule_set, inputs)
    gates = conditions(rule_set, facts, points, as_of=as_of)
    bases = direct_pass(rule_set, titles_in(facts), as_of=as_of)
    advice = verdict(gates, bases)
    result = {
        "verdict": advice.value,
        "score_milli": points.total_milli,
        "science_staff_milli": points.science_staff_milli,
        "rd_milli": points.rd_milli,
        "rights_milli": points.rights_milli,
        "counted": list(points.counted),
        "direct_pass": list(bases),
        **cheapest_steps(rule_set, inputs, gates=gates, bases=bases),
    }
    return DecisionRecord.under(
        rule_set,
        as_of=as_of,
        facts=facts,
        result=result,
        lines=points.lines,
        gates=gates,
    )


def conditions(rule_set: RuleSet, facts: Mapping[str, Fact], points: Score, *, as_of: date) -> tuple[Gate, ...]:
    """Return the five conditions in the order of the article; an open gate is a condition that is met.

    Source: R-TSE-04 (国科发政〔2017〕115号 第六条（一）至（五）).
    """
    against = counting_marks(marks_in(facts), today=as_of, years_back=rule_set.param_int("integrity_years_back"))
    return (
        _resident(rule_set, facts),
        _small(rule_set, facts),
        _industry(rule_set, facts),
        _honest(rule_set, against),
        _score_gate(rule_set, points),
    )


def direct_pass(rule_set: RuleSet, titles: Sequence[HeldTitle], *, as_of: date) -> tuple[str, ...]:
    """Return which grounds of direct confirmation a firm has, in the order of the article.

    Source: R-TSE-05 (国科发政〔2017〕115号 第八条).
    """
    valid = [title for title in titles if status_on(title, as_of) is QualificationStatus.VALID]

    def recent(title: HeldTitle, parameter: str) -> bool:
        return add_months(title.valid_from_on, rule_set.param_int(parameter) * _MONTHS_OF_YEAR) > as_of

    grounds = {
        QualificationKind.HNTE: any(title.kind is QualificationKind.HNTE for title in valid),
        QualificationKind.NATIONAL_AWARD: any(
            title.kind is QualificationKind.NATIONAL_AWARD
            and title.award_rank is not None
            and title.award_rank <= rule_set.param_int("award_rank_max")
            and recent(title, "award_years")
            for title in valid
        ),
        QualificationKind.RD_INSTITUTION: any(title.kind is QualificationKind.RD_INSTITUTION for title in valid),
        QualificationKind.STANDARD_LEAD: any(
            title.kind is QualificationKind.STANDARD_LEAD and recent(title, "standard_years") and _led(rule_set, title)
            for title in valid
        ),
    }
    return tuple(kind.value for kind, holds in grounds.items() if holds)


def _led(rule_set: RuleSet, title: HeldTitle) -> bool:
    """Tell whether a firm led a standard: among the first drafting units, where the rule set knows that bound."""
    if "standard_rank_max" not in rule_set.parameters:
        return True
    return title.drafting_rank is not None and title.drafting_rank <= rule_set.param_int("standard_rank_max")


def inputs_of(facts: Mapping[str, Fact]) -> Inputs:
    """Return the numbers that score, out of frozen facts.

    Source: R-TSE-01 (design: a decision keeps its frozen facts).
    """
    return Inputs(**{name: int(facts[name].value or 0) for name in Inputs.__dataclass_fields__})


def marks_in(facts: Mapping[str, Fact]) -> list[OpenMark]:
    """Return the integrity marks out of frozen facts.

    Source: R-TSE-01 (design: a decision keeps its frozen facts).
    """
    return [mark_of(str(fact.value)) for name, fact in facts.items() if name.startswith(_MARK)]


def titles_in(facts: Mapping[str, Fact]) -> list[HeldTitle]:
    """Return the titles out of frozen facts.

    Source: R-TSE-01 (design: a decision keeps its frozen facts).
    """
    return [title_of(str(fact.value), fact.origin) for name, fact in facts.items() if name.startswith(_TITLE)]


def _gate(
    rule_set: RuleSet, code: str, article: str, *, is_open: bool, zh: tuple[str, str], en: tuple[str, str]
) -> Gate:
    return Gate(
        code=code,
        open=is_open,
        label_zh=zh[0],
        label_en=en[0],
        way_out_zh=zh[1],
        way_out_en=en[1],
        article=article,
        source=rule_set.header.source_doc,
        confidence=rule_set.param("pass_score_milli").confidence,
    )


def _resident(rule_set: RuleSet, facts: Mapping[str, Fact]) -> Gate:
    return _gate(
        rule_set,
        "resident_enterprise",
        "第六条第（一）项",
        is_open=bool(facts["is_resident"].value),
        zh=("在中国境内（不含港澳台）注册的居民企业", "以境内注册、具有法人资格的企业申报"),
        en=("a resident enterprise registered in mainland China", "apply as a legal person registered in the mainland"),
    )


def _small(rule_set: RuleSet, facts: Mapping[str, Fact]) -> Gate:
    limits = (("staff", "staff_max"), ("revenue_fen", "sales_max_fen"), ("assets_fen", "assets_max_fen"))
    return _gate(
        rule_set,
        "small_or_medium",
        "第六条第（二）项",
        is_open=all(int(facts[name].value or 0) <= rule_set.param_int(most) for name, most in limits),
        zh=("职工总数、年销售收入和资产总额均不超过上限", "超过上限的企业不属于科技型中小企业，可申报高新技术企业"),
        en=(
            "staff, annual sales and total assets all within the limits",
            "a larger firm is no tech-SME; it can apply to be a high-tech enterprise",
        ),
    )


def _industry(rule_set: RuleSet, facts: Mapping[str, Fact]) -> Gate:
    return _gate(
        rule_set,
        "industry_allowed",
        "第六条第（三）项",
        is_open=not facts["industry_barred"].value,
        zh=("产品和服务不属于国家规定的禁止、限制和淘汰类", "调整主营产品和服务后再申报"),
        en=(
            "products and services are in no prohibited, restricted or phased-out list",
            "change the main products first",
        ),
    )


def _honest(rule_set: RuleSet, against: tuple[IntegrityKind, ...]) -> Gate:
    named = "、".join(kind.value for kind in against)
    return _gate(
        rule_set,
        "integrity",
        "第六条第（四）项",
        is_open=not against,
        zh=(
            "上一年及当年未发生重大安全质量事故、严重环境违法和科研失信，且未列入经营异常和严重违法失信名单",
            f"请先移出名单或待期满：{named}" if against else "保持良好诚信记录",
        ),
        en=(
            "no major accident, environmental breach or research dishonesty this year and last, and on neither list",
            f"leave the list, or wait until the years have passed: {named}" if against else "keep the record clean",
        ),
    )


def _score_gate(rule_set: RuleSet, points: Score) -> Gate:
    return _gate(
        rule_set,
        "score",
        "第六条第（五）项",
        is_open=score_gate_open(rule_set, points),
        zh=("综合评价得分达到下限，且科技人员指标得分不为零", "见所列最省的单项改进"),
        en=(
            "the total score reaches the bound and science staff score above zero",
            "see the smallest single improvement that is named",
        ),
    )
