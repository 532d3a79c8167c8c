"""Pure decisions of finance: facts in, a frozen decision or a refusal out."""

from services.finance.evaluation.rules import credit_line, kv_evaluation
from services.finance.fund.rules import fund_account
from services.finance.lending.rules import application_refusal, cover, drawdown, loan, lpr, lpr_publication
from services.finance.partner.rules import bank, consent
from shared.kernel.errors import RefusalCode
from shared.policy import reason

REFUSALS: tuple[RefusalCode, ...] = tuple(
    {
        word.code: word
        for room in (
            application_refusal,
            bank,
            consent,
            cover,
            credit_line,
            drawdown,
            fund_account,
            kv_evaluation,
            loan,
            lpr,
            lpr_publication,
            reason,
        )
        for word in vars(room).values()
        if isinstance(word, RefusalCode)
    }.values()
)
"""Every refusal that finance itself gives, for the catalogue of problems."""
