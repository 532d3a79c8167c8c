from datetime import date

import pytest

from services.registry.enterprise.rules.qualification import (
    HeldTitle,
    QualificationDraft,
    QualificationKind,
    check_number,
    current,
    enter,
    last_day,
    public_state,
    revoke,
    status_on,
    usual_end,
)
from shared.kernel.errors import Refusal
from shared.kernel.evidence import Evidence, EvidenceLevel
from tests.unit.registry.rule_sets import BOOK, TODAY, rule_set

RULES = rule_set("title_validity")
DOCUMENT = Evidence(level=EvidenceLevel.DOCUMENT, issued_on=TODAY, official_no="示例1号")
SME = "202650010708000123"


def draft(**values: object) -> QualificationDraft:
    """Return a national tech-SME number to be entered, with some values changed."""
    given = {"kind": "TECH_SME", "number": SME, "valid_from_on": date(2026, 5, 1), "evidence": DOCUMENT, **values}
    return QualificationDraft.model_validate(given)


def held(**values: object) -> HeldTitle:
    """Return a held title with some values changed."""
    given = {
        "kind": QualificationKind.TECH_SME, "number": SME, "valid_from_on": date(2026, 5, 1),
        "valid_until_on": date(2027, 3, 31), "revoked_on": None, "evidence_level": EvidenceLevel.DOCUMENT, **values,
    }  # fmt: skip
    return HeldTitle(**given)  # type: ignore[arg-type]


def refused(**values: object) -> str:
    """Return the code with which entering is refused."""
    with pytest.raises(Refusal) as caught:
        enter(draft(**values), [], today=TODAY, rule_set=RULES)
    return caught.value.code.code


def test_a_national_number_is_valid_until_the_end_of_march_of_the_next_year() -> None:
    title = enter(draft(), [], today=TODAY, rule_set=RULES)
    assert (title.valid_until_on, title.evidence_level) == (date(2027, 3, 31), EvidenceLevel.DOCUMENT)


@pytest.mark.parametrize(("kind", "number", "until"), [
    ("HNTE", "GR202551100001", date(2028, 11, 30)),
    ("INNOVATIVE_SME", "示例", date(2028, 11, 30)),
    ("SRDI", "示例", date(2028, 11, 30)),
    ("LITTLE_GIANT", "示例", date(2028, 11, 30)),
    ("HIGH_GROWTH", "示例", None),
])  # fmt: skip
def test_three_year_titles_end_on_the_day_before_their_third_anniversary(
    kind: str, number: str, until: date | None
) -> None:
    terms = draft(kind=kind, number=number, valid_from_on=date(2025, 12, 1))
    assert usual_end(terms, RULES) == until
    assert last_day(date(2024, 2, 29), 3) == date(2027, 2, 27)


def test_what_the_certificate_says_wins() -> None:
    assert enter(draft(valid_until_on=date(2026, 12, 31)), [], today=TODAY, rule_set=RULES).valid_until_on == date(
        2026, 12, 31
    )


@pytest.mark.parametrize("number", [
    "20265001070800012", "2026500107080001234", "202651010708000123", "192650010708000123", "20265001O708000123",
    "202650010708-00123",
])  # fmt: skip
def test_a_national_number_of_the_wrong_form_is_refused(number: str) -> None:
    assert refused(number=number) == "number_malformed"


@pytest.mark.parametrize("flags", ["08", "A8", "Z9", "00"])
def test_the_flags_of_a_national_number_are_not_judged(flags: str) -> None:
    check_number(QualificationKind.TECH_SME, f"2026500107{flags}000123", valid_from_on=TODAY)


def test_the_year_of_a_number_agrees_with_its_first_day() -> None:
    check_number(QualificationKind.TECH_SME, "202550010708000123", valid_from_on=TODAY)
    assert refused(number="202450010708000123") == "number_year_implausible"


def test_a_declaration_our_own_title_a_future_day_and_a_reversed_period_are_refused() -> None:
    declared = Evidence(level=EvidenceLevel.DECLARED, issued_on=TODAY)
    assert refused(evidence=declared) == "evidence_too_weak"
    assert refused(kind="TECH_ENTERPRISE") == "qualification_issued_here"
    assert refused(valid_from_on=date(2026, 11, 24)) == "date_in_future"
    assert refused(valid_until_on=date(2026, 4, 30)) == "validity_reversed"


def test_the_same_number_is_entered_once() -> None:
    with pytest.raises(Refusal, match="qualification_exists"):
        enter(draft(), [held()], today=TODAY, rule_set=RULES)


@pytest.mark.parametrize(("on", "status"), [
    (date(2027, 3, 31), "VALID"), (date(2027, 4, 1), "EXPIRED"),
])  # fmt: skip
def test_the_last_day_is_included(on: date, status: str) -> None:
    assert status_on(held(), on).value == status


def test_a_revoked_title_is_revoked_from_its_day_on_and_only_once() -> None:
    gone = held(revoked_on=TODAY)
    assert status_on(gone, date(2026, 11, 22)).value == "VALID"
    assert status_on(gone, TODAY).value == "REVOKED"
    assert revoke(held(), on=TODAY, today=TODAY) == TODAY
    with pytest.raises(Refusal, match="qualification_not_valid"):
        revoke(gone, on=TODAY, today=TODAY)
    with pytest.raises(Refusal, match="date_in_future"):
        revoke(held(), on=date(2026, 11, 24), today=TODAY)


def test_the_valid_title_speaks_for_the_firm_even_if_an_older_number_is_entered_later() -> None:
    old = held(number="202550010708000001", valid_from_on=date(2025, 5, 1), valid_until_on=date(2026, 3, 31))
    assert current([old, held()], TODAY) == held()
    assert current([held(revoked_on=TODAY), old], TODAY) == held(revoked_on=TODAY)
    assert current([], TODAY) is None
    state = public_state([old, held()], uscc="x", on=TODAY)
    assert state is not None
    assert (state.number, state.status, state.evidence_level) == (SME, "VALID", "DOCUMENT")
    assert public_state([], uscc="x", on=TODAY) is None


def test_titles_of_the_ladder_granted_from_april_2026_have_assumed_years() -> None:
    before, after = (BOOK.pick("title_validity", on) for on in (date(2026, 3, 31), date(2026, 4, 1)))
    assert before.param("srdi_valid_years").confidence == "reported"
    assert after.param("srdi_valid_years").confidence == "assumed"
    assert after.param("hnte_valid_years").confidence == "reported"
