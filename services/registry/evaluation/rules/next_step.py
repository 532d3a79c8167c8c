"""The cheapest next step: which single improvement, smallest in relation to what is there, changes tier or verdict."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from services.registry.evaluation.rules.tech_sme_score import Inputs, Score, Verdict, score, score_gate_open, verdict
from shared.kernel.money import PPM
from shared.policy.decision import Gate
from shared.policy.rule_set import RuleSet
from shared.policy.value_text import value_text


@dataclass(frozen=True, slots=True)
class _Lever:
    """One number that a firm can raise, and the indicators that move with it."""

    name: str
    unit: str
    label_zh: str
    label_en: str
    indicators: tuple[tuple[str, str | None], ...]


_LEVERS = (
    _Lever("science_staff", "people", "科技人员", "science staff", (("science_staff", "staff"),)),
    _Lever(
        "rd_expense_fen",
        "fen",
        "研发费用",
        "R&D expense",
        (("rd_by_sales", "revenue_fen"), ("rd_by_cost", "cost_expense_fen")),
    ),
    _Lever("class_1_count", "count", "Ⅰ类知识产权", "class I rights", (("class_1_rights", None),)),
    _Lever("class_2_count", "count", "Ⅱ类知识产权", "class II rights", (("class_2_rights", None),)),
)


@dataclass(frozen=True, slots=True)
class Step:
    """Raise one number to `to_value`; `move` is the rise in relation to what is there, None where nothing is there."""

    lever: str
    unit: str
    label_zh: str
    label_en: str
    from_value: int
    to_value: int
    move: Fraction | None
    score_milli: int
    verdict: Verdict


def cheapest_steps(
    rule_set: RuleSet, inputs: Inputs, *, gates: Sequence[Gate], bases: Sequence[str]
) -> dict[str, list[dict[str, int | str | None]]]:
    """Return the cheapest steps to more points and to another verdict; ties all stand in the list.

    Staff, sales and cost stay as they are while one number is raised: more R&D moves both R&D ratios. A rise from
    nothing has no ratio: such steps come last and tie with each other.

    Source: R-TSE-07 (design; the tiers are those of 国科发政〔2017〕115号 第七条).
    """
    found = list(steps(rule_set, inputs, gates=gates, bases=bases))
    before = verdict(gates, bases)
    return {
        "cheapest_to_tier": [_as_json(step) for step in _cheapest(found)],
        "cheapest_to_verdict": [_as_json(step) for step in _cheapest([one for one in found if one.verdict != before])],
    }


def steps(rule_set: RuleSet, inputs: Inputs, *, gates: Sequence[Gate], bases: Sequence[str]) -> Iterator[Step]:
    """Yield every rise of one number to a tier bound that gives more points or another verdict.

    Source: R-TSE-07 (design; the tiers are those of 国科发政〔2017〕115号 第七条).
    """
    now = score(rule_set, inputs)
    before = verdict(gates, bases)
    for lever in _LEVERS:
        start = getattr(inputs, lever.name)
        for value in sorted(set(_bounds(rule_set, inputs, lever))):
            after = score(rule_set, replace(inputs, **{lever.name: value}))
            advice = verdict(_regated(gates, rule_set, after), bases)
            if after.total_milli > now.total_milli or advice != before:
                move = Fraction(value - start, start) if start else None
                yield Step(
                    lever.name,
                    lever.unit,
                    lever.label_zh,
                    lever.label_en,
                    start,
                    value,
                    move,
                    after.total_milli,
                    advice,
                )


def _regated(gates: Sequence[Gate], rule_set: RuleSet, after: Score) -> tuple[Gate, ...]:
    return (*gates[:4], replace(gates[4], open=score_gate_open(rule_set, after)))


def _bounds(rule_set: RuleSet, inputs: Inputs, lever: _Lever) -> Iterator[int]:
    """Yield the values of one number at which one of its indicators enters a higher tier."""
    for indicator, base_name in lever.indicators:
        base = None if base_name is None else getattr(inputs, base_name)
        if base == 0:
            continue
        at = inputs
        while (needs := _needs(score(rule_set, at), indicator)) is not None:
            value = needs if base is None else -(-needs * base // PPM)
            yield value
            at = replace(inputs, **{lever.name: value})


def _needs(points: Score, indicator: str) -> int | None:
    line = next(line for line in points.lines if line.indicator == indicator)
    return None if line.next_tier is None else line.next_tier.needs


def _cheapest(found: Sequence[Step]) -> list[Step]:
    first: dict[str, Step] = {}
    for step in sorted(found, key=lambda one: (one.lever, one.to_value)):
        first.setdefault(step.lever, step)
    ranked = list(first.values())
    if not ranked:
        return []
    rank: Callable[[Step], tuple[bool, Fraction]] = lambda one: (one.move is None, one.move or Fraction(0))  # noqa: E731
    best = min(map(rank, ranked))
    order = [lever.name for lever in _LEVERS]
    return sorted((one for one in ranked if rank(one) == best), key=lambda one: order.index(one.lever))


def _as_json(step: Step) -> dict[str, int | str | None]:
    to_zh, to_en = value_text(step.to_value, step.unit)
    from_zh, from_en = value_text(step.from_value, step.unit)
    return {
        "indicator": step.lever,
        "unit": step.unit,
        "from_value": step.from_value,
        "to_value": step.to_value,
        "add": step.to_value - step.from_value,
        "move_ppm": None if step.move is None else -(-step.move.numerator * PPM // step.move.denominator),
        "score_milli_after": step.score_milli,
        "verdict_after": step.verdict.value,
        "text_zh": f"{step.label_zh}由 {from_zh} 增至 {to_zh}",
        "text_en": f"raise {step.label_en} from {from_en} to {to_en}",
    }
