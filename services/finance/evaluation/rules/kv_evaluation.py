"""The knowledge-value evaluation: score, grade, limit and article-6 uplift, each point explained and replayable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.finance.evaluation.rules import kv_explain
from services.finance.evaluation.rules.kv_explain import Part
from services.finance.evaluation.rules.kv_fact import fact_values
from shared.kernel.errors import RefusalCode
from shared.kernel.money import PPM, div_half_up, mul_ppm_half_up
from shared.kernel.months import add_months
from shared.kernel.shape import Read
from shared.policy.decision import DecisionRecord, Fact, canonical
from shared.policy.explain import IndicatorLine, lines
from shared.policy.rule_set import RuleSet

POLICY = "kvc_evaluation"
UPLIFT_POLICY = "rd_uplift"
NO_GRADE = "NONE"
TIERED = frozenset({"rd_ratio", "rd_amount", "rd_growth", "talent"})

RULE_SET_NOT_HELD = RefusalCode(
    code="rule_set_not_held",
    status=409,
    title_zh="数据库中没有该评价所用的规则版本：{sha256}",
    title_en="The database does not hold the rule set of this evaluation: {sha256}",
    way_out_zh="请联系平台管理员恢复已发布的规则版本后重放。",
    way_out_en="Ask the administrator to restore the published rule set, then replay.",
)


@dataclass(frozen=True, slots=True)
class Score:
    """The points of one evaluation in thousandths: two weighted base parts (0-100 each), a bonus, a total."""

    ip_milli: int
    rd_milli: int
    base_milli: int
    bonus_milli: int
    score_milli: int


@dataclass(frozen=True, slots=True)
class Uplift:
    """What article 6 of the plan adds to the limit, and why; money in fen."""

    rate_ppm: int
    uplift_fen: int
    limit_fen: int
    reason_code: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation as decided; both records are canonical JSON and replay to the same bytes."""

    score_milli: int
    grade: str
    base_limit_fen: int
    uplift_fen: int
    limit_fen: int
    gates_open: bool
    on_city_register: bool
    valid_until_on: date
    record: bytes
    uplift_record: bytes


class EvaluationResult(Read):
    """What an evaluation found, as answers tell it; score in thousandths of a point, money in fen."""

    as_of_on: date
    valid_until_on: date
    score_milli: int
    grade: str
    base_limit_fen: int
    uplift_fen: int
    limit_fen: int
    rule_set_version: str


def add_up(parts: Mapping[Part, Sequence[IndicatorLine]], rules: RuleSet) -> Score:
    """Add the points of the lines up: base = 0.60 IP + 0.40 R&D (half up at a thousandth), plus bonus, at most 100.

    Source: F-KV-06 (docs/rules/finance.md).
    """
    ip, rd, bonus = (sum(line.points_milli for line in parts[part]) for part in (Part.IP, Part.RD, Part.BONUS))
    bonus = min(bonus, rules.param_int("bonus_max_milli"))
    base = div_half_up(ip * rules.param_int("weight_ip_ppm") + rd * rules.param_int("weight_rd_ppm"), PPM)
    return Score(ip, rd, base, bonus, min(rules.param_int("score_max_milli"), base + bonus))


def evaluate(facts: Mapping[str, Fact], rules: RuleSet, uplift_rules: RuleSet, as_of: date) -> Evaluation:
    """Evaluate frozen facts under two rule sets; the same facts give the same bytes in any process.

    Source: F-KV-07 (docs/rules/finance.md).
    """
    record, base_limit_fen = _score_record(facts, rules, as_of)
    uplift_facts = {
        "base_limit_fen": Fact(base_limit_fen, f"{rules.policy}/{rules.version}"),
        **{name: facts[name] for name in ("tech_enterprise_valid", "tech_sme_valid", "super_deduction_fen")},
    }
    uplift = decide_uplift(uplift_facts, uplift_rules)
    return Evaluation(
        score_milli=int(record.result["score_milli"]),
        grade=str(record.result["grade"]),
        base_limit_fen=base_limit_fen,
        uplift_fen=uplift.uplift_fen,
        limit_fen=uplift.limit_fen,
        gates_open=all(gate.open for gate in record.gates),
        on_city_register=facts["tech_enterprise_valid"].value is True,
        valid_until_on=add_months(as_of, rules.param_int("validity_months")),
        record=canonical(record),
        uplift_record=canonical(_uplift_record(uplift_facts, uplift, uplift_rules, as_of)),
    )


