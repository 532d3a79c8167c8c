"""Routes of the documents that evidence of ipr names."""

from services.ipr.right.store.document import is_in_sight
from shared.web.document import document_router

router = document_router(
    "ipr",
    read_scope="ipr.document:read",
    write_scope="ipr.document:write",
    in_sight=is_in_sight,
)
