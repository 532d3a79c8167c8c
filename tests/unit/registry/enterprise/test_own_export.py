"""Whatever the registry holds, its own export says it so that an import reads the same."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.registry.enterprise.api.enterprise import COLUMNS as ENTERPRISE_COLUMNS
from services.registry.enterprise.api.filing import COLUMNS as FILING_COLUMNS
from services.registry.enterprise.rules import enterprise_import, filing_import
from services.registry.enterprise.rules.enterprise import EnterpriseTerms, FounderType, LegalForm
from services.registry.enterprise.rules.enterprise_list import FORM as ENTERPRISES
from services.registry.enterprise.rules.filing import FilingTerms
from services.registry.enterprise.rules.filing_import import FORM as FILINGS
from shared.files.media_type import CSV, XLSX
from shared.kernel.key_field import KeyField
from shared.kernel.types import MAX_FEN
from shared.kernel.unit import units_on
from tests.support.own_export import taken_back
from tests.unit.registry.rule_sets import TODAY

CODE = "91500107MA5XTE8T03"
LINE = st.text(st.sampled_from("重庆示例𠮷㐂（）()=+-@'\"，,;、ＡＢ ab12·&"), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and text not in {"-", "--", "/"} and any(mark.isalnum() for mark in text)
)
DAY = st.dates(date(1950, 1, 1), TODAY)
FEN = st.integers(0, MAX_FEN)
UNITS = st.sampled_from([unit.unit_id for unit in units_on(TODAY)])
COUNT = st.integers(0, 100_000_000)


@given(
    st.sampled_from([CSV, XLSX]),
    st.fixed_dictionaries(
        {
            "name": LINE,
            "unit_id": UNITS,
            "legal_form": st.sampled_from(LegalForm),
            "industry_code": st.none() | st.just("C3491"),
            "key_field": st.none() | st.sampled_from(KeyField),
            "founder_type": st.none() | st.sampled_from(FounderType),
            "founded_on": st.none() | DAY,
            "registered_capital_fen": st.none() | FEN,
            "address": st.none() | LINE,
        }
    ),
)
def test_every_enterprise_comes_back_as_it_was(media_type: str, fields: dict[str, Any]) -> None:
    terms = EnterpriseTerms(uscc=CODE, **fields)
    row = {**terms.model_dump(), "size_class": None, "status": "ACTIVE", "code_needs_review": False}
    row |= {column.name: None for column in ENTERPRISE_COLUMNS if column.name not in row}
    cells = taken_back(ENTERPRISE_COLUMNS, row, ENTERPRISES, media_type)
    line = enterprise_import.read_line(cells, TODAY)
    assert line.value is not None, line.findings
    told = line.value.terms.model_dump()
    if terms.legal_form is LegalForm.UNKNOWN:  # the name may show what the record does not
        told["legal_form"] = LegalForm.UNKNOWN
    assert told == terms.model_dump()


@given(
    st.sampled_from([CSV, XLSX]),
    st.fixed_dictionaries(
        {
            name: (FEN if name.endswith("_fen") else COUNT)
            for name in FilingTerms.model_fields
            if name != "super_deduction_fen"
        }
    ),
    st.none() | FEN,
)
def test_every_filing_comes_back_as_it_was(media_type: str, fields: dict[str, int], deduction: int | None) -> None:
    terms = FilingTerms(**fields, super_deduction_fen=deduction)
    row = {**terms.model_dump(), "uscc": CODE, "year": 2025, "status": "ACCEPTED"}
    row |= {column.name: None for column in FILING_COLUMNS if column.name not in row}
    cells = taken_back(FILING_COLUMNS, row, FILINGS, media_type)
    line = filing_import.read_line(cells, TODAY)
    assert line.value is not None, line.findings
    assert (line.value.uscc, line.value.year, line.value.terms) == (CODE, 2025, terms)
