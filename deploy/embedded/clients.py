"""The demo clients: who can be tried out, with random secrets in a file that only its owner reads."""

import json
import secrets
from typing import Any

from deploy.embedded.launch_settings import LaunchSettings
from deploy.embedded.secret import write_private
from shared.kernel.role_scope import scopes_of

# Made-up bodies: a region code, `DEM` for demonstration, and the right check character.
BANK_A = "91500000DEMBANKA1R"
BANK_B = "91500000DEMBANKB2X"
AGENCY = "91500107DEMA000110"
FIRMS = ("91500107DEMF00011W", "91500112DEMF000228", "91500103DEMF00033B", "91500107DEMF00099X")

_DISTRICTS = (
    ("500107", "九龙坡区", "Jiulongpo"),
    ("500109", "北碚区", "Beibei"),
    ("500103", "渝中区", "Yuzhong"),
    ("500108", "南岸区", "Nan'an"),
    ("500106", "沙坪坝区", "Shapingba"),
    ("500113", "巴南区", "Banan"),
    ("500101", "万州区", "Wanzhou"),
    ("500120", "璧山区", "Bishan"),
)
"""The reporting unit of every demo firm, in both languages."""

# client, role, acts for, reporting unit, Chinese and English title
_CLIENTS = (
    ("city", "city", None, None, "市科技主管部门", "The city's science and technology bureau"),
    *(
        (f"district-{unit}", "district", None, unit, f"{zh}科技局", f"{en} district office")
        for unit, zh, en in _DISTRICTS
    ),
    ("bank-a", "bank", BANK_A, None, "示例银行甲", "Example Bank A"),
    ("bank-b", "bank", BANK_B, None, "示例银行乙", "Example Bank B"),
    ("enterprise-1", "enterprise", FIRMS[0], None, "示例智算科技", "Example Intelligent Computing"),
    ("enterprise-2", "enterprise", FIRMS[1], None, "示例新材料", "Example New Materials"),
    ("enterprise-3", "enterprise", FIRMS[2], None, "示例生物医药", "Example Biomedicine"),
    ("enterprise-4", "enterprise", FIRMS[3], None, "示例工业软件", "Example Industrial Software"),
    ("agency-1", "agency", AGENCY, None, "示例技术转移服务", "Example Technology Transfer Services"),
    ("fund-manager", "fund_manager", None, None, "风险补偿基金管理人", "Risk-compensation fund manager"),
    ("ip-centre", "ip_centre", None, None, "知识产权保护中心", "Intellectual property protection centre"),
    ("auditor", "auditor", None, None, "审计", "Auditor"),
    ("operator", "operator", None, None, "平台运维", "Operator of the platform"),
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
            "scopes": list(scopes_of(role)),
            "title_zh": title_zh,
            "title_en": title_en,
        }
        for client_id, role, party, unit_id, title_zh, title_en in _CLIENTS
    ]
    write_private(settings.demo_clients, json.dumps(clients, ensure_ascii=False, indent=1))
    return clients
