"""What the rule for one firm says of the frozen facts of a run: the explanation, and the words to compare by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from services.registry.enterprise.rules import size_class as sizes
from services.registry.enterprise.rules.enterprise import EnterpriseStatus, LegalForm, counting_marks, is_legal_person
from services.registry.enterprise.rules.qualification import QualificationStatus, status_on
from services.registry.evaluation.rules import tech_sme_evaluation
from services.registry.evaluation.rules.population_decision import FILING_MISSING, MEETS, MEETS_NOT, PopulationPolicy
from services.registry.evaluation.rules.population_fact import FirmFacts, dossier_of, marks_said, titles_said
from services.registry.evaluation.rules.tech_sme_score import table_facts
from services.registry.ladder.rules import register_application as register
from services.registry.ladder.rules import register_condition
from shared.policy.decision import DecisionRecord
from shared.policy.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class Explained:
    """One firm under one rule set, decided alone.

    Attributes:
        verdict, score_milli, gates, hits: as a run keeps them.
        record: the whole evaluation with points, conditions and next steps; None without a filing, or for another
            policy.
        conditions: the conditions of the city's register; empty for another policy.
        size: the size class with why it is so; None for another policy.
    """

    verdict: str
    score_milli: int | None = None
    gates: int = 0
    hits: str = ""
    record: DecisionRecord | None = None
    conditions: tuple[register_condition.EntryCondition, ...] = ()
    size: sizes.SizeAnswer | None = None


def explain(rule_set: RuleSet, facts: FirmFacts, *, as_of: date) -> Explained:
    """Decide one firm by the rules for one firm, from the facts that a run froze.

    Raises:
        KeyError: a policy that no run decides.

    Source: R-POP-03 (design: the explanation of one firm is the whole evaluation, made when it is asked for).
    """
    return _BY_POLICY[rule_set.policy](rule_set, facts, as_of)


def _tech_sme(rule_set: RuleSet, facts: FirmFacts, as_of: date) -> Explained:
    if facts.filing_year not in register.filing_years(as_of, rule_set):
        return Explained(FILING_MISSING)
    frozen = tech_sme_evaluation.freeze(dossier_of(facts))
    record = tech_sme_evaluation.evaluate(rule_set, frozen, as_of=as_of)
    hits = rule_set.evaluate(table_facts(tech_sme_evaluation.inputs_of(frozen))).hits
    return Explained(
        str(record.result["verdict"]),
        int(record.result["score_milli"]),
        _bits([gate.open for gate in record.gates]),
        " ".join(hit.row_id for hit in hits),
        record=record,
    )


def _register(rule_set: RuleSet, facts: FirmFacts, as_of: date) -> Explained:
    if facts.filing_year not in register.filing_years(as_of, rule_set):
        return Explained(FILING_MISSING)
    years = rule_set.param_int("integrity_years_back")
    marks = counting_marks(marks_said(facts.marks), today=as_of, years_back=years)
    titles = titles_said(facts.titles)
    found = register_condition.conditions(
        register_condition.EntryFacts(
            in_business=facts.status == EnterpriseStatus.ACTIVE.value,
            legal_person=is_legal_person(LegalForm(facts.legal_form)),
            industry_barred=facts.industry_barred,
            open_marks=tuple(mark.value for mark in marks),
            staff=facts.staff,
            science_staff=facts.science_staff,
            senior_title_staff=facts.senior_title_staff,
            revenue_fen=facts.revenue_fen,
            rd_expense_fen=facts.rd_expense_fen,
            ip_rights=facts.class_1_count + facts.class_2_count,
            innovative_products=facts.innovative_products,
            titles=tuple(one.kind.value for one in titles if status_on(one, as_of) is QualificationStatus.VALID),
        ),
        rule_set,
    )
    verdict = MEETS if register_condition.entry_met(found) else MEETS_NOT
    return Explained(verdict, gates=_bits([one.met for one in found]), conditions=found)


def _size_class(rule_set: RuleSet, facts: FirmFacts, as_of: date) -> Explained:  # noqa: ARG001  # of no day
    figures = sizes.SizeFigures(facts.staff, facts.revenue_fen, facts.assets_fen)
    answer = sizes.size_answer(
        rule_set, industry_code=facts.industry_code, figures=None if facts.filing_year is None else figures
    )
    if answer.basis is sizes.SizeBasis.NO_FILING:
        return Explained(FILING_MISSING, size=answer)
    verdict = answer.basis.value if answer.size_class is None else answer.size_class.value
    return Explained(verdict, hits=" ".join(hit.row_id for hit in answer.hits), size=answer)


_BY_POLICY: Mapping[str, Callable[[RuleSet, FirmFacts, date], Explained]] = {
    PopulationPolicy.TECH_SME: _tech_sme,
    PopulationPolicy.SIZE_CLASS: _size_class,
    PopulationPolicy.REGISTER: _register,
}


def _bits(gates: list[bool]) -> int:
    return sum(is_open << place for place, is_open in enumerate(gates))
