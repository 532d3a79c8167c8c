"""Pure decisions of the registry and their words."""

from services.registry.catalogue.rules import holiday_notice
from services.registry.enterprise.rules import enterprise, filing, qualification
from services.registry.evaluation.rules import population_clearing, population_run, tech_sme_evaluation
from services.registry.ladder.rules import register_application
from shared.kernel.errors import RefusalCode
from shared.policy import reason

REFUSALS: tuple[RefusalCode, ...] = tuple(
    {
        word.code: word
        for room in (
            enterprise,
            filing,
            qualification,
            register_application,
            tech_sme_evaluation,
            population_run,
            population_clearing,
            holiday_notice,
            reason,
        )
        for word in vars(room).values()
        if isinstance(word, RefusalCode)
    }.values()
)
"""Every refusal that the registry itself gives, for the catalogue of problems."""
