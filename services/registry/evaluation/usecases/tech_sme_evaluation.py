"""National tech-SME evaluations: evaluate frozen facts, keep the decision, replay it."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from services.registry.enterprise.rules import enterprise as enterprise_rules
from services.registry.enterprise.store import filing as filing_store
from services.registry.enterprise.store import portfolio as portfolio_store
from services.registry.enterprise.usecases import enterprise as enterprises
from services.registry.enterprise.usecases import filing as filings
from services.registry.enterprise.usecases import qualification as qualifications
from services.registry.evaluation.models.tech_sme_evaluation import TechSmeEvaluation
from services.registry.evaluation.rules import tech_sme_evaluation as rules
from services.registry.evaluation.rules import tech_sme_window as windows
from services.registry.evaluation.rules.tech_sme_score import Verdict
from services.registry.evaluation.rules.tech_sme_window import SiteCheck, Window
from services.registry.evaluation.store import tech_sme_evaluation as store
from services.registry.ladder.rules.register_application import filing_years
from shared.db import rule_set as published
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RULE_SET_NOT_IN_FORCE, RuleBook
from shared.policy.decision import canonical, open_record
from shared.policy.header import LegalBasis
from shared.policy.number import Number, parameter_numbers
from shared.policy.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class Replay:
    """What came out of computing a stored decision again."""

    evaluation: TechSmeEvaluation
    same: bool
    record: bytes

    @property
    def sha256(self) -> str:
        """Digest of what came out."""
        return hashlib.sha256(self.record).hexdigest()


async def evaluate_enterprise(tx: Transaction, uscc: str, *, evaluation_id: UUID, book: RuleBook) -> TechSmeEvaluation:
    """Evaluate an enterprise as of today and keep the decision.

    Raises:
        Refusal: `not_found`, `evaluation_filing_missing`.
    """
    rule_set = book.pick(rules.POLICY, tx.today)
    year, dossier = await _dossier(tx, uscc, rule_set)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.OWN_AFFAIRS)
    record = rules.evaluate(rule_set, rules.freeze(dossier), as_of=tx.today)
    content = canonical(record)
    evaluation = TechSmeEvaluation(
        id=evaluation_id,
        uscc=uscc,
        as_of_on=tx.today,
        filing_year=year,
        verdict=Verdict(str(record.result["verdict"])),
        score_milli=int(str(record.result["score_milli"])),
        rule_set_version=rule_set.version,
        rule_set_sha256=rule_set.sha256,
        record=content.decode(),
        record_sha256=hashlib.sha256(content).hexdigest(),
        evaluated_by=tx.actor.client_id,
        created_at=tx.now,
    )
    tx.session.add(evaluation)
    tx.audit("tech_sme_evaluation.make", subject=f"tech_sme_evaluation/{evaluation_id}", uscc=uscc)
    return evaluation


async def replay_evaluation(tx: Transaction, evaluation_id: UUID) -> Replay:
    """Compute a stored decision again from its frozen facts, with the rule set loaded from the database by its hash.

    Raises:
        Refusal: `not_found`, `rule_set_not_in_force` if the rule set was never published here.
    """
    evaluation = await read_evaluation(tx, evaluation_id)
    rule_set = await published.load(tx, evaluation.rule_set_sha256)
    if rule_set is None:
        raise Refusal(RULE_SET_NOT_IN_FORCE, policy=rules.POLICY, on=evaluation.as_of_on)
    stored = evaluation.record.encode()
    opened = open_record(stored)
    again = canonical(rules.evaluate(rule_set, opened.facts, as_of=opened.as_of))
    return Replay(evaluation=evaluation, same=again == stored, record=again)


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind an evaluation: the end of its legal basis, the window, grounds of a check, every number."""

    legal_basis: LegalBasis | None
    window: Window
    site_checks: tuple[SiteCheck, ...] | None
    numbers: list[Number]


async def behind(tx: Transaction, evaluation: TechSmeEvaluation, book: RuleBook) -> Behind:
    """Return what stands behind an evaluation, by the rule set that it was made by and the notice of its year.

    Raises:
        Refusal: `rule_set_not_in_force` if the rule set was never published here.
    """
    on = evaluation.as_of_on
    sha256 = evaluation.rule_set_sha256
    rule_set = book.by_sha256(sha256) or await published.load(tx, sha256)
    if rule_set is None:
        raise Refusal(RULE_SET_NOT_IN_FORCE, policy=rules.POLICY, on=on)
    try:
        notice = book.pick(windows.POLICY, on)
    except Refusal:  # the notice of that year is not known here, and the answer says so
        notice = None
    numbers = [*parameter_numbers(rule_set), *(parameter_numbers(notice) if notice is not None else ())]
    facts = open_record(evaluation.record.encode()).facts
    checks = None if notice is None else windows.site_checks(notice, facts, as_of=on)
    return Behind(rule_set.header.legal_basis, windows.window_on(notice, on), checks, numbers)


async def read_evaluation(tx: Transaction, evaluation_id: UUID) -> TechSmeEvaluation:
    """Return an evaluation that the actor may see.

    Raises:
        Refusal: `not_found`.
    """
    evaluation = await store.find(tx, evaluation_id)
    if evaluation is None:
        raise Refusal(NOT_FOUND, noun="tech_sme_evaluation")
    return evaluation


async def _dossier(tx: Transaction, uscc: str, rule_set: RuleSet) -> tuple[int, rules.Dossier]:
    enterprise = await enterprises.read_enterprise(tx, uscc)
    years = filing_years(tx.today, rule_set)
    filing = await filing_store.newest_accepted(tx, uscc, years)
    if filing is None:
        raise Refusal(rules.EVALUATION_FILING_MISSING, year=years[0], uscc=uscc)
    portfolio = await portfolio_store.find(tx, uscc)
    return filing.year, rules.Dossier(
        is_resident=enterprise.status is enterprise_rules.EnterpriseStatus.ACTIVE
        and enterprise_rules.is_legal_person(enterprise.legal_form),
        industry_barred=enterprise.industry_barred,
        enterprise_origin=f"registry.enterprise/{uscc}@v{enterprise.version}",
        marks=await enterprises.marks_of(tx, uscc),
        titles=await qualifications.titles_of(tx, uscc),
        filing=filings.terms_of(filing),
        filing_origin=f"registry.filing.accepted/{uscc}/{filing.year}@v{filing.version}",
        class_1_count=0 if portfolio is None else portfolio.class_1_count,
        class_2_count=0 if portfolio is None else portfolio.class_2_count,
        portfolio_origin=(
            f"ipr.portfolio.changed/{uscc}: none received"
            if portfolio is None
            else f"ipr.portfolio.changed/{uscc}@v{portfolio.version}"
        ),
    )
