"""How far the numbers of a rule set can be trusted as a whole: how many are official, reported and assumed."""

from collections import Counter
from dataclasses import dataclass

from shared.policy.header import CellSource, Confidence, Indicator, Parameter
from shared.policy.rule_set import RuleSet

_WORDS = {
    Confidence.OFFICIAL: ("官方", "official"),
    Confidence.REPORTED: ("转载", "reported"),
    Confidence.ASSUMED: ("推定", "assumed"),
}
_WEAKEST_FIRST = (Confidence.ASSUMED, Confidence.REPORTED, Confidence.OFFICIAL)


@dataclass(frozen=True, slots=True)
class Trust:
    """How the numbers of one rule set are known; each parameter, indicator and sourced column counts once.

    Attributes:
        official: how many are read in the document itself.
        reported: how many are restated by others.
        assumed: how many are ours.
    """

    official: int
    reported: int
    assumed: int

    @property
    def weakest(self) -> Confidence | None:
        """The weakest confidence among them: the whole is known no better; None where there is no number."""
        return next((one for one in _WEAKEST_FIRST if self._count(one)), None)

    @property
    def text_zh(self) -> str:
        """All three in words, in Chinese."""
        return "、".join(f"{_WORDS[one][0]} {self._count(one)} 项" for one in Confidence)

    @property
    def text_en(self) -> str:
        """All three in words, in English."""
        return ", ".join(f"{self._count(one)} {_WORDS[one][1]}" for one in Confidence)

    def _count(self, confidence: Confidence) -> int:
        return {
            Confidence.OFFICIAL: self.official,
            Confidence.REPORTED: self.reported,
            Confidence.ASSUMED: self.assumed,
        }[confidence]


def trust_of(rule_set: RuleSet) -> Trust:
    """Return how the numbers of a rule set are known.

    Source: K-POL-10 (docs/rules/kernel.md).
    """
    entries: list[Parameter | Indicator | CellSource] = [*rule_set.parameters.values()]
    entries += [*rule_set.indicators, *rule_set.cells]
    counts = Counter(one.confidence for one in entries)
    return Trust(counts[Confidence.OFFICIAL], counts[Confidence.REPORTED], counts[Confidence.ASSUMED])
