"""A publication of the one-year LPR, recorded with its source; a mistaken one is replaced, not changed."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field, Strict

from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.evidence import Evidence, EvidenceLevel
from shared.kernel.shape import Shape
from shared.kernel.types import Day, RatePpm, ShortText
from shared.policy.rule_set import RuleSet

LPR_PUBLICATION_DATE_INVALID = RefusalCode(
    code="lpr_publication_date_invalid",
    status=422,
    title_zh="公布日期须在 {first} 至今天之间",
    title_en="The day of publication lies between {first} and today",
    way_out_zh="请按公告填写公布日期。",
    way_out_en="Give the day of the announcement.",
)
LPR_PUBLICATION_IMPLAUSIBLE = RefusalCode(
    code="lpr_publication_implausible",
    status=422,
    title_zh="公布值与上一公布值 {before_ppm} 相差过大或超出范围",
    title_en="The rate is out of range, or too far from the {before_ppm} published before",
    way_out_zh="请核对公布值；确认无误的较大变动请注明已核对。",
    way_out_en="Check the rate; say that you checked it where a large step is right.",
    hint_zh="rate_ppm 以百万分之一为单位，3.00% 为 30000；确认后 confirmed 置为 true。",
    hint_en="rate_ppm is in parts per million, 3.00 % is 30000; set confirmed to true once it was checked.",
)
LPR_ALREADY_RECORDED = RefusalCode(
    code="lpr_already_recorded",
    status=409,
    title_zh="{month} 月的公布已登记：{rate_ppm}",
    title_en="The publication of {month} is recorded already: {rate_ppm}",
    way_out_zh="如登记有误，请作为对原登记的更正提交。",
    way_out_en="If it is wrong, submit it as a correction of that record.",
    hint_zh="replaces_id 填 {held_id}。",
    hint_en="Give {held_id} as replaces_id.",
)
LPR_NOTHING_TO_REPLACE = RefusalCode(
    code="lpr_nothing_to_replace",
    status=409,
    title_zh="要更正的登记不是该月现行的登记",
    title_en="What is to be corrected is not the record in force of that month",
    way_out_zh="请先查看该月的登记。",
    way_out_en="Look at the records of that month first.",
    hint_zh="GET /v1/lpr-publications。",
    hint_en="GET /v1/lpr-publications.",
)
LPR_EVIDENCE_TOO_WEAK = RefusalCode(
    code="lpr_evidence_too_weak",
    status=422,
    title_zh="登记公布值须有公告编号或文件",
    title_en="A publication is recorded on the number or the document of the announcement",
    way_out_zh="请提供书面材料，并填写公告编号或上传文件。",
    way_out_en="Show a document: give the number of the announcement or the document itself.",
    hint_zh="evidence.level 至少为 DOCUMENT，并填 official_no 或 document_sha256。",
    hint_en="evidence.level is DOCUMENT or higher, with official_no or document_sha256.",
)

Confirmed = Annotated[bool, Strict(), Field(description="已核对的较大变动 / a large step that was checked")]


class LprPublicationTerms(Shape):
    """What an officer records: the day, the rate in parts per million and the announcement it was read from."""

    published_on: Day
    rate_ppm: RatePpm
    source: ShortText
    evidence: Evidence
    confirmed: Confirmed = False
    replaces_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class HeldPublication:
    """The record in force of a month."""

    id: UUID
    rate_ppm: int


def check_day(published_on: date, rules: RuleSet, *, today: date) -> None:
    """Refuse a day before the series began or after today.

    Raises:
        Refusal: `lpr_publication_date_invalid`.

    Source: F-LPR-03 (docs/rules/finance.md).
    """
    first = rules.header.effective_from
    if not first <= published_on <= today:
        raise Refusal(LPR_PUBLICATION_DATE_INVALID, pointer="/published_on", first=first)


def record(
    terms: LprPublicationTerms, rules: RuleSet, *, before_ppm: int | None, held: HeldPublication | None, today: date
) -> int:
    """Decide whether a publication may be recorded; returns its month as yyyymm.

    Args:
        terms: what is to be recorded.
        rules: the rule set of the LPR in force today.
        before_ppm: the rate of the day before the publication, None where the series has not begun.
        held: the record in force of that month, None without one.
        today: business date.

    Raises:
        Refusal: `lpr_publication_date_invalid`; `lpr_publication_implausible`; `lpr_already_recorded`;
            `lpr_nothing_to_replace`; `lpr_evidence_too_weak`.

    Source: F-LPR-03 (docs/rules/finance.md).
    """
    check_day(terms.published_on, rules, today=today)
    if terms.evidence.level is EvidenceLevel.DECLARED:
        raise Refusal(LPR_EVIDENCE_TOO_WEAK, pointer="/evidence/level")
    within = rules.param_int("rate_min_ppm") <= terms.rate_ppm <= rules.param_int("rate_max_ppm")
    step = 0 if before_ppm is None else abs(terms.rate_ppm - before_ppm)
    if not within or (step > rules.param_int("jump_max_ppm") and not terms.confirmed):
        raise Refusal(LPR_PUBLICATION_IMPLAUSIBLE, pointer="/rate_ppm", before_ppm=before_ppm or 0)
    month = terms.published_on.year * 100 + terms.published_on.month
    if held is None and terms.replaces_id is not None:
        raise Refusal(LPR_NOTHING_TO_REPLACE, pointer="/replaces_id")
    if held is not None and terms.replaces_id is None:
        raise Refusal(
            LPR_ALREADY_RECORDED, pointer="/published_on", month=month, rate_ppm=held.rate_ppm, held_id=str(held.id)
        )
    if held is not None and terms.replaces_id != held.id:
        raise Refusal(LPR_NOTHING_TO_REPLACE, pointer="/replaces_id")
    return month
