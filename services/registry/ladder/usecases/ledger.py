"""Applications to the city's register are timed anew, by the rule set that they name and the holidays known then."""

from collections.abc import AsyncIterator

from services.registry.ladder.models.register_application import RegisterApplication
from services.registry.settings import POLICIES
from shared.db.act import every_row, last_acts
from shared.db.holiday_notice import calendars
from shared.db.transaction import Transaction
from shared.db.verification import Walk
from shared.kernel.clock import shanghai_date
from shared.policy.book import RuleBook


async def applications_that_differ(tx: Transaction) -> AsyncIterator[str]:
    """Yield each application whose check is not due when its rule set, counted from its submission, says."""
    book = RuleBook.from_folder(POLICIES)
    again = await last_acts(tx, "register.resubmit")
    calendar_at = await calendars(tx)
    async for one in every_row(tx, RegisterApplication):
        rule_set, resubmitted = book.by_sha256(one.rule_set_sha256), again.get(f"register_application/{one.id}")
        if rule_set is None:
            yield f"{one.case_no} ({one.rule_set_version}?)"
            continue
        at = one.created_at if resubmitted is None else resubmitted.at
        due = calendar_at(at).add_working_days(shanghai_date(at), rule_set.param_int("check_working_days"))
        if (due.on, due.assumed) != (one.check_due_on, one.check_due_assumed):
            yield one.case_no


LEDGERS = (
    Walk("入库申请审核时限等于按其规则重新计算", "each check is due when its rules say", applications_that_differ),
)
"""What must find nothing."""
