"""The demo people: who can sign in to the console, with random passwords in a file that only its owner reads."""

import json
import secrets
from typing import Any

from deploy.embedded.clients import read_clients
from deploy.embedded.launch_settings import LaunchSettings
from deploy.embedded.secret import write_private

# login, client whose body the person works for, name
_PEOPLE = (
    ("firm", "enterprise-1", "企业示例 Firm"),
    ("applicant", "enterprise-4", "申请企业示例 Applicant"),
    ("bank", "bank-a", "银行示例 Bank"),
    ("district", "district-500107", "区县示例 District"),
    ("city", "city", "市级示例 City"),
    ("fund", "fund-manager", "基金示例 Fund"),
    ("ip", "ip-centre", "知产示例 IP"),
    ("agency", "agency-1", "机构示例 Agency"),
    ("auditor", "auditor", "审计示例 Auditor"),
    ("operator", "operator", "运维示例 Operator"),
)
"""One per role, and one of the firm whose application waits for its district; nobody of these names exists."""


def read_people(settings: LaunchSettings) -> list[dict[str, Any]]:
    """Return the demo people of this installation; empty if it has none."""
    if not settings.demo_people.exists():
        return []
    people: list[dict[str, Any]] = json.loads(settings.demo_people.read_text(encoding="utf-8"))
    return people


def ensure_people(settings: LaunchSettings) -> list[dict[str, Any]]:
    """Write the demo people, keeping the passwords they have; the demo clients are written already."""
    kept = {person["login"]: person["password"] for person in read_people(settings)}
    bodies = {client["client_id"]: client for client in read_clients(settings)}
    people = [
        {
            "login": f"{login}@demo",
            "password": kept.get(f"{login}@demo") or secrets.token_urlsafe(12),
            "name": name,
            **{word: bodies[client_id][word] for word in ("role", "party", "unit_id", "scopes")},
        }
        for login, client_id, name in _PEOPLE
    ]
    write_private(settings.demo_people, json.dumps(people, ensure_ascii=False, indent=1))
    return people
