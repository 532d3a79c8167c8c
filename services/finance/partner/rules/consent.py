"""Consent of an enterprise to a bank: what may be read, for what, until when (征信业管理条例 第二十条, 第二十九条)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.months import add_months
from shared.policy.rule_set import RuleSet

POLICY = "consent_terms"

CONSENT_MISSING = RefusalCode(
    code="consent_missing",
    status=403,
    title_zh="企业未授权本银行读取该类信息：{scope}",
    title_en="The enterprise has not allowed this bank to read: {scope}",
    way_out_zh="请企业在平台上签署包含该类信息的授权。",
    way_out_en="Ask the enterprise to grant a consent that covers it on the platform.",
    hint_zh="企业签署：POST /v1/consents。",
    hint_en="The enterprise grants it with POST /v1/consents.",
)
CONSENT_EXPIRED = RefusalCode(
    code="consent_expired",
    status=403,
    title_zh="企业授权已过期",
    title_en="The consent of the enterprise has expired",
    way_out_zh="申请仍保留；请企业重新授权后继续办理。",
    way_out_en="The application is kept; go on once the enterprise consents again.",
)
CONSENT_REVOKED = RefusalCode(
    code="consent_revoked",
    status=403,
    title_zh="企业已撤回授权",
    title_en="The enterprise has withdrawn its consent",
    way_out_zh="申请仍保留；请企业重新授权后继续办理。",
    way_out_en="The application is kept; go on once the enterprise consents again.",
)
CONSENT_ALREADY_REVOKED = RefusalCode(
    code="consent_already_revoked",
    status=409,
    title_zh="该授权已撤回",
    title_en="This consent is already withdrawn",
    way_out_zh="无需再次撤回。",
    way_out_en="Nothing to do.",
)
CONSENT_PERIOD_INVALID = RefusalCode(
    code="consent_period_invalid",
    status=422,
    title_zh="授权到期时间须在签署之后且不超过 {months_max} 个月",
    title_en="A consent must end after now and within {months_max} months",
    way_out_zh="请更正到期时间，或不填以采用默认期限。",
    way_out_en="Correct the end, or leave it out for the default term.",
)
CONSENT_TEXT_OUTDATED = RefusalCode(
    code="consent_text_outdated",
    status=409,
    title_zh="授权书文本已更新：现行版本 {text_version}",
    title_en="The consent text has changed: version {text_version} is in force",
    way_out_zh="请阅读现行授权书后重新签署。",
    way_out_en="Read the text in force and sign again.",
    hint_zh="现行文本：GET /v1/consents/text。",
    hint_en="The text in force is GET /v1/consents/text.",
)
CONSENT_SCOPES_EMPTY = RefusalCode(
    code="consent_scopes_empty",
    status=422,
    title_zh="授权须至少包含一类信息",
    title_en="A consent names at least one class of data",
    way_out_zh="请选择一类或多类信息。",
    way_out_en="Choose one or more classes of data.",
    hint_zh="scopes 至少一项。",
    hint_en="scopes needs at least one value.",
)
SIGNER_WITHOUT_MANDATE = RefusalCode(
    code="signer_without_mandate",
    status=422,
    title_zh="代理人签署须附授权委托书",
    title_en="An agent needs a mandate to sign",
    way_out_zh="请上传授权委托书，或由法定代表人签署。",
    way_out_en="Bring the mandate, or let the legal representative sign.",
    hint_zh="委托书的 SHA-256 填入 mandate_sha256。",
    hint_en="mandate_sha256 is the SHA-256 of the mandate.",
)


class ConsentScope(StrEnum):
    """Classes of an enterprise's data."""

    BASIC_REGISTRY = "BASIC_REGISTRY"
    EVALUATION_RESULT = "EVALUATION_RESULT"
    EVALUATION_DETAIL = "EVALUATION_DETAIL"
    IP_PORTFOLIO = "IP_PORTFOLIO"
    RD_EXPENSE = "RD_EXPENSE"
    TAX_SUMMARY = "TAX_SUMMARY"
    SOCIAL_SECURITY_SUMMARY = "SOCIAL_SECURITY_SUMMARY"
    TECH_CONTRACTS = "TECH_CONTRACTS"
    DISPUTES = "DISPUTES"
    CREDIT_REPORT_QUERY = "CREDIT_REPORT_QUERY"
    CREDIT_REPORT_UPLOAD = "CREDIT_REPORT_UPLOAD"


class ConsentPurpose(StrEnum):
    """What the data may be used for."""

    LOAN_APPLICATION = "LOAN_APPLICATION"
    POST_LOAN = "POST_LOAN"


class SignerCapacity(StrEnum):
    """In which capacity a person signed."""

    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    AGENT = "AGENT"


class ConsentChannel(StrEnum):
    """Where the consent was signed."""

    WEB = "WEB"
    COUNTER = "COUNTER"
    API = "API"


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The text that a signer reads, by version and SHA-256 of its Chinese wording."""

    version: str
    sha256: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class HeldConsent:
    """What a rule needs to know of one stored consent."""

    consent_id: UUID
    purpose: ConsentPurpose
    scopes: frozenset[ConsentScope]
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A consent as granted: the text it was given to, and its end."""

    text: ConsentText
    scopes: tuple[ConsentScope, ...]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Revocation:
    """A consent as withdrawn: reading stops at once, the recipient purges by the date."""

    revoked_at: datetime
    purge_by_on: date


