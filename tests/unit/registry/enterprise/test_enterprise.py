from datetime import date

import pytest

from services.registry.enterprise.rules.enterprise import (
    AUTHORITIES,
    LISTING,
    OWN_AFFAIRS,
    EnterpriseStatus,
    EnterpriseTerms,
    IntegrityKind,
    IntegrityMarkTerms,
    LegalForm,
    OpenMark,
    SizeClass,
    check_evidence,
    check_own_changes,
    check_role,
    check_unit,
    counting_marks,
    deregister,
    ended_units,
    is_legal_person,
    mark,
    open_marks,
    public_state,
    register,
)
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence, EvidenceLevel
from tests.unit.registry.rule_sets import TODAY

VALID = "91500107MA5XTE8T03"
TERMS = EnterpriseTerms(uscc=VALID, name="示例科技", unit_id="500107", legal_form=LegalForm.LIMITED)
DOCUMENT = Evidence(level=EvidenceLevel.DOCUMENT, issued_on=TODAY, official_no="示例1号")


def terms(**values: object) -> EnterpriseTerms:
    """Return made-up terms with some values changed."""
    return EnterpriseTerms.model_validate({**TERMS.model_dump(), **values})


def refused(call: object, *args: object, **named: object) -> str:
    """Return the code with which a rule refuses."""
    with pytest.raises(Refusal) as caught:
        call(*args, **named)  # type: ignore[operator]
    return caught.value.code.code


def test_a_valid_company_code_needs_no_review() -> None:
    assert register(TERMS, today=TODAY).code_needs_review is False


def test_a_wrong_check_character_needs_review_and_is_no_refusal() -> None:
    assert register(terms(uscc=VALID[:-1] + "4"), today=TODAY).code_needs_review is True


@pytest.mark.parametrize("code", ["92500107MA5XTE8T03", "81500107MA5XTE8T03", "12500107MA5XTE8T03"])
def test_a_code_that_is_not_a_companys_is_refused(code: str) -> None:
    assert refused(register, terms(uscc=code), today=TODAY) == "code_not_company"


def test_a_firm_cannot_be_founded_tomorrow() -> None:
    assert register(terms(founded_on=TODAY), today=TODAY)
    assert refused(register, terms(founded_on=date(2026, 11, 24)), today=TODAY) == "founded_in_future"


@pytest.mark.parametrize(("unit_id", "on", "in_force"), [
    ("500112", date(2025, 11, 5), True),
    ("500112", date(2025, 11, 6), False),
    ("500105", date(2025, 11, 6), False),
    ("500107", date(2025, 11, 6), True),
    ("CQ-GX", date(2026, 11, 23), True),
])  # fmt: skip
def test_a_reporting_unit_counts_while_it_is_in_force(unit_id: str, on: date, in_force: bool) -> None:
    if in_force:
        check_unit(unit_id, today=on)
    else:
        assert refused(check_unit, unit_id, today=on) == "unit_ended"


@pytest.mark.parametrize("form", LegalForm)
def test_branches_sole_proprietorships_and_partnerships_are_no_legal_persons(form: LegalForm) -> None:
    without = {
        "BRANCH",
        "SOLE_PROPRIETORSHIP",
        "PARTNERSHIP",
        "REPRESENTATIVE_OFFICE",
        "INDIVIDUAL_BUSINESS",
        "UNINCORPORATED",
    }
    assert is_legal_person(form) is (form.value not in without)


def moved(*, active: bool, level: EvidenceLevel = EvidenceLevel.DOCUMENT, on: date = TODAY) -> IntegrityMarkTerms:
    """Return a move of one mark."""
    evidence = Evidence(level=level, issued_on=TODAY, official_no="示例1号")
    return IntegrityMarkTerms(kind=IntegrityKind.MAJOR_ACCIDENT, active=active, effective_on=on, evidence=evidence)


def test_a_mark_is_opened_once_and_cleared_once() -> None:
    held = [OpenMark(IntegrityKind.MAJOR_ACCIDENT, TODAY)]
    event = mark(moved(active=True), [], uscc=VALID, today=TODAY)
    assert (event.mark, event.active, event.effective_on) == ("MAJOR_ACCIDENT", True, TODAY)
    assert refused(mark, moved(active=True), held, uscc=VALID, today=TODAY) == "integrity_mark_open"
    assert mark(moved(active=False), held, uscc=VALID, today=TODAY).active is False
    assert refused(mark, moved(active=False), [], uscc=VALID, today=TODAY) == "integrity_mark_not_open"


