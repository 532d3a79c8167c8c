"""Routes of importing rights: the IP centre any, an enterprise its own, which then count once attested."""

from services.ipr.right.rules.right import may_import
from services.ipr.right.rules.right_import import KINDS
from services.ipr.right.rules.right_list import FORM
from shared.web.table_import import import_router

router = import_router(FORM, scope="ipr.import:write", row="enterprise", may_start=may_import, kinds=KINDS)
