"""Pure decisions of ipr: what a right is, how long it lasts, how it counts, who may read it."""

from services.ipr.right.rules import (
    annuity,
    blemish,
    right,
    right_kind,
    right_owner,
    right_status,
    right_term,
)
from services.ipr.sheet.rules import ip_sheet
from shared.kernel.errors import RefusalCode

REFUSALS: tuple[RefusalCode, ...] = tuple(
    {
        word.code: word
        for room in (
            annuity,
            blemish,
            ip_sheet,
            right,
            right_kind,
            right_owner,
            right_status,
            right_term,
        )
        for word in vars(room).values()
        if isinstance(word, RefusalCode)
    }.values()
)
"""Every refusal that ipr itself gives, for the catalogue of problems."""
