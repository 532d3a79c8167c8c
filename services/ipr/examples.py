"""Made-up values of ipr's examples, one per name: one invention of one enterprise."""

from typing import Any

from shared.events.example import ENTERPRISE, SHA256
from shared.events.example import EXAMPLES as EVENTS

_EVIDENCE = {
    "level": "DOCUMENT",
    "issued_on": "2026-05-18",
    "official_no": "示例通知〔2026〕0518号",
    "document_sha256": SHA256,
}
_WHOLE = [{"uscc": ENTERPRISE, "share_ppm": 1_000_000}]

EXAMPLES: dict[str, Any] = {
    **EVENTS,
    "evidence": _EVIDENCE,
    "HistoryRead.evidence": [
        {
            "action": "register",
            "evidence": _EVIDENCE,
            "detail": {"right_no": "2021101234567"},
            "entered_by": "ip-centre",
            "recorded_at": "2026-06-02T01:30:00Z",
        }
    ],
    "owner_uscc": ENTERPRISE,
    "kind": "INVENTION",
    "kind_zh": "发明专利",
    "BlemishRead.kind": "OWNERSHIP_DISPUTE",
    "id": "019e7000-0000-7000-8000-000000002001",
    "RightRead.version": 3,
    "RightDetail.version": 3,
    "right_no_display": "202110123456.7",
    "published_on": "2021-08-10",
    "commercialised_on": None,
    "completed_on": None,
    "stated_ends_on": None,
    "status_effective_on": "2023-05-16",
    "status_since_on": "2023-05-16",
    "extended_until_on": None,
    "months_left": 176,
    "entered_by": "ip-centre",
    "co_owners": 0,
    "application_status": "BANK_REVIEW",
    "next_change_on": "2041-02-07",
    # Moves, transfers, blemishes
    "to_status": "LAPSED_FEE",
    "effective_on": "2026-05-20",
    "requested_on": None,
    "move_id": "019e7600-0000-7000-8000-000000008001",
    "MoveRead.id": "019e7600-0000-7000-8000-000000008001",
    "TransferRead.id": "019e7610-0000-7000-8000-000000008101",
    "BlemishRead.id": "019e7620-0000-7000-8000-000000008201",
    "computed_by": None,
    "correction": None,
    "recorded_at": "2026-06-02T01:30:00Z",
    "owners_before": _WHOLE,
    "owners_after": _WHOLE,
    "opened_on": "2026-05-20",
    "opened_evidence": _EVIDENCE,
    "cleared_on": None,
    "cleared_evidence": None,
    "until_on": "2042-02-07",
    "action": "register",
    "EvidenceRead.detail": {"right_no": "2021101234567"},
    # Annual fees
    "due_on": "2027-02-08",
    "fee_fen": 120_000,
    "full_fee_fen": 120_000,
    "fee_status": "KNOWN",
    "days_assumed": True,
    "open_licence": False,
    "AnnuityRead.note_zh": None,
    "AnnuityRead.note_en": None,
    "grace_until_on": "2027-08-08",
    "lost_from_on": "2027-08-09",
    "patent_year": 7,
    "pay_from_on": "2027-01-08",
    "surcharge_fen": 0,
    # Parameters of the summary
    "label_zh": "一类知识产权",
    "label_en": "class 1 rights",
    "source": "示例文号〔2022〕1号",
    "article": "第五条",
    # What waits, and what may be done about it
    "WorkItemRead.kind": "RIGHT_ATTESTATION",
    "WorkItemRead.case_no": "202110123456.7",
    "WorkItemRead.enterprise_uscc": ENTERPRISE,
    "WorkItemRead.enterprise_name": "重庆示例智造科技有限公司",
    "WorkItemRead.unit_id": "500107",
    "WorkItemRead.due_on": None,
    "due_status": "NONE",
    "asked_zh": "待核验企业申报的权利",
    "asked_en": "a right that a firm declared, to be attested",
    "ActionRead.name": "attest",
    "ActionRead.label_zh": "核验",
    "ActionRead.label_en": "Attest",
    "ActionRead.operation": "POST /v1/ip-rights/{right_id}:attest",
    "ActionRead.needs_reason": False,
    "ActionRead.reasons": None,
    "ActionRead.due_on": None,
    # Reports of imports
    "column_name": "申请号",
    "line": 12,
    "value": "2021101234560",
    "code": "right_no_invalid",
    "text_zh": "申请号校验位不符",
    "text_en": "the check digit of the number does not agree",
    "way_out_zh": "请核对受理通知书",
    "way_out_en": "Check the filing notice",
}
"""Field, parameter, `Shape.field` or `operation.parameter` → made-up value."""
