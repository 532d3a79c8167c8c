"""The one-year loan prime rate (LPR) of a day."""

from datetime import date

from shared.kernel.errors import Refusal, RefusalCode
from shared.policy.book import RuleBook

POLICY = "lpr_1y"

LPR_UNKNOWN = RefusalCode(
    code="lpr_unknown",
    status=409,
    title_zh="该日没有可用的一年期LPR：{on}",
    title_en="No one-year LPR is known for {on}",
    way_out_zh="请核对合同日期；LPR自2019-08-20起收录。",
    way_out_en="Check the contract date; the series starts on 2019-08-20.",
)


def rate_on(book: RuleBook, on: date) -> int:
    """Return the one-year LPR in force on a day, in parts per million (3.00 % = 30,000).

    Days 1-19 of a month still carry the value of the last publication.

    Raises:
        Refusal: `lpr_unknown`; `rule_set_not_in_force`.

    Source: F-LPR-01 (docs/rules/finance.md).
    """
    outcome = book.pick(POLICY, on).evaluate({"contract_day_number": on.year * 10_000 + on.month * 100 + on.day})
    rate = int(outcome.result["lpr"]["rate_ppm"])
    if rate == 0:
        raise Refusal(LPR_UNKNOWN, on=on)
    return rate
