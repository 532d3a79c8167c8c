"""Pure decisions of techtransfer: what may be listed, who may move a listing, what others may see of it."""

from services.techtransfer.listing.rules import achievement, ip_right, listing, party
from shared.kernel.errors import RefusalCode

REFUSALS: tuple[RefusalCode, ...] = tuple(
    word
    for room in (listing, party, achievement, ip_right)
    for word in vars(room).values()
    if isinstance(word, RefusalCode)
)
"""Every refusal that techtransfer itself gives, for the catalogue of problems."""
