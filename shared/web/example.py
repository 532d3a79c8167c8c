"""Made-up values of what every service answers: versions, health, codes, pages and long work."""

from typing import Any

from shared.events.example import SHA256

WORDS: dict[str, Any] = {
    "next_cursor": None,
    "limit": 50,
    "cursor": "WyI0ZjVkNTNjZGE2NWM0ZTNkIiwiMjAyNi0wNi0wMiIsIjE5ZTgyMDAiXQ",
    "Idempotency-Key": "019e8200-0000-7000-8000-0000000000aa",
    "if-match": '"v3"',
    "file_format": "csv",
    "read_problem.code": "field_invalid",
    "Readiness.checks": {"database": "ok", "tables": "ok", "migrations": "ok", "bus": "ok"},
    "Readiness.warnings": [],
    "Versions.service": "finance",
    "Versions.version": "0.1.0",
    "Versions.migration": "0001",
    "Versions.started_at": "2026-06-01T00:00:00+00:00",
    "RuleSetVersion.policy": "kvc_evaluation",
    "RuleSetVersion.version": "2022.1",
    "RuleSetVersion.sha256": SHA256,
    "RuleSetVersion.valid_from_on": "2022-11-23",
    "RuleSetVersion.valid_until_on": None,
    "RuleSetVersion.title_zh": "知识价值信用评价",
    "RuleSetVersion.title_en": "Knowledge-value evaluation",
    "RuleSetVersion.source_no": "示例文号〔2022〕1号",
    "ProblemEntry.type": "/problems/field_invalid",
    "ProblemEntry.title": "请求中有字段不符合要求",
    "ProblemEntry.status": 422,
    "ProblemEntry.detail": "请按 errors 中的提示逐项修改",
    "ProblemEntry.code": "field_invalid",
    "ProblemEntry.title_en": "Fields of the request are not as required",
    "ProblemEntry.detail_en": "Correct each field named in errors",
    # Evidence and uploads
    "level": "DOCUMENT",
    "issued_on": "2026-05-18",
    "official_no": "示例通知〔2026〕0518号",
    "document_sha256": SHA256,
    "file": "list.csv",
    "id": "019e8000-0000-7000-8000-000000000001",
    "created_at": "2026-06-02T01:30:00Z",
    "updated_at": "2026-06-02T01:31:12Z",
    "operation_id": "019e8600-0000-7000-8000-000000000f01",
    "ImportRead.id": "019e8600-0000-7000-8000-000000000f01",
    "ImportRead.status": "DONE",
    "ImportRead.done": 1_000,
    "ImportRead.total": 1_000,
    "ImportRead.error": None,
    "ImportRead.file_sha256": SHA256,
    "ImportRead.filename": "list.csv",
}
"""Field, parameter or `Shape.field` → made-up value."""
