"""What techtransfer told of its listings, held against what stands."""

from shared.db.verification import numbers_are_counted, told_as_it_stands
from shared.events.techtransfer import ListingChanged

_WORDS = (("achievement", "成果", "achievement"), ("need", "需求", "need"))
LEDGERS = (
    *(
        told_as_it_stands(
            ListingChanged,
            zh=f"最近发布的{zh}状态与登记一致",
            en=f"what was told last of each {en} is what stands",
            table=table,
            key="CAST(kept.id AS text)",
            same={"status": "kept.status", "case_no": "kept.case_no"},
            where="published_at IS NOT NULL AND status IN ('PUBLISHED', 'WITHDRAWN', 'EXPIRED')",
        )
        for table, zh, en in _WORDS
    ),
    numbers_are_counted(*(table for table, _, _ in _WORDS)),
)
"""What must find nothing: drafts and what is under review was told to nobody."""
