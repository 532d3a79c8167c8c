"""Routes of importing achievements and needs."""

from services.techtransfer.listing.rules.listing_import import KINDS, may_import
from services.techtransfer.listing.rules.listing_list import ACHIEVEMENTS, NEEDS
from shared.web.table_import import import_router

achievements = import_router(
    ACHIEVEMENTS, scope="transfer.listing:write", row="agency", may_start=may_import, kinds=KINDS
)
needs = import_router(NEEDS, scope="transfer.listing:write", row="agency", may_start=may_import, kinds=KINDS)
