"""The city's register: applying, the district's check, listing with our own number."""

from dataclasses import dataclass
from uuid import UUID

from services.registry.enterprise.models.enterprise import Enterprise
from services.registry.enterprise.rules import enterprise as enterprise_rules
from services.registry.enterprise.rules import qualification as qualification_rules
from services.registry.enterprise.rules.qualification import HeldTitle, QualificationKind, QualificationStatus
from services.registry.enterprise.store import filing as filing_store
from services.registry.enterprise.store import portfolio as portfolio_store
from services.registry.enterprise.usecases import enterprise as enterprises
from services.registry.enterprise.usecases import qualification as qualifications
from services.registry.ladder.models.register_application import RegisterApplication
from services.registry.ladder.rules import register_application as rules
from services.registry.ladder.rules.register_application import RegisterCheck, RegisterReview
from services.registry.ladder.rules.register_condition import EntryCondition, EntryFacts, as_json, conditions
from services.registry.ladder.store import register_application as store
from shared.db.case_no import CaseSeries, next_case_no
from shared.db.holiday_notice import work_calendar
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.refusals import NOT_FOUND
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet

POLICY = "tech_enterprise_register"
NOUN = "register_application"


@dataclass(frozen=True, slots=True)
class Judged:
    """The conditions of the register as they were found, and the year of the filing that they rest on."""

    conditions: tuple[EntryCondition, ...]
    filing_year: int


async def apply_for_register(
    tx: Transaction, uscc: str, *, application_id: UUID, book: RuleBook
) -> RegisterApplication:
    """Apply for the city's register; the conditions are judged at once, the district checks within its time.

    Raises:
        Refusal: `not_found`, `already_listed`, `register_application_open`, `register_filing_missing`,
            `register_conditions_unmet`.
    """
    enterprise = await enterprises.lock_enterprise(tx, uscc)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.OWN_AFFAIRS)
    held = await store.open_of(tx, uscc)
    if held is not None:
        raise Refusal(rules.REGISTER_APPLICATION_OPEN, case_no=held.case_no)
    titles = await qualifications.titles_of(tx, uscc)
    for title in titles:
        listed = title.kind is QualificationKind.TECH_ENTERPRISE
        if listed and qualification_rules.status_on(title, tx.today) is QualificationStatus.VALID:
            raise Refusal(rules.ALREADY_LISTED, number=title.number)
    rule_set = book.pick(POLICY, tx.today)
    judged = await judge(tx, enterprise, titles, rule_set)
    status = rules.apply(judged.conditions)
    due = (await work_calendar(tx)).add_working_days(tx.today, rule_set.param_int("check_working_days"))
    application = RegisterApplication(
        id=application_id,
        uscc=uscc,
        case_no=await next_case_no(tx, enterprise.unit_id, series=CaseSeries.REGISTRY),
        unit_id=enterprise.unit_id,
        status=status,
        conditions=as_json(judged.conditions),
        filing_year=judged.filing_year,
        notes=[],
        rule_set_version=rule_set.version,
        rule_set_sha256=rule_set.sha256,
        check_due_on=due.on,
        check_due_assumed=due.assumed,
        version=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.session.add(application)
    tx.audit("register.apply", subject=f"register_application/{application_id}", uscc=uscc)
    return application


async def check_application(
    tx: Transaction, application_id: UUID, check: RegisterCheck, *, book: RuleBook
) -> RegisterApplication:
    """Record the district's decision with its remarks.

    Raises:
        Refusal: `not_found`, and what `rules.decide` refuses.
    """
    application = await _lock(tx, application_id)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.AUTHORITIES)
    application.status = rules.decide(application.status, check, book.pick(POLICY, tx.today))
    application.checked_by, application.checked_at = tx.actor.client_id, tx.now
    return _decided(tx, application, "register.check", check)


async def review_application(
    tx: Transaction, application_id: UUID, review: RegisterReview, *, book: RuleBook
) -> RegisterApplication:
    """Record the city's decision not to list a checked application, with its remarks.

    Raises:
        Refusal: `not_found`, and what `rules.review` refuses.
    """
    application = await _lock(tx, application_id)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.LISTING)
    application.status = rules.review(application.status, review, book.pick(POLICY, tx.today))
    return _decided(tx, application, "register.review", review)


async def resubmit_application(tx: Transaction, application_id: UUID, *, book: RuleBook) -> RegisterApplication:
    """Submit a returned application again; the conditions are judged anew and the district's time starts again.

    Raises:
        Refusal: `not_found`, `register_step_not_allowed`, `register_filing_missing`, `register_conditions_unmet`.
    """
    application = await _lock(tx, application_id)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.OWN_AFFAIRS)
    enterprise = await enterprises.read_enterprise(tx, application.uscc)
    rule_set = book.pick(POLICY, tx.today)
    judged = await judge(tx, enterprise, await qualifications.titles_of(tx, enterprise.uscc), rule_set)
    application.status = rules.resubmit(application.status, judged.conditions)
    due = (await work_calendar(tx)).add_working_days(tx.today, rule_set.param_int("check_working_days"))
    application.check_due_on, application.check_due_assumed = due.on, due.assumed
    application.conditions, application.filing_year = as_json(judged.conditions), judged.filing_year
    application.rule_set_version, application.rule_set_sha256 = rule_set.version, rule_set.sha256
    return _moved(tx, application, "register.resubmit", {})


