"""The lines of an evaluation that are computed rather than looked up in a table, and its gates."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from services.finance.evaluation.rules.kv_fact import SCORED_KINDS, SCORED_TITLES, FactValue
from shared.kernel.money import div_half_up
from shared.policy.decision import Gate
from shared.policy.explain import IndicatorLine, NextTier
from shared.policy.header import Indicator
from shared.policy.rule_set import RuleSet
from shared.policy.value_text import value_text

Values = Mapping[str, FactValue]
MILLI = 1_000
NO_TITLE = "NONE"


class Part(StrEnum):
    """The parts of the score."""

    IP = "ip"
    RD = "rd"
    BONUS = "bonus"


def _number(values: Values, name: str) -> int:
    return int(values[name] or 0)


def _thousandths(value: int) -> str:
    return f"{value // MILLI}.{value % MILLI:03d}"


TOP_ZH, TOP_EN = "已得该项最高分", "already at the most points of this indicator"


def indicator_of(rules: RuleSet, name: str) -> Indicator:
    """Return an indicator of the rule set by its id.

    Source: F-KV-03 (docs/rules/finance.md).
    """
    return next(one for one in rules.indicators if one.id == name)


def with_reason(line: IndicatorLine) -> IndicatorLine:
    """Say why there is no next tier where there is none: the indicator stands at its most points.

    Source: F-KV-06 (docs/rules/finance.md).
    """
    if line.next_tier is not None or line.note_zh is not None:
        return line
    return replace(line, note_zh=TOP_ZH, note_en=TOP_EN)


def _line(
    indicator: Indicator,
    points_milli: int,
    next_tier: NextTier | None,
    *,
    value: int | str,
    texts: tuple[str, str],
    notes: tuple[str, str] | None = None,
) -> IndicatorLine:
    return IndicatorLine.of(
        indicator,
        value=value,
        texts=texts,
        tier=_thousandths(points_milli),
        points_milli=points_milli,
        next_tier=next_tier if points_milli < indicator.max_points_milli else None,
        note_zh=notes[0] if notes else None,
        note_en=notes[1] if notes else None,
    )


def rights_line(values: Values, rules: RuleSet) -> IndicatorLine:
    """Score the rights: points per kind times the weighted count (remaining life, owner share), at most the cap.

    Source: F-KV-03 (docs/rules/finance.md).
    """
    total, weighted_all, zh, en = 0, 0, [], []
    for kind in SCORED_KINDS:
        weighted = _number(values, f"{kind.lower()}_weighted_milli")
        parameter = rules.param(f"points_per_right_{kind.lower()}_milli")
        points = div_half_up(rules.param_int(f"points_per_right_{kind.lower()}_milli") * weighted, MILLI)
        total, weighted_all = total + points, weighted_all + weighted
        count = _number(values, f"{kind.lower()}_count")
        if count:
            shown = f"{count} → {_thousandths(weighted)} = {_thousandths(points)}"
            zh.append(f"{parameter.label_zh}：{shown}")
            en.append(f"{parameter.label_en}: {shown}")
    indicator = indicator_of(rules, "ip_rights")
    step = rules.param_int("points_per_right_invention_milli")
    following = NextTier(
        row="one_more_invention",
        points_milli=min(indicator.max_points_milli, total + step),
        needs=weighted_all + MILLI,
        distance=MILLI,
        text_zh="再增加一件权重为1的有效发明专利",
        text_en="one more valid invention patent of full weight",
    )
    return _line(
        indicator,
        min(total, indicator.max_points_milli),
        following,
        value=weighted_all,
        texts=(f"加权 {_thousandths(weighted_all)} 件", f"{_thousandths(weighted_all)} weighted rights"),
        notes=("；".join(zh), "; ".join(en)) if zh else None,
    )


def _counted(
    values: Values, rules: RuleSet, *, name: str, fact: str, each: str, one_more: tuple[str, str]
) -> IndicatorLine:
    """Score a count: so many points each, at most the cap."""
    indicator, count, step = indicator_of(rules, name), _number(values, fact), rules.param_int(each)
    points = min(indicator.max_points_milli, count * step)
    following = NextTier(
        row="one_more",
        points_milli=min(indicator.max_points_milli, points + step),
        needs=count + 1,
        distance=1,
        text_zh=one_more[0],
        text_en=one_more[1],
    )
    return _line(indicator, points, following, value=count, texts=(f"{count} 项", str(count)))


def high_value_line(values: Values, rules: RuleSet) -> IndicatorLine:
    """Score high-value invention patents.

    Source: F-KV-03 (docs/rules/finance.md).
    """
    return _counted(
        values,
        rules,
        name="high_value",
        fact="high_value_count",
        each="points_per_high_value_milli",
        one_more=("再增加一件高价值发明专利", "one more high-value invention patent"),
    )


def products_line(values: Values, rules: RuleSet) -> IndicatorLine:
    """Score innovative products of the latest filing.

    Source: F-KV-04 (docs/rules/finance.md).
    """
    return _counted(
        values,
        rules,
        name="products",
        fact="innovative_products",
        each="points_per_product_milli",
        one_more=("再增加一项创新产品", "one more innovative product"),
    )


def titles_line(values: Values, rules: RuleSet) -> IndicatorLine:
    """Score the highest title only; titles do not add up.

    Source: F-KV-04 (docs/rules/finance.md).
    """
    worth = {title: rules.param_int(f"points_title_{title.lower()}_milli") for title in SCORED_TITLES}
    held = [title for title in SCORED_TITLES if values[f"{title.lower()}_valid"] is True]
    named_titles = [value_text(title, "kind_codes") for title in held]
    best = max(held, key=lambda title: worth[title], default=None)
    points = 0 if best is None else worth[best]
    higher = sorted((worth[title], title) for title in SCORED_TITLES if worth[title] > points)
    following = None
    if higher:
        named = rules.param(f"points_title_{higher[0][1].lower()}_milli")
        following = NextTier(
            row=higher[0][1],
            points_milli=higher[0][0],
            needs=1,
            distance=1,
            text_zh=f"取得更高称号：{named.label_zh}",
            text_en=f"a higher title: {named.label_en}",
        )
    return _line(
        indicator_of(rules, "titles"),
        points,
        following,
        value=best or NO_TITLE,
        texts=("、".join(zh for zh, _ in named_titles) or "无", ", ".join(en for _, en in named_titles) or "none"),
        notes=None if higher else ("没有分值更高的称号", "no title gives more points"),
    )


def gates(values: Values, rules: RuleSet) -> list[Gate]:
    """Return the entry conditions, each open or closed with its way out; one closed gate leaves no limit.

    Source: F-KV-02 (docs/rules/finance.md).
    """
    register, integrity = rules.param("city_register_required"), rules.param("integrity_required")
    rights, filing = rules.param("valid_rights_min"), rules.param("filing_due_month")
    year = values["required_filing_year"]
    judged = (
        (
            "city_register",
            values["tech_enterprise_valid"] is True or not rules.param_flag("city_register_required"),
            register,
            ("在重庆市科技型企业系统有效备案", "valid on the city's register of technology enterprises"),
            ("请申请科技型企业入库", "apply for the register of technology enterprises"),
        ),
        (
            "valid_right",
            _number(values, "valid_rights") >= rules.param_int("valid_rights_min"),
            rights,
            ("至少一件有效知识产权", "at least one valid IP right"),
            ("登记有效的知识产权后重新评价", "register a valid right, then be evaluated again"),
        ),
        (
            "no_serious_dishonesty",
            values["serious_dishonesty"] is False or not rules.param_flag("integrity_required"),
            integrity,
            ("无严重违法失信记录", "no record of serious dishonesty"),
            ("完成信用修复后重新评价", "have the record repaired, then be evaluated again"),
        ),
        (
            "no_abnormal_operations",
            values["abnormal_operations"] is False or not rules.param_flag("integrity_required"),
            integrity,
            ("未列入经营异常名录", "not on the list of abnormal operations"),
            ("申请移出经营异常名录后重新评价", "be removed from the list, then be evaluated again"),
        ),
        (
            "latest_filing",
            values["filing_year"] is not None,
            filing,
            (f"已报送{year}年度或以后的年报", f"annual filing of {year} or later accepted"),
            ("补报年度数据后重新评价", "file the year's data, then be evaluated again"),
        ),
    )
    return [
        Gate(
            code=code,
            open=is_open,
            label_zh=labels[0],
            label_en=labels[1],
            way_out_zh=way_out[0],
            way_out_en=way_out[1],
            article=parameter.article,
            source=parameter.source,
            confidence=parameter.confidence,
        )
        for code, is_open, parameter, labels, way_out in judged
    ]
