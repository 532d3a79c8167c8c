"""The statistical size class of an enterprise, from its industry and its last accepted filing."""

from services.registry.enterprise.rules.enterprise import SizeClass
from shared.policy.rule_set import RuleSet

_CLASS_OF_ROW = {
    "none": SizeClass.MICRO,
    "small": SizeClass.SMALL,
    "medium": SizeClass.MEDIUM,
    "large": SizeClass.LARGE,
}
_ORDER = list(SizeClass)
_INDUSTRIES = "industries_"


def size_class(
    rule_set: RuleSet, *, industry_code: str | None, staff: int, revenue_fen: int, assets_fen: int
) -> SizeClass | None:
    """Return the size class, or None where the industry is unknown or has a rule of its own (finance).

    Large, medium and small need every indicator of the industry at or above the lower bound; the lowest one decides.

    Source: R-SIZE-01 (国统字〔2017〕213号 附表).
    """
    industry = _industry(rule_set, industry_code)
    if industry is None:
        return None
    nodes = {one.node for one in rule_set.indicators if one.node and one.node.rpartition("_")[0] == industry}
    outcome = rule_set.evaluate({"staff": staff, "revenue_fen": revenue_fen, "assets_fen": assets_fen}, nodes=nodes)
    classes = [_CLASS_OF_ROW[hit.row_id] for hit in outcome.hits]
    return min(classes, key=_ORDER.index)


def _industry(rule_set: RuleSet, industry_code: str | None) -> str | None:
    if industry_code is None:
        return None
    for name in rule_set.parameters:
        prefixes = rule_set.param_list(name) if name.startswith(_INDUSTRIES) else ()
        if any(industry_code.startswith(prefix) for prefix in prefixes):
            return name.removeprefix(_INDUSTRIES)
    return None
