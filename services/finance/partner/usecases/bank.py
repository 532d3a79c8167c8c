"""Admit cooperating banks."""

from services.finance.partner.models.bank import Bank
from services.finance.partner.rules import bank as rules
from services.finance.partner.rules.bank import BankTerms
from services.finance.partner.store import bank as banks
from shared.db.transaction import Transaction
from shared.kernel.actor import Role


async def admit_bank(tx: Transaction, terms: BankTerms) -> Bank:
    """Admit a bank on the joint meeting's decision; the city records it.

    Raises:
        Refusal: `forbidden_role`; `bank_period_invalid`; `bank_already_admitted`.
    """
    tx.actor.must_be((Role.CITY,))
    admission = rules.admit(terms, known=await banks.find(tx, terms.uscc) is not None)
    bank = Bank.model_validate({**terms.model_dump(), "status": admission.status, "created_at": tx.now})
    tx.session.add(bank)
    tx.audit("bank.admit", subject=f"bank/{bank.uscc}", detail={"decision_no": bank.decision_no})
    return bank
