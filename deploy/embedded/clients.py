"""The demo clients: who can be tried out, with random secrets in a file that only its owner reads."""

import json
import secrets
from typing import Any

from deploy.embedded.launch_settings import LaunchSettings
from deploy.embedded.secret import write_private

# Made-up bodies: a region code, `DEM` for demonstration, and the right check character.
BANK_A = "91500000DEMBANKA1R"
BANK_B = "91500000DEMBANKB2X"
AGENCY = "91500107DEMA000110"
FIRMS = ("91500107DEMF00011W", "91500112DEMF000228", "91500103DEMF00033B")

_ENTERPRISE = (
    "registry.enterprise:read registry.enterprise:write registry.filing:write"
    " registry.register:apply registry.evaluation:read registry.evaluation:write"
    " credit.evaluation:read credit.evaluation:write credit.consent:read credit.consent:write"
    " credit.application:read credit.application:write credit.loan:read credit.bank:read fund.cover:read"
    " ipr.right:read ipr.right:write ipr.portfolio:read ipr.import:write transfer.listing:read transfer.listing:write"
)
_BANK = (
    "credit.evaluation:read credit.consent:read credit.application:read credit.decision:write"
    " credit.loan:read credit.loan:write credit.bank:read fund.cover:read fund.cover:write fund.account:read"
    " ipr.sheet:read"
)
_DISTRICT = (
    "registry.enterprise:read registry.enterprise:write registry.filing:write registry.qualification:write"
    " registry.integrity:write registry.register:check registry.evaluation:read"
    " registry.evaluation:write registry.import:write fund.account:read transfer.listing:read"
)
_CITY = (
    "registry.enterprise:read registry.enterprise:write registry.integrity:write registry.filing:write"
    " registry.qualification:write registry.register:list registry.evaluation:read"
    " registry.evaluation:write registry.import:write credit.evaluation:read credit.evaluation:write"
    " credit.bank:read credit.bank:write credit.application:read credit.loan:read fund.cover:read fund.account:read"
    " fund.account:write ipr.right:read ipr.portfolio:read transfer.listing:read transfer.listing:review"
)
_FUND_MANAGER = "fund.cover:read fund.cover:decide fund.account:read credit.loan:read credit.bank:read"
_IP_CENTRE = "ipr.right:read ipr.right:write ipr.right:move ipr.portfolio:read ipr.import:write transfer.listing:read"
_AGENCY = "transfer.listing:read transfer.listing:write"
_AUDITOR = (
    "registry.enterprise:read registry.evaluation:read credit.evaluation:read"
    " credit.application:read credit.loan:read fund.cover:read fund.account:read ipr.right:read ipr.portfolio:read"
)

# client, role, acts for, reporting unit, scopes, Chinese and English title
_CLIENTS = (
    ("city", "city", None, None, _CITY, "市科技主管部门", "The city's science and technology bureau"),
    ("district-500107", "district", None, "500107", _DISTRICT, "九龙坡区科技局", "Jiulongpo district office"),
    ("bank-a", "bank", BANK_A, None, _BANK, "示例银行甲", "Example Bank A"),
    ("bank-b", "bank", BANK_B, None, _BANK, "示例银行乙", "Example Bank B"),
    ("enterprise-1", "enterprise", FIRMS[0], None, _ENTERPRISE, "示例智算科技", "Example Intelligent Computing"),
    ("enterprise-2", "enterprise", FIRMS[1], None, _ENTERPRISE, "示例新材料", "Example New Materials"),
    ("enterprise-3", "enterprise", FIRMS[2], None, _ENTERPRISE, "示例生物医药", "Example Biomedicine"),
    ("agency-1", "agency", AGENCY, None, _AGENCY, "示例技术转移服务", "Example Technology Transfer Services"),
    ("fund-manager", "fund_manager", None, None, _FUND_MANAGER, "风险补偿基金管理人", "Risk-compensation fund manager"),
    ("ip-centre", "ip_centre", None, None, _IP_CENTRE, "知识产权保护中心", "Intellectual property protection centre"),
    ("auditor", "auditor", None, None, _AUDITOR, "审计", "Auditor"),
)


def read_clients(settings: LaunchSettings) -> list[dict[str, Any]]:
    """Return the demo clients of this installation; empty if it has none."""
    if not settings.demo_clients.exists():
        return []
    clients: list[dict[str, Any]] = json.loads(settings.demo_clients.read_text(encoding="utf-8"))
    return clients


def ensure_clients(settings: LaunchSettings) -> list[dict[str, Any]]:
    """Write the demo clients, keeping the secrets they have."""
    kept = {client["client_id"]: client["secret"] for client in read_clients(settings)}
    clients = [
        {
            "client_id": client_id,
            "secret": kept.get(client_id) or secrets.token_hex(16),
            "role": role,
            "party": party,
            "unit_id": unit_id,
            "scopes": scopes.split(),
            "title_zh": title_zh,
            "title_en": title_en,
        }
        for client_id, role, party, unit_id, scopes, title_zh, title_en in _CLIENTS
    ]
    write_private(settings.demo_clients, json.dumps(clients, ensure_ascii=False, indent=1))
    return clients
