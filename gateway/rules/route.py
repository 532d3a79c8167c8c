"""Which service answers which address, and what a page of another origin is told."""

import re

from shared.kernel.errors import RefusalCode

ORIGIN_NOT_ALLOWED = RefusalCode(
    "origin_not_allowed",
    403,
    "该来源的网页不能在浏览器中调用本平台",
    "Pages of this origin may not call from a browser",
    "请联系平台管理员登记该来源，或由贵方服务器调用。",
    "Ask the platform's operator to admit the origin, or call from your server.",
)

CLIENT_BUSY = RefusalCode(
    "client_busy",
    429,
    "贵方同时进行的请求已达上限（{limit} 个）",
    "As many requests of this client are under way as it may have at a time ({limit})",
    "请等待正在进行的请求完成后再试，并减少并发。",
    "Wait until some of them are answered, and send fewer at a time.",
)

OWNERS: dict[str, str] = {
    **dict.fromkeys(
        (
            "enterprises",
            "filings",
            "qualifications",
            "register-applications",
            "tech-sme-evaluations",
            "population-runs",
            "population-results",
            "units",
            "holiday-notices",
        ),
        "registry",
    ),
    **dict.fromkeys(
        (
            "kvc-evaluations",
            "credit-limits",
            "consents",
            "loan-applications",
            "loans",
            "drawdowns",
            "repayments",
            "covers",
            "banks",
            "fund-accounts",
            "fund-postings",
            "lpr",
            "lpr-publications",
        ),
        "finance",
    ),
    **dict.fromkeys(("ip-rights", "blemishes", "annuities", "portfolios", "ip-sheets"), "ipr"),
    **dict.fromkeys(("achievements", "needs", "listing-summaries"), "techtransfer"),
}
"""First word behind /v1/ → service; a noun's imports and exports belong to its service."""

NAMED_OWNERS = {
    "documents": frozenset({"registry", "finance", "ipr"}),
    "work-items": frozenset({"registry", "finance", "ipr", "techtransfer"}),
    "audit": frozenset({"registry", "finance", "ipr", "techtransfer"}),
    "dead-letters": frozenset({"registry", "finance", "ipr", "techtransfer"}),
}
"""Nouns of which several services have their own: the word behind them names whose, `/v1/documents/<service>`."""


_TWO_WAYS = re.compile(r"%2f|%5c|%2e|\\|//|;|(?:^|/)\.{1,2}(?:/|\Z)", re.IGNORECASE)


def owner_of(path: str) -> str | None:
    """Return the service that answers `path`, or None where nobody does.

    Words are compared before a colon or a dot: `/v1/exports/needs.csv` and `/v1/loans/1:sign` belong to their noun.

    Source: G-ROUTE-01 (docs/rules/gateway.md).
    """
    words = path.split("/")
    if len(words) < 3 or words[0] or words[1] != "v1":  # noqa: PLR2004  # "", "v1", noun
        return None
    noun = words[2].partition(":")[0]
    behind = words[3:]
    if noun in {"imports", "exports"}:
        if not behind:
            return None
        noun, behind = _bare(behind[0]), behind[1:]
    named = NAMED_OWNERS.get(noun)
    if named is not None:
        owner = _bare(behind[0]) if behind else ""
        return owner if owner in named else None
    return OWNERS.get(noun)


def _bare(word: str) -> str:
    return word.partition(".")[0].partition(":")[0]


def noun_of(path: str) -> str:
    """Return the first word behind `/v1/`, without what follows a colon; empty where there is none.

    Source: G-ROUTE-01 (docs/rules/gateway.md).
    """
    words = path.split("/", 3)
    return words[2].partition(":")[0] if len(words) > 2 and not words[0] and words[1] == "v1" else ""  # noqa: PLR2004


def is_plain(path: str) -> bool:
    """Tell whether a path says only one thing: no dot segments, no empty ones, no encoded slash or backslash.

    Two readers may walk such a path differently, and the gateway would guard another address than the service answers.

    Source: G-ROUTE-02 (docs/rules/gateway.md).
    """
    return _TWO_WAYS.search(path) is None