def test_a_mark_needs_evidence_and_a_day_that_has_come() -> None:
    declared = moved(active=True, level=EvidenceLevel.DECLARED)
    assert refused(mark, declared, [], uscc=VALID, today=TODAY) == "evidence_too_weak"
    assert refused(mark, moved(active=True, on=date(2026, 11, 24)), [], uscc=VALID, today=TODAY) == "date_in_future"


@pytest.mark.parametrize("kind", IntegrityKind)
def test_other_services_see_the_open_marks_only(kind: IntegrityKind) -> None:
    assert getattr(open_marks([OpenMark(kind, TODAY)]), kind.value.lower()) is True
    cleared = open_marks([OpenMark(kind, TODAY, TODAY)])
    assert not any(getattr(cleared, name) for name in type(cleared).model_fields)


def test_marks_that_count_come_in_a_fixed_order() -> None:
    marks = [
        OpenMark(IntegrityKind.RESEARCH_DISHONESTY, date(2025, 1, 1), date(2025, 1, 2)),
        OpenMark(IntegrityKind.ABNORMAL_OPERATIONS, date(2010, 1, 1)),
        OpenMark(IntegrityKind.MAJOR_ACCIDENT, date(2024, 12, 31)),
    ]
    assert counting_marks(marks, today=TODAY, years_back=1) == (
        IntegrityKind.ABNORMAL_OPERATIONS,
        IntegrityKind.RESEARCH_DISHONESTY,
    )
    assert IntegrityKind.MAJOR_ACCIDENT in counting_marks(marks, today=TODAY, years_back=2)


def test_the_public_state_tells_what_others_may_know() -> None:
    state = public_state(
        terms(industry_code="C3825"), size_class=SizeClass.SMALL, status=EnterpriseStatus.ACTIVE, marks=()
    )
    assert (state.uscc, state.unit_id, state.industry_code, state.size_class, state.status, state.legal_form) == (
        VALID, "500107", "C3825", "SMALL", "ACTIVE", "LIMITED",
    )  # fmt: skip
    assert DOCUMENT.level.value not in state.model_dump_json()


def test_an_enterprise_is_struck_off_once_and_on_evidence() -> None:
    active = EnterpriseStatus.ACTIVE
    assert deregister(active, DOCUMENT, on=TODAY, today=TODAY) is EnterpriseStatus.DEREGISTERED
    assert refused(deregister, EnterpriseStatus.DEREGISTERED, DOCUMENT, on=TODAY, today=TODAY) == (
        "enterprise_deregistered"
    )
    assert refused(deregister, active, DOCUMENT, on=date(2026, 11, 24), today=TODAY) == "date_in_future"
    declared = Evidence(level=EvidenceLevel.DECLARED, issued_on=TODAY)
    assert refused(deregister, active, declared, on=TODAY, today=TODAY) == "evidence_too_weak"


@pytest.mark.parametrize("level", EvidenceLevel)
def test_a_mirrored_fact_moves_on_more_than_a_declaration(level: EvidenceLevel) -> None:
    evidence = Evidence(level=level, issued_on=TODAY, official_no="示例1号")
    if level is EvidenceLevel.DECLARED:
        assert refused(check_evidence, evidence, pointer="/level") == "evidence_too_weak"
    else:
        check_evidence(evidence, pointer="/level")


@pytest.mark.parametrize("role", Role)
def test_each_step_belongs_to_the_bodies_that_may_take_it(role: Role) -> None:
    for allowed, roles in (
        (AUTHORITIES, {"city", "district"}),
        (LISTING, {"city"}),
        (OWN_AFFAIRS, {"city", "district", "enterprise"}),
    ):
        if role.value in roles:
            check_role(role, allowed)
        else:
            assert refused(check_role, role, allowed) == "forbidden_role"


@pytest.mark.parametrize("field", EnterpriseTerms.model_fields)
def test_a_firm_changes_little_of_its_own_record(field: str) -> None:
    check_own_changes(Role.DISTRICT, [field])
    if field in {"address", "industry_code", "key_field", "founder_type"}:
        check_own_changes(Role.ENTERPRISE, [field])
    else:
        assert refused(check_own_changes, Role.ENTERPRISE, [field]) == "forbidden_role"
    assert refused(check_own_changes, Role.AUDITOR, [field]) == "forbidden_role"


def test_ended_units_are_named_with_the_unit_that_took_over() -> None:
    assert ended_units(date(2025, 11, 5)) == {}
    assert ended_units(TODAY) == {"500105": "CQ-LJ", "500112": "CQ-LJ"}
