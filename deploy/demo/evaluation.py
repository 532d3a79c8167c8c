"""A firm's evaluation once everything that was told about the firm has arrived."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from deploy.demo.caller import Caller
from deploy.demo.firm import Firm

Answer = Mapping[str, Any]
NOT_YET = frozenset({"register_conditions_unmet", "not_found"})
"""Refusals that only mean that an event is still on its way."""


def settled_evaluation(caller: Caller, step: str, client: str, firm: Firm, *, rights: int, today: date) -> Answer:
    """Wait until the newest evaluation of `firm` knows all facts of this moment, and return it.

    Args:
        caller: asks.
        step: name of the reading in the journal.
        client: in whose name, the firm's own.
        firm: whose evaluation.
        rights: how many valid rights it must know of.
        today: the day of the demonstration.

    Raises:
        TimeoutError: the events did not arrive.
    """

    def knows(line: Answer) -> bool:
        evaluation = caller.read(client, f"/v1/kvc-evaluations/{line['evaluation_id']}")
        facts = {name: fact["value"] for name, fact in evaluation["facts"].items()}
        return bool(
            facts["valid_rights"] == rights
            and facts["tech_enterprise_valid"]
            and facts["tech_sme_valid"] == ("TECH_SME" in firm.titles)
            and facts["filing_year"] == today.year - 1
            and facts["rd_growth_ppm"] is not None
        )

    newest = caller.await_(f"{step}/newest", client, f"/v1/credit-limits/{firm.uscc}", knows)
    answer: Answer = caller.get(step, client, f"/v1/kvc-evaluations/{newest['evaluation_id']}")
    return answer


def list_on_city_register(caller: Caller, step: str, client: str, firm: Firm) -> Answer:
    """Apply for the city's register, let the firm's own district check and the city list; return the listing."""
    application = caller.post(f"{step}apply", client, "/v1/register-applications", {"uscc": firm.uscc}, not_yet=NOT_YET)
    path = f"/v1/register-applications/{application['id']}"
    caller.post(f"{step}check", f"district-{firm.unit_id}", f"{path}:check", {"decision": "PASS"})
    listed: Answer = caller.post(f"{step}list", "city", f"{path}:list")
    return listed


def allow_bank(caller: Caller, step: str, client: str, bank_uscc: str) -> Answer:
    """Let a bank read what an application needs; return the consent."""
    text = caller.get("consent/text", client, "/v1/consents/text")
    consent: Answer = caller.post(
        step,
        client,
        "/v1/consents",
        {
            "bank_uscc": bank_uscc,
            "scopes": ["BASIC_REGISTRY", "EVALUATION_RESULT", "EVALUATION_DETAIL", "IP_PORTFOLIO"],
            "signer_name": "法定代表人",
            "text_version": text["version"],
        },
    )
    return consent
