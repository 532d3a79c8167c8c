"""What ipr tells of a firm's portfolio: its own page and the sheet of an application show the same."""

from datetime import date

from pydantic import BaseModel

from services.ipr.right.rules.portfolio import Summary
from services.ipr.right.rules.right_kind import KIND_ZH, RightKind
from shared.policy.number import parameter_numbers
from shared.policy.number_read import NumberRead
from shared.policy.rule_set import RuleSet


class KindRead(BaseModel):
    """Rights of one kind: how many, and how many weighted by remaining life and owner share, in thousandths."""

    kind: RightKind
    kind_zh: str
    count: int
    weighted_milli: int


class PortfolioRead(BaseModel):
    """A firm's IP summary on a day, by ipr's own dated rule set."""

    uscc: str
    name: str | None
    as_of_on: date
    class_1_count: int
    class_2_count: int
    high_value_count: int
    blemished_count: int
    kinds: list[KindRead]
    next_change_on: date | None
    rule_set_version: str
    rule_set_sha256: str
    parameters: list[NumberRead]

    @classmethod
    def of(cls, uscc: str, name: str | None, as_of_on: date, summary: Summary, rules: RuleSet) -> "PortfolioRead":
        """Return a summary as it is answered, with the parameters that explain it."""
        kinds = [
            KindRead(
                kind=RightKind(one.kind),
                kind_zh=KIND_ZH[RightKind(one.kind)],
                count=one.count,
                weighted_milli=one.weighted_milli,
            )
            for one in summary.kinds
        ]
        return cls(
            uscc=uscc,
            name=name,
            as_of_on=as_of_on,
            class_1_count=summary.class_1_count,
            class_2_count=summary.class_2_count,
            high_value_count=summary.high_value_count,
            blemished_count=summary.blemished_count,
            kinds=kinds,
            next_change_on=summary.next_change_on,
            rule_set_version=rules.version,
            rule_set_sha256=rules.sha256,
            parameters=[NumberRead.of(one) for one in parameter_numbers(rules)],
        )
