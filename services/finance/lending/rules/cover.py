"""Cover of one drawdown by the risk-compensation fund: filed in time by the bank, decided by the fund manager."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.finance.fund.rules import fund_account
from services.finance.fund.rules.fund_account import FundBalances
from services.finance.lending.rules.drawdown import DrawdownStatus
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.shape import Shape
from shared.kernel.types import Fen
from shared.kernel.workday import DueDate, WorkCalendar
from shared.policy.reason import check_reason
from shared.policy.rule_set import RuleSet

COVER_FILED_TOO_LATE = RefusalCode(
    code="cover_filed_too_late",
    status=409,
    title_zh="备案期限已于 {due_on} 届满",
    title_en="Cover had to be filed by {due_on}",
    way_out_zh="该笔借据不再纳入基金补偿范围，贷款本身不受影响。",
    way_out_en="This drawdown cannot be covered any more; the loan itself stays as it is.",
)
COVER_ALREADY_FILED = RefusalCode(
    code="cover_already_filed",
    status=409,
    title_zh="该笔借据已备案",
    title_en="Cover was filed for this drawdown before",
    way_out_zh="请查看该笔借据已有的备案。",
    way_out_en="See the cover that this drawdown has.",
    hint_zh="查询：GET /v1/covers。",
    hint_en="See GET /v1/covers.",
)
COVER_STATE_CONFLICT = RefusalCode(
    code="cover_state_conflict",
    status=409,
    title_zh="备案当前状态为 {status}，不能执行此操作",
    title_en="The cover is {status}: this step is not possible now",
    way_out_zh="请刷新备案后办理。",
    way_out_en="Read the cover again.",
)
COVER_REASON_MISSING = RefusalCode(
    code="cover_reason_missing",
    status=422,
    title_zh="不予备案须给出原因代码，准予备案不得带原因代码",
    title_en="A refusal needs a reason code, and a grant has none",
    way_out_zh="不予备案时请选择原因，准予备案时请不要填写原因。",
    way_out_en="Choose a reason for a refusal, and none for a grant.",
    hint_zh="字段 reason_code。",
    hint_en="The field is reason_code.",
)
DRAWDOWN_ALREADY_REPAID = RefusalCode(
    code="drawdown_already_repaid",
    status=409,
    title_zh="该笔借据已还清，无需备案",
    title_en="This drawdown is repaid: there is nothing to cover",
    way_out_zh="如已备案待审，请以“决定前已还清”为由不予备案。",
    way_out_en="A filing that waits is refused because the drawdown was repaid before the decision.",
    hint_zh="reason_code 取 repaid_before_decision。",
    hint_en="Refuse it with the reason_code repaid_before_decision.",
)


class CoverStatus(StrEnum):
    """Where cover stands; a drawdown without a filing has no cover."""

    FILED = "FILED"
    COVERED = "COVERED"
    REFUSED = "REFUSED"
    RELEASED = "RELEASED"


class CoverVerdict(StrEnum):
    """What the fund manager may decide."""

    COVERED = "COVERED"
    REFUSED = "REFUSED"


class CoverBalances(Shape):
    """What was covered, how much of it repayment has released, and the fund's exposure for the rest; in fen."""

    covered_fen: Fen
    released_fen: Fen = 0
    exposure_fen: Fen


@dataclass(frozen=True, slots=True)
class CoverDecision:
    """The fund manager's decision: what is covered, and the unit's exposure after it."""

    status: CoverStatus
    covered_fen: int
    exposure_fen: int
    account_exposure_fen: int


@dataclass(frozen=True, slots=True)
class CoverRelease:
    """What repayment does to cover: what is released of it so far, and by how much the exposure falls."""

    status: CoverStatus
    released_fen: int
    exposure_fen: int
    released_exposure_fen: int


def filing_due(rules: RuleSet, *, starts_on: date, calendar: WorkCalendar) -> DueDate:
    """Return by when cover is filed for a drawdown.

    Source: F-COVER-01 (docs/rules/finance.md).
    """
    return calendar.add_working_days(starts_on, rules.param_int("filing_working_days"))


def file(
    rules: RuleSet, *, starts_on: date, status: DrawdownStatus, filed_before: bool, today: date, calendar: WorkCalendar
) -> DueDate:
    """File cover for a drawdown within the working days after the pay-out; return the due date that was met.

    Raises:
        Refusal: `cover_already_filed`; `drawdown_already_repaid`; `cover_filed_too_late`.

    Source: F-COVER-01 (docs/rules/finance.md).
    """
    if filed_before:
        raise Refusal(COVER_ALREADY_FILED)
    if status is DrawdownStatus.REPAID:
        raise Refusal(DRAWDOWN_ALREADY_REPAID)
    due = filing_due(rules, starts_on=starts_on, calendar=calendar)
    if today > due.on:
        raise Refusal(COVER_FILED_TOO_LATE, due_on=due.on)
    return due


def decidable(status: CoverStatus) -> None:
    """Check that cover waits for its decision.

    Raises:
        Refusal: `cover_state_conflict`.

    Source: F-COVER-02 (docs/rules/finance.md).
    """
    if status is not CoverStatus.FILED:
        raise Refusal(COVER_STATE_CONFLICT, status=status)


def grantable(status: CoverStatus, outstanding_fen: int) -> None:
    """Check that there is a filing to grant, and something left to cover.

    Args:
        status: of the cover.
        outstanding_fen: of its drawdown.

    Raises:
        Refusal: `cover_state_conflict`; `drawdown_already_repaid`.

    Source: F-COVER-02 (docs/rules/finance.md).
    """
    decidable(status)
    if outstanding_fen == 0:
        raise Refusal(DRAWDOWN_ALREADY_REPAID)


def decide(
    status: CoverStatus,
    rules: RuleSet,
    *,
    verdict: CoverVerdict,
    reason_code: str | None,
    outstanding_fen: int,
    balances: FundBalances,
) -> CoverDecision:
    """Cover the outstanding principal within the unit's capacity, or refuse with a coded reason.

    Raises:
        Refusal: `cover_state_conflict`; `cover_reason_missing`; `reason_unknown`; `drawdown_already_repaid`;
            `fund_capacity_exceeded`.

    Source: F-COVER-02 (docs/rules/finance.md).
    """
    decidable(status)
    if (verdict is CoverVerdict.REFUSED) != (reason_code is not None):
        raise Refusal(COVER_REASON_MISSING, pointer="/reason_code")
    if reason_code is not None:
        check_reason(reason_code, rules, "refuse_reason_")
        return CoverDecision(CoverStatus.REFUSED, 0, 0, balances.exposure_fen)
    grantable(status, outstanding_fen)
    exposure_fen = fund_account.exposure_of(outstanding_fen, rules)
    after_fen = fund_account.expose(balances, exposure_fen, rules)
    return CoverDecision(CoverStatus.COVERED, outstanding_fen, exposure_fen, after_fen)


def release(held: CoverBalances, rules: RuleSet, *, outstanding_fen: int) -> CoverRelease:
    """Let cover follow the outstanding principal down; at zero it is released, and still tells what it covered.

    Source: F-COVER-03 (docs/rules/finance.md).
    """
    exposure_fen = fund_account.exposure_of(outstanding_fen, rules)
    return CoverRelease(
        status=CoverStatus.RELEASED if outstanding_fen == 0 else CoverStatus.COVERED,
        released_fen=held.covered_fen - outstanding_fen,
        exposure_fen=exposure_fen,
        released_exposure_fen=held.exposure_fen - exposure_fen,
    )
