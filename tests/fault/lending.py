"""Acts of the fault world that lend: apply, approve, sign, file and decide cover, contribute, consent and withdraw.

Each act writes down every step under a number of its own, so that the checker can ask the database for each of them.
"""

import random
from typing import TYPE_CHECKING, Any

from deploy.embedded.clients import BANK_A, BANK_B
from tests.support import journey

if TYPE_CHECKING:
    from tests.fault.world import World

FIRM_CLIENT = "enterprise-fault"
_APPLICATION = "/v1/loan-applications/{application_id}"
_DRAWDOWN = "/v1/drawdowns/{drawdown_id}"
_COVER = "/v1/covers/{cover_id}"
_CONSENT = "/v1/consents/{consent_id}"
_TERM_MONTHS = 12


def borrow(world: "World", choice: random.Random) -> None:
    """Apply for a little money; the bank accepts, approves, and mostly signs.

    Another act may change the firm's evaluation meanwhile: then the application is refused, or flagged for the bank.
    """
    firm, bank, serial = world.client(FIRM_CLIENT), world.client("bank-a"), world.serial()
    step = world.journal.begin("evaluate", f"E-{serial}")
    evaluation = firm.act(step, "/v1/kvc-evaluations", "/v1/kvc-evaluations", {"uscc": world.uscc})
    if evaluation is None:
        return
    amount_fen = choice.randint(1, 500_000)
    step = world.journal.begin("apply", f"示例用途 {serial}", amount_fen)
    body = journey.application(BANK_A, evaluation, amount_fen, step.natural)
    applied = firm.act(step, "/v1/loan-applications", "/v1/loan-applications", body)
    if applied is None:
        return
    path = _APPLICATION.format(application_id=applied["id"])
    if choice.random() < 0.2:
        firm.act(world.journal.begin("cancel", step.natural), f"{path}:cancel", f"{_APPLICATION}:cancel")
        return
    bank.act(world.journal.begin("accept", step.natural), f"{path}:accept", f"{_APPLICATION}:accept")
    approve = world.journal.begin("approve", f"A-{serial}", amount_fen)
    terms = {"amount_fen": amount_fen, "term_months": _TERM_MONTHS, "bank_ref": approve.natural}
    if bank.act(approve, f"{path}:approve", f"{_APPLICATION}:approve", terms) is None:
        step = world.journal.begin("acknowledge", step.natural)
        bank.act(step, f"{path}:acknowledge", f"{_APPLICATION}:acknowledge")
        approve = world.journal.begin("approve", f"B-{serial}", amount_fen)
        terms["bank_ref"] = approve.natural
        if bank.act(approve, f"{path}:approve", f"{_APPLICATION}:approve", terms) is None:
            return
    if choice.random() < 0.8:
        _sign(world, path, f"C-{serial}", amount_fen)


def _sign(world: "World", path: str, contract_no: str, amount_fen: int) -> None:
    step = world.journal.begin("sign", contract_no, amount_fen)
    terms = {
        "contract_no": contract_no,
        "principal_fen": amount_fen,
        "rate_ppm": world.rate_ppm,
        "term_months": _TERM_MONTHS,
        "signed_on": world.today.isoformat(),
    }
    world.client("bank-a").act(step, f"{path}:sign", f"{_APPLICATION}:sign", terms)


def cover(world: "World", choice: random.Random) -> None:
    """Draw, file cover for it, let the fund decide, and repay: part of it, or all."""
    note, bank = f"V-{world.serial()}", world.client("bank-a")
    drawn_fen = choice.randint(100, 9_999)
    step = world.journal.begin("draw", note, drawn_fen)
    template = "/v1/loans/{loan_id}/drawdowns"
    drawn = bank.act(step, template.format(loan_id=world.loan_id), template, world.note(note, drawn_fen))
    if drawn is None:
        return
    path = _DRAWDOWN.format(drawdown_id=drawn["id"])
    filed = bank.act(world.journal.begin("cover", note), f"{path}/cover", f"{_DRAWDOWN}/cover")
    if filed is None:
        return
    verdict: dict[str, Any] = {"decision": "COVERED"}
    if choice.random() < 0.2:
        verdict = {"decision": "REFUSED", "reason_code": "documents_incomplete"}
    kind = "cover given" if verdict["decision"] == "COVERED" else "cover refused"
    decided = _COVER.format(cover_id=filed["id"])
    manager = world.client("fund-manager")
    manager.act(world.journal.begin(kind, note), f"{decided}:decide", f"{_COVER}:decide", verdict)
    repaid_fen = choice.choice((drawn_fen, choice.randint(1, drawn_fen)))
    step = world.journal.begin("repay", f"R-{world.serial()}", repaid_fen)
    body = {"bank_ref": step.natural, "amount_fen": repaid_fen, "value_on": world.today.isoformat()}
    bank.act(step, f"{path}/repayments", f"{_DRAWDOWN}/repayments", body)


def contribute(world: "World", choice: random.Random) -> None:
    """Let money of the city or of the district reach the fund."""
    step = world.journal.begin("contribute", f"HD-{world.serial()}", choice.randint(1, 1_000_000))
    template = "/v1/fund-accounts/{unit_id}/contributions"
    body = contribution(choice.choice(("CITY", "DISTRICT")), step.amount_fen, step.natural, world)
    world.client("city").act(step, template.format(unit_id=journey.UNIT), template, body)


def contribution(contributor: str, amount_fen: int, receipt_no: str, world: "World") -> dict[str, Any]:
    """Body of money that reached the fund's bank account."""
    return {
        "contributor": contributor,
        "amount_fen": amount_fen,
        "receipt_no": receipt_no,
        "value_on": world.today.isoformat(),
        "evidence": {"level": "DOCUMENT", "issued_on": world.today.isoformat(), "official_no": receipt_no},
    }


def consent(world: "World", choice: random.Random) -> None:
    """Allow bank B to read, and mostly withdraw it again."""
    firm = world.client(FIRM_CLIENT)
    step = world.journal.begin("consent", f"S-{world.serial()}")
    body = {
        "bank_uscc": BANK_B,
        "scopes": journey.CONSENT_SCOPES,
        "signer_name": "示例法定代表人",
        "text_version": world.consent_text,
        "signature": step.natural,
    }
    granted = firm.act(step, "/v1/consents", "/v1/consents", body)
    if granted is not None and choice.random() < 0.8:
        path = _CONSENT.format(consent_id=granted["id"])
        step = world.journal.begin("withdraw", step.natural)
        firm.act(step, path, _CONSENT, method="DELETE", done="consent_already_revoked")
