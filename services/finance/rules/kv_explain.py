"""The lines of an evaluation that are computed rather than looked up in a table, and its gates."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.finance.rules.kv_fact import SCORED_KINDS, SCORED_TITLES, FactValue
from shared.kernel.money import div_half_up
from shared.policy.decision import Gate
from shared.policy.explain import IndicatorLine, NextTier, Status
from shared.policy.header import Parameter
from shared.policy.rule_set import RuleSet

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


@dataclass(frozen=True, slots=True)
class _Points:
    """Points given, the most there are, and what would give more."""

    points_milli: int
    max_milli: int
    next_tier: NextTier | None


def _line(
    parameter: Parameter,
    points: _Points,
    *,
    indicator: str,
    labels: tuple[str, str],
    value: int | str,
    unit: str,
    texts: tuple[str, str],
    notes: tuple[str, str] = ("", ""),
) -> IndicatorLine:
    return IndicatorLine(
        indicator=indicator,
        label_zh=labels[0],
        label_en=labels[1],
        value=value,
        unit=unit,
        value_text_zh=texts[0],
        value_text_en=texts[1],
        tier=_thousandths(points.points_milli),
        points_milli=points.points_milli,
        max_points_milli=points.max_milli,
        next_tier=points.next_tier,
        article=parameter.article,
        source=parameter.source,
        confidence=parameter.confidence,
        note_zh=notes[0],
        note_en=notes[1],
        status=Status.ASSESSED,
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
    cap = rules.param_int("ip_rights_max_milli")
    points = min(total, cap)
    step = rules.param_int("points_per_right_invention_milli")
    following = NextTier(
        row="one_more_invention",
        points_milli=min(cap, total + step),
        needs=weighted_all + MILLI,
        distance=MILLI,
        text_zh="再增加一件权重为1的有效发明专利",
        text_en="one more valid invention patent of full weight",
    )
    return _line(
        rules.param("ip_rights_max_milli"),
        _Points(points, cap, following if points < cap else None),
        indicator="ip_rights",
        labels=(
            "知识产权（按种类、剩余期限和权属份额加权）",
            "IP rights weighted by kind, remaining life and owner share",
        ),
        value=weighted_all,
        unit="milli_count",
        texts=(f"加权 {_thousandths(weighted_all)} 件", f"{_thousandths(weighted_all)} weighted rights"),
        notes=("；".join(zh), "; ".join(en)),
    )


def _counted(
    values: Values, rules: RuleSet, *, indicator: str, fact: str, each: str, cap: str, one_more: tuple[str, str]
) -> IndicatorLine:
    """Score a count: so many points each, at most the cap."""
    count, step, most = _number(values, fact), rules.param_int(each), rules.param_int(cap)
    points = min(most, count * step)
    following = NextTier(
        row="one_more",
        points_milli=min(most, points + step),
        needs=count + 1,
        distance=1,
        text_zh=one_more[0],
        text_en=one_more[1],
    )
    return _line(
        rules.param(each),
        _Points(points, most, following if points < most else None),
        indicator=indicator,
        labels=(rules.param(each).label_zh, rules.param(each).label_en),
        value=count,
        unit="count",
        texts=(f"{count} 项", str(count)),
    )


def high_value_line(values: Values, rules: RuleSet) -> IndicatorLine:
    """Score high-value invention patents.

    Source: F-KV-03 (docs/rules/finance.md).
    """
    return _counted(
        values,
        rules,
        indicator="high_value",
        fact="high_value_count",
        each="points_per_high_value_milli",
        cap="high_value_max_milli",
        one_more=("再增加一件高价值发明专利", "one more high-value invention patent"),
    )


def products_line(values: Values, rules: RuleSet) -> IndicatorLine:
    """Score innovative products of the latest filing.

    Source: F-KV-04 (docs/rules/finance.md).
    """
    return _counted(
        values,
        rules,
        indicator="products",
        fact="innovative_products",
        each="points_per_product_milli",
        cap="products_max_milli",
        one_more=("再增加一项创新产品", "one more innovative product"),
    )


def titles_line(values: Values, rules: RuleSet) -> IndicatorLine:
    """Score the highest title only; titles do not add up.

    Source: F-KV-04 (docs/rules/finance.md).
    """
    worth = {title: rules.param_int(f"points_title_{title.lower()}_milli") for title in SCORED_TITLES}
    held = [title for title in SCORED_TITLES if values[f"{title.lower()}_valid"] is True]
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
        rules.param("titles_max_milli"),
        _Points(points, rules.param_int("titles_max_milli"), following),
        indicator="titles",
        labels=("创新企业称号（取最高一项）", "title of the enterprise (highest only)"),
        value=best or NO_TITLE,
        unit="code",
        texts=("、".join(held) or "无", ", ".join(held) or "none"),
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
            values["tech_enterprise_valid"] is True,
            register,
            ("在重庆市科技型企业系统有效备案", "valid on the city's register of technology enterprises"),
            ("申请入库：POST /v1/register-applications", "apply: POST /v1/register-applications"),
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
            values["serious_dishonesty"] is False,
            integrity,
            ("无严重违法失信记录", "no record of serious dishonesty"),
            ("完成信用修复后重新评价", "have the record repaired, then be evaluated again"),
        ),
        (
            "no_abnormal_operations",
            values["abnormal_operations"] is False,
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
