"""Made-up values of the registry's examples, one per name."""

from typing import Any

from shared.events.example import EXAMPLES as EVENTS
from shared.events.example import SHA256
from shared.kernel.example import inherited

_EVIDENCE = {
    "level": "DOCUMENT",
    "issued_on": "2026-05-18",
    "official_no": "示例通知〔2026〕0518号",
    "document_sha256": SHA256,
    "entered_by": "unit-500107",
}
_CONDITION = {"name": "rd_staff_share", "holds": True, "label_zh": "研发人员占比", "label_en": "share of R&D staff"}

EXAMPLES: dict[str, Any] = {
    **EVENTS,
    "evidence": _EVIDENCE,
    "q": "示例",
    "unit": "500107",
    "on": "2026-06-01",
    "registered_capital_fen": 1_000_000_000,
    "address": "重庆市九龙坡区示例路 1 号（虚构）",
    "revoked_on": None,
    "award_rank": None,
    "drafting_rank": None,
    # The window of the evaluation
    "opens_on": "2026-06-01",
    "closes_on": "2026-08-31",
    "WindowRead.note_zh": "评价开放期已结束",
    "WindowRead.note_en": "the window of this year is over",
    "SiteCheckRead.text_zh": "首次参评",
    "SiteCheckRead.text_en": "evaluated for the first time",
    "QualificationRead.id": "019e7200-0000-7000-8000-000000004001",
    "qualification_id": "019e7200-0000-7000-8000-000000004001",
    "EnterprisePage.status": "ACTIVE",
    "FilingRead.status": "ACCEPTED",
    "FilingRead.accepted_at": "2026-03-12T03:20:00Z",
    "FilingRead.version": 2,
    "EnterpriseRead.version": 3,
    "EnterprisePage.version": 3,
    "PortfolioRead.version": 5,
    "filing_year": 2025,
    # Marks and stays
    "kind": "ABNORMAL_OPERATIONS",
    "MarkRead.id": "019e7300-0000-7000-8000-000000005001",
    "opened_on": "2026-05-20",
    "opened_evidence": _EVIDENCE,
    "cleared_on": None,
    "cleared_evidence": None,
    "from_on": "2018-04-12",
    "until_on": None,
    # Evaluations of the national register
    "EvaluationRead.id": "019e7400-0000-7000-8000-000000006001",
    "EvaluationSummary.id": "019e7400-0000-7000-8000-000000006001",
    "ReplayRead.id": "019e7400-0000-7000-8000-000000006001",
    "EvaluationRead.score_milli": 82_000,
    "EvaluationSummary.score_milli": 82_000,
    "verdict": "QUALIFIED",
    "read_tech_sme_evaluation.evaluation_id": "019e7400-0000-7000-8000-000000006001",
    "replay_tech_sme_evaluation.evaluation_id": "019e7400-0000-7000-8000-000000006001",
    "EvaluationRead.decision": {"verdict": "QUALIFIED", "score_milli": 82_000, "lines": [], "gates": [_CONDITION]},
    "ReplayRead.decision": {"verdict": "QUALIFIED", "score_milli": 82_000, "lines": [], "gates": [_CONDITION]},
    "RegisterCheck.decision": "PASS",
    "record_sha256": SHA256,
    "replayed_sha256": SHA256,
    "same": True,
    # The city's register
    "RegisterApplicationRead.id": "019e7500-0000-7000-8000-000000007001",
    "application_id": "019e7500-0000-7000-8000-000000007001",
    "RegisterApplicationRead.status": "LISTED",
    "RegisterApplicationRead.number": "KC2026500107000123",
    "RegisterApplicationRead.version": 4,
    "check_due_on": "2026-06-09",
    "due_until_on": "2026-06-30",
    "checked_at": "2026-06-05T06:00:00Z",
    "checked_by": "unit-500107",
    "listed_at": "2026-06-08T02:00:00Z",
    "conditions": [_CONDITION],
    "FieldNote.field": "rd_expense_fen",
    "FieldNote.note": "请补充研发费用辅助账",
    "RegisterApplicationRead.notes": [{"field": "rd_expense_fen", "note": "请补充研发费用辅助账"}],
    # Checks and reports
    "pointer": "/rd_staff",
    "gravity": "NOTES",
    "FilingCheckRead.code": "rd_staff_above_staff",
    "FindingRead.code": "code_check_failed",
    "column": "统一社会信用代码",
    "line": 12,
    "value": "91500107MADEMQX01X",
    "text_zh": "统一社会信用代码校验位不符",
    "text_en": "the check character of the code does not agree",
    "way_out_zh": "请核对营业执照",
    "way_out_en": "Check the business licence",
    "ImportRead.kind": "enterprises",
    # Units
    "UnitRead.kind": "district",
    "gb_code": "500107",
    "name_zh": "九龙坡区",
    "name_en": "Jiulongpo",
    "successor": None,
    "UnitRead.valid_from_on": "1997-06-18",
    "UnitRead.valid_until_on": None,
    "valid_until_on": "2027-06-01",
    # Size class
    "basis": "CLASSED",
    "SizeClassRead.note_zh": "取各指标中最低的一档",
    "SizeClassRead.note_en": "the lowest class of all indicators",
    "SizeClassRead.filing_year": 2025,
    "SizeBoundRead.indicator": "industry_staff",
    "SizeBoundRead.label_zh": "从业人员",
    "SizeBoundRead.label_en": "staff",
}
"""Field, parameter, `Shape.field` or `operation.parameter` → made-up value."""
EXAMPLES |= inherited(
    EXAMPLES,
    {
        "FilingListed": "FilingRead",
        "QualificationListed": "QualificationRead",
        "RegisterApplicationListed": "RegisterApplicationRead",
        "EvaluationListed": "EvaluationSummary",
    },
)
