"""Routes of importing enterprises."""

from services.registry.enterprise.rules.enterprise import AUTHORITIES, check_role
from services.registry.enterprise.rules.enterprise_list import FORM
from services.registry.enterprise.rules.import_findings import KINDS
from shared.web.table_import import import_router

router = import_router(
    FORM,
    scope="registry.import:write",
    row="unit",
    may_start=lambda actor: check_role(actor.role, AUTHORITIES),
    kinds=KINDS,
)
