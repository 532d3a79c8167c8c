"""What others hold of rights and of the sums of firms, should a restored backup no longer know of it."""

from shared.db.lost_case import kind_of_state
from shared.events.ipr import PortfolioChanged, RightChanged

CASES = (
    kind_of_state(RightChanged, zh="知识产权", en="right", table="ip_right", number="right_no", column="id"),
    kind_of_state(
        PortfolioChanged, zh="企业知识产权汇总", en="IP summary of a firm", table="ip_portfolio", number="uscc"
    ),
)
