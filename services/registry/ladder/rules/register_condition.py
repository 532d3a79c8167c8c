"""The conditions of the city's register of technology enterprises: each with what was found of the firm."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.kernel.money import rate_text, ratio_ppm, yuan_text, yuan_text_en
from shared.policy.rule_set import RuleSet

_Text = tuple[str, str]


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What the conditions look at, all of one day."""

    in_business: bool
    legal_person: bool
    industry_barred: bool
    open_marks: tuple[str, ...]
    staff: int
    science_staff: int
    senior_title_staff: int
    revenue_fen: int
    rd_expense_fen: int
    ip_rights: int
    innovative_products: int
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryCondition:
    """One condition, whether it is met, what was found of the firm, and how far its number can be trusted."""

    id: str
    basic: bool
    met: bool
    label_zh: str
    label_en: str
    found_zh: str
    found_en: str
    confidence: str
    source: str
    article: str


def conditions(facts: EntryFacts, rule_set: RuleSet) -> tuple[EntryCondition, ...]:
    """Return every condition: the basic ones must all be met, of the others any one.

    Source: R-REG-01 (重庆市科技型企业入库培育实施细则 入库条件; the first of the others is official, the rest assumed).
    """
    return (*_basic(facts, rule_set), *_any_of(facts, rule_set))


def entry_met(found: tuple[EntryCondition, ...]) -> bool:
    """Tell whether all basic conditions and at least one of the others are met.

    Source: R-REG-01 (重庆市科技型企业入库培育实施细则 入库条件).
    """
    return all(one.met for one in found if one.basic) and any(one.met for one in found if not one.basic)


def as_json(found: tuple[EntryCondition, ...]) -> list[Mapping[str, str | bool]]:
    """Return the conditions as they are stored with an application.

    Source: R-REG-01 (design: every decision keeps what it looked at).
    """
    return [
        {
            "id": one.id,
            "basic": one.basic,
            "met": one.met,
            "label_zh": one.label_zh,
            "label_en": one.label_en,
            "found_zh": one.found_zh,
            "found_en": one.found_en,
            "confidence": one.confidence,
            "source": one.source,
            "article": one.article,
        }
        for one in found
    ]


def _basic(facts: EntryFacts, rule_set: RuleSet) -> tuple[EntryCondition, ...]:
    source, article, marks = rule_set.header.source_doc, "入库条件", len(facts.open_marks)

    def basic(id_: str, met: bool, label: _Text, found: _Text) -> EntryCondition:  # noqa: FBT001  # a plain fact
        return EntryCondition(id_, True, met, *label, *found, "reported", source, article)

    def either(yes: bool, if_so: _Text, if_not: _Text) -> _Text:  # noqa: FBT001  # the same
        return if_so if yes else if_not

    return (
        basic(
            "in_business",
            facts.in_business,
            ("企业存续", "not struck off"),
            either(facts.in_business, ("存续", "in business"), ("已注销", "struck off")),
        ),
        basic(
            "legal_person",
            facts.legal_person,
            ("具有法人资格", "a legal person"),
            either(facts.legal_person, ("法人", "a legal person"), ("非法人", "no legal person")),
        ),
        basic(
            "industry",
            not facts.industry_barred,
            ("不属于禁止、限制和淘汰类", "not in a prohibited list"),
            either(facts.industry_barred, ("列入目录", "in a list"), ("未列入目录", "in no list")),
        ),
        basic(
            "integrity",
            not marks,
            ("诚信记录良好", "no integrity mark stands against it"),
            (f"计入的诚信标记 {marks} 项", f"integrity marks that count: {marks}"),
        ),
    )


def _any_of(facts: EntryFacts, rule_set: RuleSet) -> tuple[EntryCondition, ...]:
    def other(id_: str, parameter: str, met: bool, label: _Text, found: _Text) -> EntryCondition:  # noqa: FBT001
        entry = rule_set.parameters[parameter]
        return EntryCondition(id_, False, met, *label, *found, entry.confidence, entry.source, entry.article)

    science = ratio_ppm(facts.science_staff, facts.staff)
    rd_share = ratio_ppm(facts.rd_expense_fen, facts.revenue_fen)
    accepted = set(rule_set.param_list("titles_accepted")) & set(facts.titles)
    return (
        other(
            "science_staff",
            "science_staff_min_ppm",
            (science is not None and science >= rule_set.param_int("science_staff_min_ppm"))
            or facts.senior_title_staff >= rule_set.param_int("senior_title_min"),
            ("科技人员占比达标或有副高级以上职称科技人员", "enough science staff, or one with a senior title"),
            _science_found(facts, science),
        ),
        other(
            "rd_share",
            "rd_revenue_min_ppm",
            (rd_share is not None and rd_share >= rule_set.param_int("rd_revenue_min_ppm")),
            ("研发费用占营业收入比例达标", "enough R&D expense to revenue"),
            _rd_found(facts, rd_share),
        ),
        other(
            "ip_rights",
            "ip_rights_min",
            facts.ip_rights >= rule_set.param_int("ip_rights_min"),
            ("拥有有效知识产权", "valid intellectual property"),
            (f"计入的知识产权 {facts.ip_rights} 项", f"rights that count: {facts.ip_rights}"),
        ),
        other(
            "innovative_products",
            "innovative_products_min",
            facts.innovative_products >= rule_set.param_int("innovative_products_min"),
            ("拥有创新产品", "an innovative product"),
            (f"创新产品 {facts.innovative_products} 项", f"innovative products: {facts.innovative_products}"),
        ),
        other(
            "titles",
            "titles_accepted",
            bool(accepted),
            ("为有效期内的高新技术企业或科技型中小企业", "a valid high-tech enterprise or national tech-SME"),
            (f"有效称号 {len(accepted)} 项", f"valid titles of these kinds: {len(accepted)}"),
        ),
    )


def _science_found(facts: EntryFacts, share_ppm: int | None) -> _Text:
    share = "—" if share_ppm is None else rate_text(share_ppm)
    senior = f"副高级及以上职称 {facts.senior_title_staff} 人"
    return (
        f"职工 {facts.staff} 人，科技人员 {facts.science_staff} 人（{share}），{senior}",
        f"{facts.science_staff} of {facts.staff} people ({share}), {facts.senior_title_staff} with a senior title",
    )


def _rd_found(facts: EntryFacts, share_ppm: int | None) -> _Text:
    share = "—" if share_ppm is None else rate_text(share_ppm)
    return (
        f"研发费用 {yuan_text(facts.rd_expense_fen)}，营业收入 {yuan_text(facts.revenue_fen)}（{share}）",
        f"R&D {yuan_text_en(facts.rd_expense_fen)} of revenue {yuan_text_en(facts.revenue_fen)} ({share})",
    )