async def withdraw_application(tx: Transaction, application_id: UUID) -> RegisterApplication:
    """Take an open application back.

    Raises:
        Refusal: `not_found`, `register_step_not_allowed`.
    """
    application = await _lock(tx, application_id)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.OWN_AFFAIRS)
    application.status = rules.withdraw(application.status)
    return _moved(tx, application, "register.withdraw", {})


async def list_application(
    tx: Transaction, application_id: UUID, *, qualification_id: UUID, book: RuleBook
) -> RegisterApplication:
    """List a checked firm: issue its number and grant the title, valid from today.

    Raises:
        Refusal: `not_found`, `register_step_not_allowed`, `register_filing_missing`, `register_conditions_unmet`.
    """
    application = await _lock(tx, application_id)
    enterprise_rules.check_role(tx.actor.role, enterprise_rules.LISTING)
    enterprise = await enterprises.read_enterprise(tx, application.uscc)
    rule_set = book.pick(POLICY, tx.today)
    judged = await judge(tx, enterprise, await qualifications.titles_of(tx, enterprise.uscc), rule_set)
    application.status = rules.enlist(application.status, judged.conditions)
    application.number = rules.register_number(application.case_no)
    application.listed_at = tx.now
    title = HeldTitle(
        kind=QualificationKind.TECH_ENTERPRISE,
        number=application.number,
        valid_from_on=tx.today,
        valid_until_on=qualification_rules.last_day(tx.today, rule_set.param_int("number_valid_years")),
        revoked_on=None,
        evidence_level=EvidenceLevel.ATTESTED,
    )
    evidence = Evidence(level=EvidenceLevel.ATTESTED, issued_on=tx.today, official_no=application.number)
    qualifications.add_title(tx, enterprise, title, evidence=evidence, qualification_id=qualification_id)
    await qualifications.tell(tx, enterprise.uscc, QualificationKind.TECH_ENTERPRISE)
    return _moved(tx, application, "register.list", {"number": application.number})


async def read_application(tx: Transaction, application_id: UUID) -> RegisterApplication:
    """Return an application that the actor may see.

    Raises:
        Refusal: `not_found`.
    """
    application = await store.find(tx, application_id)
    if application is None:
        raise Refusal(NOT_FOUND, noun=NOUN)
    return application


async def judge(tx: Transaction, enterprise: Enterprise, titles: list[HeldTitle], rule_set: RuleSet) -> Judged:
    """Return the conditions of the register as the facts of today meet them, with the year of the filing behind them.

    Raises:
        Refusal: `register_filing_missing`.
    """
    years = rules.filing_years(tx.today, rule_set)
    filing = await filing_store.newest_accepted(tx, enterprise.uscc, years)
    if filing is None:
        raise Refusal(rules.REGISTER_FILING_MISSING, year=years[0], uscc=enterprise.uscc)
    portfolio = await portfolio_store.find(tx, enterprise.uscc)
    marks = enterprise_rules.counting_marks(
        await enterprises.marks_of(tx, enterprise.uscc),
        today=tx.today,
        years_back=rule_set.param_int("integrity_years_back"),
    )
    facts = EntryFacts(
        in_business=enterprise.status is enterprise_rules.EnterpriseStatus.ACTIVE,
        legal_person=enterprise_rules.is_legal_person(enterprise.legal_form),
        industry_barred=enterprise.industry_barred,
        open_marks=tuple(mark.value for mark in marks),
        staff=filing.staff,
        science_staff=filing.science_staff,
        senior_title_staff=filing.senior_title_staff,
        revenue_fen=filing.revenue_fen,
        rd_expense_fen=filing.rd_expense_fen,
        ip_rights=0 if portfolio is None else portfolio.class_1_count + portfolio.class_2_count,
        innovative_products=filing.innovative_products,
        titles=tuple(
            title.kind.value
            for title in titles
            if qualification_rules.status_on(title, tx.today) is QualificationStatus.VALID
        ),
    )
    return Judged(conditions(facts, rule_set), filing.year)


async def _lock(tx: Transaction, application_id: UUID) -> RegisterApplication:
    """Lock the firm, then its application: always in this order."""
    seen = await read_application(tx, application_id)
    await enterprises.lock_enterprise(tx, seen.uscc)
    locked = await store.find(tx, application_id, locked=True)
    if locked is None:
        raise Refusal(NOT_FOUND, noun=NOUN)
    return locked


def _decided(
    tx: Transaction, application: RegisterApplication, action: str, decision: RegisterCheck | RegisterReview
) -> RegisterApplication:
    application.notes = [note.model_dump() for note in decision.notes]
    application.reason_code = decision.reason_code
    detail = {"decision": decision.decision.value, "reason_code": decision.reason_code}
    return _moved(tx, application, action, detail)


def _moved(
    tx: Transaction, application: RegisterApplication, action: str, detail: dict[str, str | None]
) -> RegisterApplication:
    application.version += 1
    application.updated_at = tx.now
    tx.audit(action, subject=f"register_application/{application.id}", uscc=application.uscc, detail=detail)
    return application
