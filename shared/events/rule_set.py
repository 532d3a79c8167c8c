"""The event that every service publishes of its own rule sets."""

from datetime import date
from typing import ClassVar

from shared.events.bounds import Line, Number, Sha256, Version
from shared.events.event import Event, EventKind


class _RuleSetPublished(Event):
    """A version of a rule set came into the service's database."""

    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "rule_set"
    key: ClassVar[tuple[str, ...]] = ("policy", "version")

    policy: Number
    version: Version
    sha256: Sha256
    valid_from_on: date
    valid_until_on: date | None
    source_no: Line


class RegistryRuleSetPublished(_RuleSetPublished):
    """A rule set of the registry was published."""

    subject: ClassVar[str] = "registry.rule_set.published.v1"
    meaning_zh: ClassVar[str] = "企业登记服务发布了一个规则集版本"


class FinanceRuleSetPublished(_RuleSetPublished):
    """A rule set of finance was published."""

    subject: ClassVar[str] = "finance.rule_set.published.v1"
    meaning_zh: ClassVar[str] = "信用贷款服务发布了一个规则集版本"


class IprRuleSetPublished(_RuleSetPublished):
    """A rule set of ipr was published."""

    subject: ClassVar[str] = "ipr.rule_set.published.v1"
    meaning_zh: ClassVar[str] = "知识产权服务发布了一个规则集版本"


class TechtransferRuleSetPublished(_RuleSetPublished):
    """A rule set of techtransfer was published."""

    subject: ClassVar[str] = "techtransfer.rule_set.published.v1"
    meaning_zh: ClassVar[str] = "技术转移服务发布了一个规则集版本"
