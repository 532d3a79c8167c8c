"""Tables of the registry; importing this package registers all of them for migrations."""

from services.registry.base import Base
from services.registry.enterprise.models import (
    credit_standing,
    enterprise,
    filing,
    portfolio,
    qualification,
)
from services.registry.evaluation.models import population_clearing, population_run, tech_sme_evaluation
from services.registry.ladder.models import register_application

__all__ = [
    "Base",
    "credit_standing",
    "enterprise",
    "filing",
    "population_clearing",
    "population_run",
    "portfolio",
    "qualification",
    "register_application",
    "tech_sme_evaluation",
]
