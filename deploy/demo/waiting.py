"""What waits for the banks and for a district, so that their people and their engineers find work to do."""

from dataclasses import dataclass
from datetime import date

from deploy.demo.caller import Caller, RefusedError
from deploy.demo.city import enter_rights, register_firm
from deploy.demo.evaluation import NOT_YET, allow_bank, list_on_city_register, settled_evaluation
from deploy.demo.firm import APPLYING_FIRM, CITY_FIRMS, Firm
from deploy.demo.teller import Teller, money
from deploy.embedded.clients import BANK_A, BANK_B

_TENTH = 10
_HUNDRED_YUAN_FEN = 10_000


@dataclass(frozen=True, slots=True)
class Applicant:
    """A firm of the city that applies to one demo bank."""

    firm: Firm
    client: str
    bank: str
    bank_uscc: str


APPLICANTS = (
    Applicant(CITY_FIRMS[0], "enterprise-2", "bank-a", BANK_A),
    Applicant(CITY_FIRMS[1], "enterprise-3", "bank-b", BANK_B),
)


def let_applications_wait(caller: Caller, teller: Teller, today: date) -> None:
    """Submit an application to each demo bank where none waits; a line that is used up is told, not an end."""
    teller.chapter("待办申请", "What waits for the banks")
    for one in APPLICANTS:
        if caller.read(one.bank, "/v1/loan-applications?status=SUBMITTED&limit=1")["items"]:
            teller.tell(f"{one.bank} 已有待受理的申请。", f"An application waits for {one.bank} already.")
            continue
        try:
            _apply(caller, teller, one, today)
        except RefusedError as refused:
            teller.tell(f"{one.bank} 没有新的申请：{refused}", f"No new application for {one.bank}.")


def let_the_district_work(caller: Caller, teller: Teller, today: date) -> None:
    """Let a firm apply for the city's register where no application of its own waits; a listed firm is told."""
    firm, client = APPLYING_FIRM, "enterprise-4"
    teller.chapter("区县待办", "What waits for the district")
    register_firm(caller, firm, today)
    enter_rights(caller, firm, today)
    path = "/v1/register-applications"
    if caller.read(client, f"{path}?sort=NEWEST&limit=1")["items"]:
        teller.tell(f"{firm.name}已申请入库。", "The firm has applied for the city's register already.")
        return
    application = caller.post("district/apply", client, path, {"uscc": firm.uscc}, not_yet=NOT_YET)
    teller.tell(f"{firm.name}申请科技型企业入库，待区县审核。", "A firm applied for the city's register.")
    teller.fact("办件号", "case number", application["case_no"])
    teller.fact("审核期限", "check due", application["check_due_on"])


def _apply(caller: Caller, teller: Teller, one: Applicant, today: date) -> None:
    name = f"waiting/{one.bank}"
    list_on_city_register(caller, f"{name}/", one.client, one.firm)
    body = {"uscc": one.firm.uscc}
    caller.post(f"{name}/evaluate", one.client, "/v1/kvc-evaluations", body, not_yet=frozenset({"not_found"}))
    rights = len(one.firm.rights(today))
    settled_evaluation(caller, f"{name}/evaluation", one.client, one.firm, rights=rights, today=today)
    allow_bank(caller, f"{name}/consent", one.client, one.bank_uscc)
    # A name of its own each time: the bank's list has just said that nothing waits, and the evaluation may have moved.
    number = next(number for number in range(1, 1_000_000) if caller.journal.asked(f"{name}/{number}") is None)
    line = caller.read(one.client, f"/v1/credit-limits/{one.firm.uscc}")
    # A tenth, so that the first call can be tried several times on one line.
    amount = line["limit_fen"] // _TENTH // _HUNDRED_YUAN_FEN * _HUNDRED_YUAN_FEN
    application = caller.post(
        f"{name}/{number}",
        one.client,
        "/v1/loan-applications",
        {
            "bank_uscc": one.bank_uscc,
            "amount_fen": amount,
            "term_months": 12,
            "purpose": "采购研发设备（示例）",
            "evaluation_id": line["evaluation_id"],
        },
    )
    teller.tell(
        f"{one.firm.name}向{one.bank}提交申请，待受理。", f"A firm of the city applied to {one.bank}; not yet accepted."
    )
    teller.fact("办件号", "case number", application["case_no"])
    teller.fact("申请金额", "amount applied for", money(application["amount_fen"]))
