"""Who may write on which route, by role, as people decided it: the running services are compared with this.

A role that is not named is refused (403), or finds nothing there (404). Of the rows, a named role may touch its own.
"""

from shared.kernel.actor import Role

FIRM, BANK, CITY, DISTRICT = {Role.ENTERPRISE}, {Role.BANK}, {Role.CITY}, {Role.DISTRICT}
CENTRE, FUND, AUDITOR = {Role.IP_CENTRE}, {Role.FUND_MANAGER}, {Role.AUDITOR}
OFFICES = CITY | DISTRICT

HELD = ("take", "hand-over")


def held(service: str, whose: set[Role]) -> dict[str, set[Role]]:
    """Return who takes and hands over what waits in a service: those whose turn it may be."""
    return {f"POST /v1/work-items/{service}/{{kind}}/{{case_id}}:{verb}": whose for verb in HELD}


WRITERS: dict[str, dict[str, set[Role]]] = {
    "registry": {
        "PATCH /v1/enterprises/{uscc}": OFFICES,
        "POST /v1/enterprises/{uscc}/integrity-marks": OFFICES,
        "POST /v1/enterprises/{uscc}:confirm-code": OFFICES,
        "POST /v1/enterprises/{uscc}:deregister": OFFICES,
        "PUT /v1/enterprises/{uscc}/filings/{year}": FIRM | OFFICES,
        "POST /v1/enterprises/{uscc}/filings/{year}:submit": FIRM | OFFICES,
        "POST /v1/enterprises/{uscc}/qualifications": OFFICES,
        "POST /v1/qualifications/{qualification_id}:revoke": OFFICES,
        "POST /v1/register-applications/{application_id}:check": OFFICES,
        "POST /v1/register-applications/{application_id}:resubmit": FIRM | OFFICES,
        "POST /v1/register-applications/{application_id}:withdraw": FIRM | OFFICES,
        "POST /v1/register-applications/{application_id}:list": CITY,
        "POST /v1/register-applications/{application_id}:review": CITY,
        **held("registry", FIRM | OFFICES),
        "POST /v1/tech-sme-evaluations/{evaluation_id}:replay": FIRM | OFFICES | AUDITOR,
        # Whoever uploaded, and the city.
        "POST /v1/imports/enterprises/{operation_id}:cancel": CITY,
        "POST /v1/imports/filings/{operation_id}:cancel": CITY,
        "POST /v1/imports/holiday-notices/{operation_id}:cancel": CITY,
    },
    "finance": {
        "POST /v1/kvc-evaluations/{evaluation_id}:replay": FIRM | CITY | AUDITOR,
        "DELETE /v1/consents/{consent_id}": FIRM,
        "POST /v1/loan-applications/{application_id}:resubmit": FIRM,
        "POST /v1/loan-applications/{application_id}:cancel": FIRM,
        "POST /v1/loan-applications/{application_id}:accept": BANK,
        "POST /v1/loan-applications/{application_id}:return": BANK,
        "POST /v1/loan-applications/{application_id}:reject": BANK,
        "POST /v1/loan-applications/{application_id}:acknowledge": BANK,
        "POST /v1/loan-applications/{application_id}:approve": BANK,
        "POST /v1/loan-applications/{application_id}:sign": BANK,
        "POST /v1/loans/{loan_id}/drawdowns": BANK,
        "POST /v1/drawdowns/{drawdown_id}/repayments": BANK,
        "POST /v1/drawdowns/{drawdown_id}/cover": BANK,
        "POST /v1/covers/{cover_id}:decide": FUND,
        "POST /v1/fund-accounts/{unit_id}/contributions": CITY,
        **held("finance", FIRM | BANK | FUND),
    },
    "techtransfer": {
        f"{method} /v1/{noun}/{{{one}_id}}{verb}": writers
        for noun, one in (("achievements", "achievement"), ("needs", "need"))
        for method, verb, writers in (
            ("PATCH", "", FIRM | CITY),
            ("POST", ":submit", FIRM | CITY),
            ("POST", ":withdraw", FIRM | CITY),
            ("POST", ":review", OFFICES),
        )
    }
    | {f"POST /v1/imports/{noun}/{{operation_id}}:cancel": CITY for noun in ("achievements", "needs")}
    | held("techtransfer", FIRM | OFFICES | {Role.AGENCY}),
    "ipr": {
        f"POST /v1/ip-rights/{{right_id}}:{verb}": CENTRE | CITY
        for verb in (
            "move",
            "correct",
            "transfer",
            "attest",
            "extend",
            "mark-high-value",
            "mark-blemish",
            "clear-blemish",
        )
    }
    | {"POST /v1/imports/ip-rights/{operation_id}:cancel": CITY}
    | held("ipr", FIRM | CENTRE),
}