def _score_record(facts: Mapping[str, Fact], rules: RuleSet, as_of: date) -> tuple[DecisionRecord, int]:
    values = fact_values(facts)
    tiered = rules.evaluate(values, nodes=TIERED)
    by_id = {line.indicator: line for line in lines(rules, tiered, values)}
    parts = {
        Part.IP: [
            kv_explain.rights_line(values, rules),
            by_id["patent_quality"],
            kv_explain.high_value_line(values, rules),
        ],
        Part.RD: [by_id["rd_ratio"], by_id["rd_amount"], by_id["rd_growth"]],
        Part.BONUS: [
            by_id["talent"],
            kv_explain.products_line(values, rules),
            kv_explain.titles_line(values, rules),
        ],
    }
    score = add_up(parts, rules)
    explained = [kv_explain.with_reason(line) for held in parts.values() for line in held]
    graded = rules.evaluate({"score_milli": score.score_milli}, nodes={"grade"}).result["grade"]
    gates = kv_explain.gates(values, rules)
    is_open = all(gate.open for gate in gates)
    result = {
        "ip_milli": score.ip_milli,
        "rd_milli": score.rd_milli,
        "base_milli": score.base_milli,
        "bonus_milli": score.bonus_milli,
        "score_milli": score.score_milli,
        "grade_by_score": graded["grade"],
        "grade": graded["grade"] if is_open else NO_GRADE,
        "base_limit_fen": graded["limit_fen"] if is_open else 0,
        "parts": {part.value: [line.indicator for line in held] for part, held in parts.items()},
        "weights_ppm": {"ip": rules.param_int("weight_ip_ppm"), "rd": rules.param_int("weight_rd_ppm")},
    }
    record = DecisionRecord.under(
        rules,
        as_of=as_of,
        facts=facts,
        result=result,
        lines=explained,
        gates=gates,
    )
    return record, int(graded["limit_fen"]) if is_open else 0


def decide_uplift(facts: Mapping[str, Fact], rules: RuleSet) -> Uplift:
    """Raise the limit of a firm that stands on both registers, by its filed super-deduction, up to the cap.

    A firm only on the city's register gets none and is told why: article 6 names the national 科技型中小企业.

    Source: F-KV-08 (docs/rules/finance.md).
    """
    values = fact_values(facts)
    base_fen = int(values["base_limit_fen"] or 0)
    tier = rules.evaluate(values, nodes={"uplift"}).result["uplift"]
    rate_ppm = int(tier["uplift_ppm"])
    reason = _uplift_reason(values, rate_ppm, needs_tech_sme=rules.param_flag("tech_sme_required"))
    if reason != "granted":
        return Uplift(0, 0, base_fen, reason, *_UPLIFT_TEXTS[reason])
    limit_fen = max(base_fen, min(rules.param_int("cap_fen"), base_fen + mul_ppm_half_up(base_fen, rate_ppm)))
    if limit_fen == base_fen:
        reason = "cap_reached"
    return Uplift(rate_ppm, limit_fen - base_fen, limit_fen, reason, *_UPLIFT_TEXTS[reason])


def _uplift_reason(values: Mapping[str, object], rate_ppm: int, *, needs_tech_sme: bool) -> str:
    checks = (
        ("no_base_limit", values["base_limit_fen"] == 0),
        ("not_on_city_register", values["tech_enterprise_valid"] is not True),
        ("not_tech_sme", needs_tech_sme and values["tech_sme_valid"] is not True),
        ("not_filed", values["super_deduction_fen"] is None),
        ("below_first_tier", rate_ppm == 0),
    )
    return next((code for code, holds in checks if holds), "granted")


_UPLIFT_TEXTS = {
    "granted": ("按加计扣除申报额上浮额度。", "The limit is raised by the filed super-deduction."),
    "cap_reached": ("额度已达上限，不再上浮。", "The limit already stands at the cap."),
    "no_base_limit": ("没有基础额度，无从上浮。", "There is no limit to raise."),
    "not_on_city_register": (
        "评价日不在重庆市科技型企业系统，不上浮。",
        "Not on the city's register of technology enterprises on this day: no uplift.",
    ),
    "not_tech_sme": (
        "评价日不是有效的科技型中小企业（国家库），第六条只适用于科技型中小企业，不上浮。",
        "No valid national technology-SME number on this day; article 6 is for those only: no uplift.",
    ),
    "not_filed": (
        "年报未申报研发费用加计扣除（A107012表），不上浮。",
        "The filing names no R&D super-deduction (form A107012): no uplift.",
    ),
    "below_first_tier": ("加计扣除申报额未达第一档，不上浮。", "The filed super-deduction is below the first tier."),
}


def _uplift_record(facts: Mapping[str, Fact], uplift: Uplift, rules: RuleSet, as_of: date) -> DecisionRecord:
    return DecisionRecord.under(
        rules,
        as_of=as_of,
        facts=facts,
        result={
            "uplift_ppm": uplift.rate_ppm,
            "uplift_fen": uplift.uplift_fen,
            "limit_fen": uplift.limit_fen,
            "reason_code": uplift.reason_code,
            "reason_zh": uplift.reason_zh,
            "reason_en": uplift.reason_en,
        },
        lines=(),
    )


def differences(before: Mapping[str, Fact], after: Mapping[str, Fact]) -> list[dict[str, object]]:
    """Return the facts that changed between two evaluations, each with both values and the new origin.

    Source: F-KV-09 (docs/rules/finance.md).
    """
    return [
        {
            "fact": name,
            "before": before[name].value if name in before else None,
            "after": fact.value,
            "origin": fact.origin,
        }
        for name, fact in sorted(after.items())
        if name != "as_of" and (name not in before or before[name].value != fact.value)
    ]
