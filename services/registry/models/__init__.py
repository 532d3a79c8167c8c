"""Tables of the registry; importing this package registers all of them for migrations."""

from services.registry.models import (
    credit_standing,
    enterprise,
    filing,
    import_report,
    portfolio,
    qualification,
    register_application,
    tech_sme_evaluation,
)
from services.registry.models.base import Base

__all__ = [
    "Base",
    "credit_standing",
    "enterprise",
    "filing",
    "import_report",
    "portfolio",
    "qualification",
    "register_application",
    "tech_sme_evaluation",
]
