"""Routes of importing holiday notices."""

from services.registry.catalogue.rules.holiday_notice_import import FORM, KINDS
from services.registry.catalogue.usecases.holiday_notice import RECORDERS
from shared.kernel.actor import check_role
from shared.web.table_import import import_router

router = import_router(
    FORM,
    scope="registry.calendar:write",
    row="any",
    may_start=lambda actor: check_role(actor.role, RECORDERS),
    kinds=KINDS,
)