def text_in_force(rules: RuleSet) -> ConsentText:
    """Return the consent text of a rule set.

    Source: F-CONSENT-01 (docs/rules/finance.md).
    """
    zh = rules.param_text("text_zh")
    return ConsentText(
        version=rules.param_text("text_version"),
        sha256=sha256(zh.encode()).hexdigest(),
        zh=zh,
        en=rules.param_text("text_en"),
    )


def grant(
    rules: RuleSet,
    *,
    scopes: Collection[ConsentScope],
    text_version: str,
    capacity: SignerCapacity,
    mandate_sha256: str | None,
    expires_at: datetime | None,
    now: datetime,
) -> Grant:
    """Grant a consent; without an end it ends after the default term.

    Raises:
        Refusal: `consent_scopes_empty`; `consent_text_outdated`; `signer_without_mandate`; `consent_period_invalid`.

    Source: F-CONSENT-02 (docs/rules/finance.md).
    """
    if not scopes:
        raise Refusal(CONSENT_SCOPES_EMPTY, pointer="/scopes")
    text, granted = text_in_force(rules), tuple(sorted(set(scopes)))
    if text_version != text.version:
        raise Refusal(CONSENT_TEXT_OUTDATED, pointer="/text_version", text_version=text.version)
    if capacity is SignerCapacity.AGENT and mandate_sha256 is None:
        raise Refusal(SIGNER_WITHOUT_MANDATE, pointer="/mandate_sha256")
    months_max = rules.param_int("months_max")
    if expires_at is None:
        return Grant(text, granted, add_months(now, rules.param_int("default_months")))
    if not now < expires_at <= add_months(now, months_max):
        raise Refusal(CONSENT_PERIOD_INVALID, pointer="/expires_at", months_max=months_max)
    return Grant(text, granted, expires_at)


def revocable(revoked_at: datetime | None) -> None:
    """Check that a consent can still be withdrawn.

    Raises:
        Refusal: `consent_already_revoked`.

    Source: F-CONSENT-03 (docs/rules/finance.md).
    """
    if revoked_at is not None:
        raise Refusal(CONSENT_ALREADY_REVOKED)


def revoke(rules: RuleSet, *, revoked_at: datetime | None, now: datetime, today: date) -> Revocation:
    """Withdraw a consent.

    Raises:
        Refusal: `consent_already_revoked`.

    Source: F-CONSENT-03 (docs/rules/finance.md).
    """
    revocable(revoked_at)
    return Revocation(revoked_at=now, purge_by_on=today + timedelta(days=rules.param_int("purge_days")))


def is_open(*, revoked_at: datetime | None, expires_at: datetime, now: datetime) -> bool:
    """Return whether a consent lets its bank read now.

    Source: F-CONSENT-06 (docs/rules/finance.md).
    """
    return revoked_at is None and expires_at > now


def _stands(one: HeldConsent, now: datetime) -> bool:
    return is_open(revoked_at=one.revoked_at, expires_at=one.expires_at, now=now)


def still_open(held: Collection[HeldConsent], *, now: datetime) -> tuple[HeldConsent, ...]:
    """Return the consents of one firm that still let one bank read, for any purpose, newest end first.

    Source: F-CONSENT-06 (docs/rules/finance.md).
    """
    live = (one for one in held if _stands(one, now))
    return tuple(sorted(live, key=lambda one: one.expires_at, reverse=True))


def require(
    held: Sequence[HeldConsent],
    *,
    enterprise_uscc: str,
    purpose: ConsentPurpose,
    scope: ConsentScope,
    now: datetime,
) -> HeldConsent:
    """Return the consent that covers purpose and scope now, out of those given to one bank by one enterprise.

    A refusal names the enterprise, so that a refused read is found under it in the audit.

    Raises:
        Refusal: `consent_missing`, or `consent_expired` or `consent_revoked` where the newest one that did cover
            it has ended.

    Source: F-CONSENT-04 (docs/rules/finance.md).
    """
    covering = [one for one in held if one.purpose is purpose and scope in one.scopes]
    for one in covering:
        if _stands(one, now):
            return one
    if not covering:
        raise Refusal(CONSENT_MISSING, scope=scope, uscc=enterprise_uscc)
    newest = max(covering, key=lambda one: (one.revoked_at is None, one.expires_at))
    raise Refusal(CONSENT_EXPIRED if newest.revoked_at is None else CONSENT_REVOKED, uscc=enterprise_uscc)


def scopes_open(held: Collection[HeldConsent], *, purpose: ConsentPurpose, now: datetime) -> frozenset[ConsentScope]:
    """Return all scopes that are open now for a purpose; nothing else may be answered.

    Source: F-CONSENT-05 (docs/rules/finance.md).
    """
    live = (one.scopes for one in held if one.purpose is purpose and _stands(one, now))
    return frozenset().union(*live)
