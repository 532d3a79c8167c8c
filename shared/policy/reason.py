"""Coded reasons as dated rule sets list them: each parameter of a prefix is one, with its words in both languages."""

from shared.kernel.errors import Refusal, RefusalCode
from shared.policy.rule_set import RuleSet

REJECT = "reject_reason_"
"""Begins the parameters with which an application is rejected."""
REASON_UNKNOWN = RefusalCode(
    code="reason_unknown",
    status=422,
    title_zh="原因代码不在目录中：{reason_code}",
    title_en="The reason code is not in the catalogue: {reason_code}",
    way_out_zh="请从原因目录中选择。",
    way_out_en="Choose one of the catalogue of reasons.",
    hint_zh="可用代码：{known}。",
    hint_en="Known codes: {known}.",
)


def reasons(rules: RuleSet, prefix: str) -> dict[str, tuple[str, str]]:
    """Return the coded reasons of a rule set: code → (Chinese, English) text.

    Source: F-APP-06 (docs/rules/finance.md).
    """
    listed = ((name, one) for name, one in rules.parameters.items() if name.startswith(prefix))
    return {str(one.value): (one.label_zh, one.label_en) for _, one in listed}


def check_reason(code: str, rules: RuleSet, prefix: str) -> None:
    """Refuse a reason that is not in the catalogue.

    Raises:
        Refusal: `reason_unknown`.

    Source: F-APP-06 (docs/rules/finance.md).
    """
    known = reasons(rules, prefix)
    if code not in known:
        raise Refusal(REASON_UNKNOWN, pointer="/reason_code", reason_code=code, known=", ".join(sorted(known)))
