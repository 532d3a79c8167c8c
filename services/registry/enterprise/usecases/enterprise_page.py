"""Reading the whole page of an enterprise: the hottest read of the registry, so it is one statement."""

from services.registry.enterprise.store import enterprise_page as store
from services.registry.enterprise.store.enterprise_page import EnterpriseParts
from shared.db.transaction import Transaction
from shared.kernel.errors import Refusal
from shared.kernel.refusals import NOT_FOUND


async def read_enterprise_page(tx: Transaction, uscc: str) -> EnterpriseParts:
    """Return an enterprise that the actor may see, with all that stands on its page.

    Raises:
        Refusal: `not_found`, also for another's.
    """
    found = await store.find(tx, uscc)
    if found is None:
        raise Refusal(NOT_FOUND, noun="enterprise")
    return found
