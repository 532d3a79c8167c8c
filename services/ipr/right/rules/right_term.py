"""How long a right lasts, by its kind and the date that starts its term."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.ipr.right.rules.right_kind import RightKind
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.months import add_months
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet

POLICY = "right_term"

TERM_DATE_MISSING = RefusalCode(
    code="term_date_missing",
    status=422,
    title_zh="缺少计算期限所需的日期：{field}",
    title_en="The date that starts the term is missing: {field}",
    way_out_zh="请按证书补充 {field}。",
    way_out_en="Give {field} as it stands on the certificate.",
)
TERM_NOT_EXTENDABLE = RefusalCode(
    code="term_not_extendable",
    status=409,
    title_zh="该权利的期限不能延长",
    title_en="The term of this right cannot be extended",
    way_out_zh="只有注册商标可以续展、发明专利可以获得期限补偿。",
    way_out_en="Only a trademark can be renewed and only an invention's term can be compensated.",
)
TERM_EXTENSION_INVALID = RefusalCode(
    code="term_extension_invalid",
    status=422,
    title_zh="延长后的期限必须晚于 {after} 且不晚于 {latest}",
    title_en="The extended term must end after {after} and not after {latest}",
    way_out_zh="请按续展证明或期限补偿决定更正日期。",
    way_out_en="Correct the date as on the renewal or the decision on compensation.",
)


@dataclass(frozen=True, slots=True)
class TermFacts:
    """The dates of one right that bear on its term; Asia/Shanghai business dates."""

    kind: RightKind
    filed_on: date | None = None
    published_on: date | None = None
    granted_on: date | None = None
    commercialised_on: date | None = None
    completed_on: date | None = None
    woody: bool = False
    stated_ends_on: date | None = None
    extended_until_on: date | None = None


_START_FIELD: Mapping[RightKind, str] = {
    RightKind.INVENTION: "filed_on",
    RightKind.DEFENCE_PATENT: "filed_on",
    RightKind.UTILITY_MODEL: "filed_on",
    RightKind.DESIGN: "filed_on",
    RightKind.SOFTWARE_COPYRIGHT: "published_on",
    RightKind.TRADEMARK: "granted_on",
    RightKind.IC_LAYOUT: "filed_on",
    RightKind.PLANT_VARIETY: "granted_on",
}


def start_of_term(facts: TermFacts) -> date | None:
    """Return the date from which the term counts, None while it is not known or the kind has none.

    Patents count from filing, a copyright from first publication, a trademark and a plant variety from grant, an IC
    layout from filing or first commercial use, whichever is earlier.

    Source: I-TERM-01 (docs/rules/ipr.md).
    """
    field = _START_FIELD.get(facts.kind)
    start: date | None = getattr(facts, field) if field else None
    if facts.kind is RightKind.IC_LAYOUT and facts.commercialised_on is not None:
        return min(start, facts.commercialised_on) if start else facts.commercialised_on
    return start


def last_day(book: RuleBook, facts: TermFacts) -> date | None:
    """Return the last day on which the right stands, extension included; None for no fixed or no known term.

    The rule set is picked by the date that starts the term, so a design filed before 2021-06-01 keeps ten years.

    Raises:
        Refusal: `rule_set_not_in_force` for a term that started before the first rule set.

    Source: I-TERM-02 (docs/rules/ipr.md).
    """
    if facts.extended_until_on is not None:
        return facts.extended_until_on
    start = start_of_term(facts)
    if start is None:
        return facts.stated_ends_on
    return _computed(book.pick(POLICY, start), facts, start)


def _computed(rules: RuleSet, facts: TermFacts, start: date) -> date:
    if facts.kind is RightKind.SOFTWARE_COPYRIGHT:
        return _day_before(date(start.year + rules.param_int("software_copyright_years") + 1, 1, 1))
    name = facts.kind.value.lower()
    if facts.kind is RightKind.PLANT_VARIETY and facts.woody:
        name = f"{name}_woody"
    end = _day_before(add_months(start, rules.param_int(f"{name}_months")))
    if facts.kind is RightKind.IC_LAYOUT and facts.completed_on is not None:
        return min(end, _day_before(add_months(facts.completed_on, rules.param_int("ic_layout_creation_months"))))
    return end


def term_parameters(facts: TermFacts) -> tuple[str, ...]:
    """Return the names of the numbers that the last day follows from; none for a day that a document states.

    Source: I-TERM-02 (docs/rules/ipr.md).
    """
    if facts.extended_until_on is not None or start_of_term(facts) is None:
        return ()
    if facts.kind is RightKind.SOFTWARE_COPYRIGHT:
        return ("software_copyright_years",)
    name = facts.kind.value.lower()
    if facts.kind is RightKind.PLANT_VARIETY and facts.woody:
        name = f"{name}_woody"
    creation = facts.kind is RightKind.IC_LAYOUT and facts.completed_on is not None
    return (f"{name}_months", "ic_layout_creation_months") if creation else (f"{name}_months",)


def require_dates(facts: TermFacts, rules: RuleSet) -> None:
    """Refuse a right in force without the date that starts its term.

    Raises:
        Refusal: `term_date_missing`.

    Source: I-TERM-03 (docs/rules/ipr.md).
    """
    if facts.kind.value in rules.param_list("untimed_kinds"):
        return
    field = "stated_ends_on" if facts.kind.value in rules.param_list("stated_kinds") else _START_FIELD[facts.kind]
    known = facts.stated_ends_on if field == "stated_ends_on" else start_of_term(facts)
    if known is None:
        raise Refusal(TERM_DATE_MISSING, pointer=f"/{field}", field=field)


def over_on(book: RuleBook, facts: TermFacts, ends_on: date) -> date:
    """Return the first day on which the right is over for good; a trademark has a grace in which it may be renewed.

    Source: I-TERM-04 (docs/rules/ipr.md).
    """
    start = start_of_term(facts)
    if facts.kind is not RightKind.TRADEMARK or start is None:
        return ends_on + timedelta(days=1)
    grace = book.pick(POLICY, start).param_int("trademark_grace_months")
    return add_months(ends_on, grace) + timedelta(days=1)


def extendable(kind: RightKind) -> None:
    """Require a kind of right whose term can be extended.

    Raises:
        Refusal: `term_not_extendable`.

    Source: I-TERM-05 (docs/rules/ipr.md).
    """
    if kind not in {RightKind.TRADEMARK, RightKind.INVENTION}:
        raise Refusal(TERM_NOT_EXTENDABLE)


def extend(book: RuleBook, facts: TermFacts, until: date) -> date:
    """Extend the term: a trademark by one renewal, an invention by a compensation; returns the new last day.

    Raises:
        Refusal: `term_not_extendable`; `term_extension_invalid`; `term_date_missing`.

    Source: I-TERM-05 (docs/rules/ipr.md).
    """
    extendable(facts.kind)
    start, ends_on = start_of_term(facts), last_day(book, facts)
    if start is None or ends_on is None:
        field = _START_FIELD[facts.kind]
        raise Refusal(TERM_DATE_MISSING, pointer=f"/{field}", field=field)
    rules = book.pick(POLICY, start)
    if facts.kind is RightKind.TRADEMARK:
        latest = _day_before(add_months(ends_on + timedelta(days=1), rules.param_int("trademark_renewal_months")))
    else:
        natural = _computed(rules, facts, start)
        compensation = rules.param_int("invention_compensation_months_max")
        latest = _day_before(add_months(natural + timedelta(days=1), compensation))
    if not ends_on < until <= latest:
        raise Refusal(TERM_EXTENSION_INVALID, pointer="/until_on", after=ends_on, latest=latest)
    return until


def months_left(ends_on: date | None, on: date) -> int | None:
    """Return whole months of life left on a day, 0 or more; None for a right without end.

    The last day counts: a right that ends tomorrow week has 0 months, one that ends the day before a month is over 1.

    Source: I-TERM-06 (docs/rules/ipr.md).
    """
    if ends_on is None:
        return None
    after = ends_on + timedelta(days=1)
    months = (after.year - on.year) * 12 + after.month - on.month
    return max(0, months if add_months(on, months) <= after else months - 1)


def _day_before(day: date) -> date:
    return day - timedelta(days=1)
