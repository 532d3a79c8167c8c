"""Made-up firms, rights and evidence for the tests of ipr."""

from datetime import date
from typing import Any

from shared.kernel import patent_no, uscc
from shared.kernel.evidence import Evidence, EvidenceLevel


def firm(number: int) -> str:
    """Return the valid code of a made-up firm."""
    first = f"91500000MAEX{number:05d}"
    return first + uscc.check_character(first)


FIRM_A, FIRM_B, FIRM_C = firm(1), firm(2), firm(3)


def patent(kind_digit: str, serial: int, year: int = 2022) -> str:
    """Return a patent number with its check digit, 13 characters."""
    digits = f"{year}{kind_digit}{serial:07d}"
    return digits + patent_no.check_digit(digits)


def evidence(level: EvidenceLevel = EvidenceLevel.DOCUMENT, issued_on: date = date(2024, 1, 1)) -> Evidence:
    """Return evidence with an official number."""
    return Evidence(level=level, issued_on=issued_on, official_no="国知专证 0001")


def evidence_body(level: str = "DOCUMENT", issued_on: str = "2024-01-01") -> dict[str, Any]:
    """Return evidence as it is sent."""
    return {"level": level, "issued_on": issued_on, "official_no": "国知专证 0001"}


def right_body(**values: Any) -> dict[str, Any]:
    """Return a granted invention of FIRM_A as it is sent; `values` overwrite."""
    return {
        "kind": "INVENTION",
        "right_no": patent("1", 123456),
        "title": "示例发明：一种齿轮减速装置",
        "filed_on": "2022-03-01",
        "granted_on": "2024-01-01",
        "owners": [{"uscc": FIRM_A, "share_ppm": 1_000_000}],
        "legal_status": "GRANTED",
        "evidence": evidence_body(),
        **values,
    }
