"""How a right is entered, by whom, on what evidence, and what is told of it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from services.ipr.right.rules.right import (
    HighValueGround,
    Registration,
    RightDraft,
    RightTerms,
    RightView,
    attest,
    check_dates,
    level_entered,
    mark_high_value,
    may_declare,
    may_import,
    must_be_registrar,
    register,
    term_facts,
    told,
)
from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_owner import OwnerPart
from services.ipr.right.rules.right_status import LegalStatus
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from tests.unit.ipr.builders import FIRM_A, FIRM_B, evidence, evidence_body, patent, right_body
from tests.unit.ipr.rule_sets import book

TODAY = date(2026, 11, 23)
RULES = book().pick("right_status", TODAY)
CENTRE = Actor("centre", Role.IP_CENTRE)
FIRM = Actor("firm", Role.ENTERPRISE, party=FIRM_A)


def draft(**values: Any) -> RightDraft:
    return RightDraft.model_validate(right_body(**values))


def registered(**values: Any) -> Registration:
    return register(draft(**values), book=book(), status_rules=RULES, today=TODAY)


def test_a_right_is_entered_with_its_number_its_day_and_its_end() -> None:
    found = registered(right_no="ZL202210123456.1")
    assert found == Registration(patent("1", 123456), date(2024, 1, 1), date(2042, 2, 28))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"right_no": "202210123456.2"}, "right_no_invalid"),
        ({"kind": "DESIGN"}, "right_no_of_other_kind"),
        ({"granted_on": "2022-02-28"}, "right_dates_disagree"),
        ({"filed_on": "2023-01-01"}, "right_dates_disagree"),
        ({"granted_on": "2026-11-24"}, "right_dates_disagree"),
        ({"filed_on": None}, "term_date_missing"),
        ({"owners": [{"uscc": FIRM_A, "share_ppm": 999_999}]}, "owner_shares_not_whole"),
        ({"status_effective_on": "2026-11-24"}, "status_move_in_future"),
        ({"evidence": evidence_body(issued_on="2026-11-24")}, "status_move_in_future"),
        ({"granted_on": "1900-01-01", "filed_on": None, "legal_status": "FILED"}, "right_dates_disagree"),
        ({"stated_ends_on": "9999-12-31"}, "right_dates_disagree"),
        (
            {"kind": "UTILITY_MODEL", "right_no": patent("2", 1), "high_value_grounds": ["AWARDED"]},
            "high_value_kind",
        ),
        (
            {"kind": "TRADEMARK", "right_no": "12345678", "legal_status": "LAPSED_FEE"},
            "status_kind_has_no_fee",
        ),
    ],
)
def test_an_entry_that_cannot_be_is_refused(values: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        registered(**values)
    assert refusal.value.code.code == code


@pytest.mark.parametrize("values", [{"share": 1}, {"blemished": False}, {"id": str(UUID(int=1))}, {"owners": []}])
def test_unknown_or_empty_fields_are_not_read(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        draft(**values)


def test_an_application_may_be_entered_without_any_date_but_its_evidence() -> None:
    found = registered(legal_status="FILED", granted_on=None, filed_on=None)
    assert (found.status_on, found.ends_on) == (date(2024, 1, 1), None)


def test_a_divisional_application_is_filed_before_the_year_of_its_number() -> None:
    number = patent("1", 1, 2022)
    check_dates(draft(filed_on="2019-01-01"), number, TODAY)
    check_dates(draft(filed_on="2022-12-31"), number, TODAY)
    check_dates(draft(granted_on=str(TODAY)), number, TODAY)
    check_dates(draft(granted_on="2022-03-01"), number, TODAY)
    with pytest.raises(Refusal) as refusal:
        check_dates(draft(filed_on="2023-01-01"), number, TODAY)
    assert refusal.value.pointer == "/filed_on"
    with pytest.raises(Refusal):
        check_dates(draft(filed_on=str(TODAY + timedelta(days=1))), patent("1", 1, 2027), TODAY)


def test_an_enterprise_enters_only_what_it_owns_and_others_nothing() -> None:
    own, foreign = [OwnerPart(uscc=FIRM_A, share_ppm=1_000_000)], [OwnerPart(uscc=FIRM_B, share_ppm=1_000_000)]
    may_declare(FIRM, own)
    may_declare(CENTRE, foreign)
    with pytest.raises(Refusal, match="owner_not_caller"):
        may_declare(FIRM, foreign)
    for role in set(Role) - {Role.ENTERPRISE, Role.IP_CENTRE, Role.CITY}:
        with pytest.raises(Refusal, match="forbidden_role"):
            may_declare(Actor("other", role, party=FIRM_A), own)


def test_an_enterprise_uploads_its_own_list_and_others_none() -> None:
    for actor in (FIRM, CENTRE, Actor("city", Role.CITY)):
        may_import(actor)
    for role in set(Role) - {Role.ENTERPRISE, Role.IP_CENTRE, Role.CITY}:
        with pytest.raises(Refusal, match="forbidden_role") as refused:
            may_import(Actor("other", role, party=FIRM_A))
        assert "企业本身" in str(refused.value.details["bodies_zh"])
    with pytest.raises(Refusal, match="forbidden_role"):
        may_import(Actor("nobody", Role.ENTERPRISE))


def test_only_the_centre_and_the_city_speak_for_the_registering_bodies() -> None:
    for role in Role:
        if role in {Role.IP_CENTRE, Role.CITY}:
            must_be_registrar(Actor("one", role))
        else:
            with pytest.raises(Refusal, match="forbidden_role"):
                must_be_registrar(Actor("one", role))


@pytest.mark.parametrize("level", EvidenceLevel)
def test_what_an_enterprise_says_of_itself_is_declared_whatever_it_claims(level: EvidenceLevel) -> None:
    assert level_entered(FIRM, evidence(level)) is EvidenceLevel.DECLARED
    assert level_entered(CENTRE, evidence(level)) is level


def test_attesting_only_raises_the_level() -> None:
    assert attest(EvidenceLevel.DECLARED, evidence(EvidenceLevel.ATTESTED)) is EvidenceLevel.ATTESTED
    for level in (EvidenceLevel.DOCUMENT, EvidenceLevel.ATTESTED):
        with pytest.raises(Refusal, match="attest_not_stronger"):
            attest(EvidenceLevel.ATTESTED, evidence(level))


def test_a_ground_of_high_value_needs_an_invention_and_a_document() -> None:
    mark_high_value(RightKind.INVENTION, EvidenceLevel.DOCUMENT, RULES)
    with pytest.raises(Refusal, match="status_evidence_too_weak"):
        mark_high_value(RightKind.INVENTION, EvidenceLevel.DECLARED, RULES)
    with pytest.raises(Refusal, match="high_value_kind"):
        mark_high_value(RightKind.DESIGN, EvidenceLevel.DOCUMENT, RULES)


def test_the_event_tells_the_whole_public_state() -> None:
    terms = RightTerms.model_validate({name: getattr(draft(), name) for name in RightTerms.model_fields})
    view = RightView(
        right_id=UUID(int=1),
        terms=terms,
        legal_status=LegalStatus.GRANTED,
        ends_on=date(2042, 2, 28),
        owners=(OwnerPart(uscc=FIRM_A, share_ppm=1_000_000),),
        level=EvidenceLevel.DOCUMENT,
        grounds=frozenset({HighValueGround.AWARDED}),
        blemished=True,
    )
    event = told(view, high_value=True)
    assert event.aggregate_id == str(UUID(int=1))
    assert (event.kind, event.legal_status, event.high_value, event.blemished) == (
        "INVENTION",
        "GRANTED",
        True,
        True,
    )
    assert [(one.uscc, one.share_ppm) for one in event.owners] == [(FIRM_A, 1_000_000)]
    assert term_facts(terms, date(2047, 1, 1)).extended_until_on == date(2047, 1, 1)
