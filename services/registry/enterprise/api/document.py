"""Routes of the documents that evidence of the registry names."""

from services.registry.enterprise.store.document import is_in_sight
from shared.web.document import document_router

router = document_router(
    "registry",
    read_scope="registry.document:read",
    write_scope="registry.document:write",
    in_sight=is_in_sight,
)
