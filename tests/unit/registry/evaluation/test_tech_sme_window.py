"""The window of 2026 and the grounds of a check on the spot, against the notice 工企业函〔2026〕160号."""

from dataclasses import replace
from datetime import date

import pytest

from services.registry.enterprise.rules.enterprise import IntegrityKind, OpenMark
from services.registry.enterprise.rules.qualification import QualificationKind
from services.registry.evaluation.rules.tech_sme_evaluation import Dossier, freeze
from services.registry.evaluation.rules.tech_sme_window import SiteCheck, WindowStatus, site_checks, window_on
from tests.unit.registry.evaluation.test_tech_sme_evaluation import DOSSIER, filed, title
from tests.unit.registry.rule_sets import BOOK, TODAY, rule_set

NOTICE = rule_set("tech_sme_window")
LISTED = title(QualificationKind.TECH_SME)
GOOD = replace(DOSSIER, titles=(LISTED,), class_2_count=1)


@pytest.mark.parametrize(
    ("on", "status"),
    [
        (date(2026, 5, 31), WindowStatus.NOT_YET),
        (date(2026, 6, 1), WindowStatus.OPEN),
        (date(2026, 8, 31), WindowStatus.OPEN),
        (date(2026, 9, 1), WindowStatus.CLOSED),
    ],
)
def test_the_window_of_2026_runs_from_june_to_the_end_of_august(on: date, status: WindowStatus) -> None:
    found = window_on(BOOK.pick("tech_sme_window", on), on)
    assert (found.status, found.opens_on, found.closes_on) == (status, date(2026, 6, 1), date(2026, 8, 31))


def test_a_year_without_a_known_notice_says_so() -> None:
    found = window_on(None, date(2027, 7, 1))
    assert (found.status, found.opens_on) == (WindowStatus.NOT_PUBLISHED, None)


@pytest.mark.parametrize(
    ("dossier", "grounds"),
    [
        (GOOD, ()),
        (replace(GOOD, filing=filed(staff=5, science_staff=1, rd_staff=1).filing), (SiteCheck.FEW_STAFF,)),
        (replace(GOOD, filing=filed(staff=6, science_staff=1, rd_staff=1).filing), ()),
        (replace(GOOD, class_2_count=0), (SiteCheck.NO_RIGHTS,)),
        (replace(GOOD, filing=filed(rd_expense_fen=9_999_999).filing), (SiteCheck.LITTLE_RD,)),
        (replace(GOOD, filing=filed(rd_expense_fen=10_000_000).filing), ()),
        (replace(GOOD, titles=()), (SiteCheck.FIRST_TIME,)),
        (
            replace(GOOD, titles=(title(QualificationKind.TECH_SME, revoked_on=date(2023, 11, 24)),)),
            (SiteCheck.DISHONEST_OR_REVOKED,),
        ),
        (replace(GOOD, titles=(title(QualificationKind.TECH_SME, revoked_on=date(2023, 11, 23)),)), ()),
        (
            replace(GOOD, marks=(OpenMark(IntegrityKind.SERIOUS_DISHONESTY, date(2020, 1, 1), date(2024, 1, 1)),)),
            (SiteCheck.DISHONEST_OR_REVOKED,),
        ),
    ],
)
def test_each_ground_of_a_check_on_the_spot(dossier: Dossier, grounds: tuple[SiteCheck, ...]) -> None:
    assert site_checks(NOTICE, freeze(dossier), as_of=TODAY) == grounds


def test_the_numbers_of_the_notice_are_reported() -> None:
    assert {one.confidence for one in NOTICE.parameters.values()} == {"reported"}
    assert NOTICE.param_int("random_check_min_ppm") == 50_000
    assert NOTICE.param_int("fraud_years_out") == 3
