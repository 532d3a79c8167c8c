"""Catalogues of coded reasons, as dated rule sets list them."""

from collections.abc import Mapping

from shared.kernel.shape import Read
from shared.policy.rule_set import RuleSet


class ReasonRead(Read):
    """One coded reason."""

    code: str
    label_zh: str
    label_en: str


class ReasonCatalogue(Read):
    """The coded reasons of a refusal, as a dated rule set lists them."""

    rule_set_version: str
    items: list[ReasonRead]

    @classmethod
    def of_rules(cls, rule_set: RuleSet, reasons: Mapping[str, tuple[str, str]]) -> "ReasonCatalogue":
        """Return the catalogue of a rule set: code → (Chinese, English)."""
        items = [ReasonRead(code=code, label_zh=zh, label_en=en) for code, (zh, en) in reasons.items()]
        return cls(rule_set_version=rule_set.version, items=items)
