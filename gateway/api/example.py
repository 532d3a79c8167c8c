"""Made-up values of the gateway's examples, one per name."""

from typing import Any

from shared.events.example import ENTERPRISE
from shared.events.example import EXAMPLES as EVENTS

_ISSUER = "https://kechuang.example"

EXAMPLES: dict[str, Any] = {
    **EVENTS,
    "client_secret": "made-up-secret",
    "scope": "credit.application:read credit.decision:write",
    "TokenRead.access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6IjIwMjYifQ.eyJzdWIiOiJiYW5rLWEifQ.c2lnbmF0dXJl",
    "TokenRead.expires_in": 600,
    "KeyRead.kid": "019e0000-0000-7000-8000-000000000e51",
    "KeyRead.x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "KeyRead.y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "KeyRead.use": "sig",
    "KeyRead.alg": "ES256",
    "issuer": _ISSUER,
    "token_endpoint": f"{_ISSUER}/oauth2/token",
    "jwks_uri": f"{_ISSUER}/.well-known/jwks.json",
    "grant_types_supported": ["client_credentials"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "response_types_supported": [],
    "service_documentation": f"{_ISSUER}/docs",
    "ui_locales_supported": ["zh-CN", "en"],
    "missing": [],
    "complete": True,
    "WorkItemRead.enterprise_uscc": ENTERPRISE,
    "WorkItemRead.enterprise_name": "重庆示例智造科技有限公司",
    "WorkItemRead.unit_id": "500107",
    "has_more": False,
    "WorkCountRead.kind": "LOAN_APPLICATION",
    "WorkCountRead.total": 12,
    "WorkCountRead.overdue": 1,
    "WorkCountRead.soon": 3,
    "PartRead.code": None,
    "PartRead.source": "registry",
    "PartRead.data": {"uscc": ENTERPRISE, "name": "重庆示例智造科技有限公司"},
    "DossierParts.credit_file": {
        "status": "present",
        "source": "finance",
        "data": {"consent_id": "019e8100-0000-7000-8000-00000000c001", "days_left": 6, "overdue": False},
        "code": None,
    },
    "DossierParts.ip_sheet": {
        "status": "present",
        "source": "ipr",
        "data": {"case_no": "KC-2026-500107-000123", "rights": []},
        "code": None,
    },
    "AllVersions.service": "gateway",
    "AllVersions.version": "0.1.0",
    "AllVersions.migration": "0001",
    "AllVersions.started_at": "2026-06-01T00:00:00+00:00",
}
"""Field, parameter, `Shape.field` or `operation.parameter` → made-up value."""
