"""Whatever techtransfer holds of a listing, its own export says it so that an import reads the same."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.techtransfer.listing.api.achievement import COLUMNS as ACHIEVEMENT_COLUMNS
from services.techtransfer.listing.api.need import COLUMNS as NEED_COLUMNS
from services.techtransfer.listing.rules.achievement import AchievementTerms, ResultClass, ResultOrigin
from services.techtransfer.listing.rules.listing import ListingTerms
from services.techtransfer.listing.rules.listing_import import changes_of, reader
from services.techtransfer.listing.rules.listing_list import ACHIEVEMENTS, NEEDS
from services.techtransfer.listing.rules.need import IpOwnership, NeedTerms
from services.techtransfer.listing.rules.vocabulary import CooperationMode, ListingStatus, ResultStage
from shared.files.media_type import CSV, XLSX
from shared.kernel.key_field import KeyField
from shared.kernel.types import MAX_FEN
from shared.kernel.unit import units_on
from shared.table.column import ListForm
from shared.web.export import Column
from tests.support.own_export import taken_back
from tests.unit.techtransfer.builders import TODAY, UNIVERSITY, achievement_fields, need_fields

CASE_NO = "CQ-20261123-0001"
_SAYS_NOTHING = {"-", "--", "/"}


def words(alphabet: str) -> st.SearchStrategy[str]:
    """Draw what a poster writes: a text that says something."""
    return st.text(st.sampled_from(alphabet), min_size=1, max_size=14).filter(
        lambda text: text.strip() == text and text not in _SAYS_NOTHING and any(mark.isalnum() for mark in text)
    )


LINE = words("重庆示例𠮷㐂（）()=+-@'\"，,;；、ＡＢ ab12·&")
PROSE = words("示例𠮷=+-@'\"，,;；、 a1\n|\t")
ITEMS = st.lists(LINE, max_size=4)
SOME = st.lists(LINE, min_size=1, max_size=4)
FEN = st.none() | st.integers(0, MAX_FEN)
LEVEL = st.integers(1, 9)
SHARED: dict[str, st.SearchStrategy[Any]] = {
    "title": LINE,
    "party_name": st.none() | LINE,
    "unit_id": st.sampled_from([unit.unit_id for unit in units_on(TODAY)]),
    "key_field": st.none() | st.sampled_from(KeyField),
    "keywords": SOME,
    "cooperation_modes": st.lists(st.sampled_from(CooperationMode), min_size=1, unique=True),
    "valid_until_on": st.dates(TODAY, TODAY + timedelta(days=400)),
}


def posted_again(
    columns: Sequence[Column], terms: ListingTerms, form: ListForm, media_type: str
) -> tuple[dict[str, Any], Any]:
    """Return what is held of one listing and the line that the import reads of its export."""
    held = terms.model_dump()
    row = {**held, "case_no": CASE_NO, "status": ListingStatus.PUBLISHED}
    return held, reader(form)(taken_back(columns, row, form, media_type), TODAY)


@given(
    st.sampled_from([CSV, XLSX]),
    st.fixed_dictionaries(
        {
            **SHARED,
            "stage": st.sampled_from(ResultStage),
            "trl": LEVEL,
            "asking_price_fen": FEN,
            "summary": PROSE,
            "origin": st.sampled_from(ResultOrigin),
            "innovation_points": SOME,
            "result_class": st.sampled_from(ResultClass),
            "ip_right_nos": ITEMS,
            "completing_units": ITEMS,
        }
    ),
)
def test_every_achievement_comes_back_as_it_was(media_type: str, fields: dict[str, Any]) -> None:
    terms = AchievementTerms.model_validate(achievement_fields(party_uscc=UNIVERSITY, **fields))
    held, read = posted_again(ACHIEVEMENT_COLUMNS, terms, ACHIEVEMENTS, media_type)
    assert read.value is not None, read.findings
    assert (read.value.case_no, read.findings) == (CASE_NO, ())
    assert changes_of(read.value, held) == {}


@given(
    st.sampled_from([CSV, XLSX]),
    st.fixed_dictionaries(
        {
            **SHARED,
            "problem": PROSE,
            "core_indicators": ITEMS,
            "trl_wanted": st.none() | LEVEL,
            "budget_fen": FEN,
            "solution_months": st.none() | st.integers(1, 60),
            "ip_ownership": st.sampled_from(IpOwnership),
            "solver_conditions": st.none() | PROSE,
        }
    ),
)
def test_every_need_comes_back_as_it_was(media_type: str, fields: dict[str, Any]) -> None:
    terms = NeedTerms.model_validate(need_fields(party_uscc=UNIVERSITY, **fields))
    held, read = posted_again(NEED_COLUMNS, terms, NEEDS, media_type)
    assert read.value is not None, read.findings
    assert (read.value.case_no, read.findings) == (CASE_NO, ())
    assert changes_of(read.value, held) == {}


def test_a_list_that_says_something_else_changes_what_it_says() -> None:
    terms = AchievementTerms.model_validate(achievement_fields(keywords=["铝合金", "铸造；轻量化"]))
    held, read = posted_again(ACHIEVEMENT_COLUMNS, terms, ACHIEVEMENTS, CSV)
    later = {**held, "keywords": ["铝合金", "铸造"], "valid_until_on": date(2027, 5, 30)}
    assert changes_of(read.value, later) == {
        "keywords": ["铝合金", "铸造", "轻量化"],
        "valid_until_on": held["valid_until_on"],
    }
