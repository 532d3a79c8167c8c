"""What others hold of firms, their filings and their titles, should a restored backup no longer know of it."""

from shared.db.lost_case import kind_of_state
from shared.events.registry import EnterpriseChanged, FilingAccepted, QualificationChanged

CASES = (
    kind_of_state(EnterpriseChanged, zh="企业", en="enterprise", table="enterprise", number="uscc"),
    kind_of_state(
        FilingAccepted,
        zh="年度数据",
        en="annual filing",
        table="filing",
        number="uscc",
        where="accepted_at IS NOT NULL",
    ),
    kind_of_state(QualificationChanged, zh="称号", en="title", table="qualification", number="number"),
)
"""A draft of a filing was told to nobody."""
