"""Routes of the documents that evidence of finance names."""

from services.finance.fund.store.document import is_in_sight
from shared.web.document import document_router

router = document_router(
    "finance",
    read_scope="credit.document:read",
    write_scope="credit.document:write",
    in_sight=is_in_sight,
)
