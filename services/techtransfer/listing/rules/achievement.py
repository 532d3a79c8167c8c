"""Achievements (科技成果): the fields of their registration and what must agree before they are listed."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from services.techtransfer.listing.rules.listing import ListingTerms
from services.techtransfer.listing.rules.vocabulary import MarketLevelOrNone, ResultStage, Secrecy, Trl, YearMonth
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.types import DayOrNone, FenOrNone, LongText, LongTextOrNone, ShortText, ShortTextOrNone
from shared.policy.rule_set import RuleSet

ACHIEVEMENT_SECRET = RefusalCode(
    code="achievement_secret",
    status=422,
    title_zh="涉密成果不得登记和发布",
    title_en="A result that is a state secret is neither registered nor listed",
    way_out_zh="请先依法解密并更正成果密级，或按涉密渠道办理。",
    way_out_en="Have it declassified by law and correct its secrecy, or use the channel for secret results.",
)
INNOVATION_POINTS_EXCEEDED = RefusalCode(
    code="innovation_points_exceeded",
    status=422,
    title_zh="主要创新点至多 {points_max} 条，每条至多 {chars_max} 字",
    title_en="At most {points_max} innovation points of at most {chars_max} characters each",
    way_out_zh="请精简创新点，其余内容写入简介。",
    way_out_en="Shorten the points; the rest belongs into the summary.",
)
RESEARCH_PERIOD_REVERSED = RefusalCode(
    code="research_period_reversed",
    status=422,
    title_zh="研究终止年月早于起始年月",
    title_en="The research ended before it started",
    way_out_zh="请核对研究起止年月。",
    way_out_en="Check the first and the last month of the research.",
)
STAGE_CONTRADICTS_TRL = RefusalCode(
    code="stage_contradicts_trl",
    status=422,
    title_zh="成果所处阶段（{stage}）与技术成熟度（{trl} 级）不符",
    title_en="The stage {stage} and the readiness level {trl} contradict each other",
    way_out_zh="请核对成果所处阶段与技术成熟度。",
    way_out_en="Check the stage and the technology readiness level.",
    hint_zh="字段 stage 与 trl。",
    hint_en="The fields are stage and trl.",
)


class ResultClass(StrEnum):
    """Three classes of results, each with its own form (应用技术类、基础理论类、软科学类)."""

    APPLIED = "APPLIED"
    BASIC = "BASIC"
    SOFT = "SOFT"


class ResultOrigin(StrEnum):
    """Where a result comes from (成果属性)."""

    ORIGINAL = "ORIGINAL"
    IMPORTED_AND_IMPROVED = "IMPORTED_AND_IMPROVED"
    DOMESTIC_SECONDARY = "DOMESTIC_SECONDARY"


class AchievementTerms(ListingTerms):
    """What a poster says of an achievement; table, request and answer inherit these fields."""

    result_class: ResultClass = ResultClass.APPLIED
    origin: ResultOrigin
    stage: ResultStage
    trl: Trl
    market_level: MarketLevelOrNone = None
    secrecy: Secrecy = Secrecy.NONE
    summary: LongText
    technical_details: LongTextOrNone = None
    innovation_points: list[ShortText]
    form: ShortTextOrNone = None
    evaluation_method: ShortTextOrNone = None
    registration_no: ShortTextOrNone = None
    registered_on: DayOrNone = None
    research_from: YearMonth = None
    research_to: YearMonth = None
    ip_right_nos: list[ShortText] = Field(default_factory=list)
    completing_units: list[ShortText] = Field(default_factory=list)
    asking_price_fen: FenOrNone = None


HIDEABLE = frozenset(
    {"technical_details", "registration_no", "ip_right_nos", "completing_units", "asking_price_fen", "party_uscc"}
)
"""Fields that a poster may keep from others; title, summary, field and readiness are what a list is for."""


def check_achievement(terms: AchievementTerms, rules: RuleSet) -> None:
    """Check what an achievement says of itself, beyond the form of each field.

    Raises:
        Refusal: `achievement_secret`, `innovation_points_exceeded`, `research_period_reversed`,
            `stage_contradicts_trl`.

    Source: T-ACH-01 to T-ACH-04 (docs/rules/techtransfer.md).
    """
    if terms.secrecy is Secrecy.STATE_SECRET:
        raise Refusal(ACHIEVEMENT_SECRET, pointer="/secrecy")
    check_innovation_points(terms.innovation_points, rules)
    if terms.research_from and terms.research_to and terms.research_to < terms.research_from:
        raise Refusal(RESEARCH_PERIOD_REVERSED, pointer="/research_to")
    check_stage(terms.stage, terms.trl, rules)


def check_innovation_points(points: Sequence[str], rules: RuleSet) -> None:
    """Refuse more or longer innovation points than the registration form takes.

    Raises:
        Refusal: `innovation_points_exceeded`.

    Source: T-ACH-02 (docs/rules/techtransfer.md).
    """
    points_max = rules.param_int("innovation_points_max")
    chars_max = rules.param_int("innovation_point_chars_max")
    if not 0 < len(points) <= points_max or any(len(point) > chars_max for point in points):
        raise Refusal(
            INNOVATION_POINTS_EXCEEDED, pointer="/innovation_points", points_max=points_max, chars_max=chars_max
        )


def check_stage(stage: ResultStage, trl: int, rules: RuleSet) -> None:
    """Refuse a stage that the readiness level contradicts: early is laboratory work, mature is used in production.

    Raises:
        Refusal: `stage_contradicts_trl`.

    Source: T-ACH-04 (docs/rules/techtransfer.md).
    """
    allowed = rules.evaluate({"trl": trl}).result["stage"][stage.value.lower()]
    if not allowed:
        raise Refusal(STAGE_CONTRADICTS_TRL, pointer="/stage", stage=stage.value, trl=trl)
