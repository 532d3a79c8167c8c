"""Pure decisions of the registry and their words."""

from services.registry.rules import enterprise, filing, qualification, register_application, tech_sme_evaluation
from shared.kernel.errors import RefusalCode

REFUSALS: tuple[RefusalCode, ...] = tuple(
    {
        word.code: word
        for room in (enterprise, filing, qualification, register_application, tech_sme_evaluation)
        for word in vars(room).values()
        if isinstance(word, RefusalCode)
    }.values()
)
"""Every refusal that the registry itself gives, for the catalogue of problems."""
