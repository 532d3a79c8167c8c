"""Vocabulary that achievements and needs share (技术转移标准字段)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict

from shared.kernel.key_field import KeyField
from shared.kernel.types import Sha256


class Noun(StrEnum):
    """The two kinds of listing."""

    ACHIEVEMENT = "ACHIEVEMENT"
    NEED = "NEED"


class ListingStatus(StrEnum):
    """Where a listing stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    RETURNED = "RETURNED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class CooperationMode(StrEnum):
    """How the parties may work together: the contract types of the Civil Code, and taking a share."""

    DEVELOPMENT = "DEVELOPMENT"
    TRANSFER = "TRANSFER"
    LICENCE = "LICENCE"
    CONSULTING = "CONSULTING"
    SERVICE = "SERVICE"
    EQUITY = "EQUITY"


class Secrecy(StrEnum):
    """Secrecy grade of a result (成果密级); a state secret is never listed."""

    NONE = "NONE"
    TRADE_SECRET = "TRADE_SECRET"  # noqa: S105  # a grade, no password
    STATE_SECRET = "STATE_SECRET"  # noqa: S105  # 〃


class ResultStage(StrEnum):
    """How far a result is (初期、中期、成熟应用)."""

    EARLY = "EARLY"
    MIDDLE = "MIDDLE"
    MATURE = "MATURE"


class ReviewDecision(StrEnum):
    """What a reviewer does with a listing."""

    START = "START"
    RETURN = "RETURN"
    PUBLISH = "PUBLISH"


Trl = Annotated[int, Strict(), Field(ge=1, le=9)]
"""Technology readiness level, 1-9 (GB/T 22900-2022)."""
TrlOrNone = Annotated[int | None, Strict(), Field(ge=1, le=9)]
"""Technology readiness level, or unknown."""
MarketLevelOrNone = Annotated[int | None, Strict(), Field(ge=10, le=13)]
"""Market extension of the readiness scale: sales channel, profit, break-even, return."""
YearMonth = Annotated[str | None, Field(max_length=7, pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")]
"""A month as YYYY-MM, or unknown."""
Digest = Sha256 | None
"""SHA-256 of a document in lower-case hexadecimal, or none."""

_LABELS: dict[StrEnum, tuple[str, str]] = {
    ListingStatus.DRAFT: ("草稿", "draft"),
    ListingStatus.SUBMITTED: ("已提交", "submitted"),
    ListingStatus.UNDER_REVIEW: ("审核中", "under review"),
    ListingStatus.RETURNED: ("已退回", "returned"),
    ListingStatus.PUBLISHED: ("已发布", "published"),
    ListingStatus.WITHDRAWN: ("已撤回", "withdrawn"),
    ListingStatus.EXPIRED: ("已到期", "expired"),
    CooperationMode.DEVELOPMENT: ("技术开发", "development"),
    CooperationMode.TRANSFER: ("技术转让", "transfer"),
    CooperationMode.LICENCE: ("技术许可", "licence"),
    CooperationMode.CONSULTING: ("技术咨询", "consulting"),
    CooperationMode.SERVICE: ("技术服务", "service"),
    CooperationMode.EQUITY: ("作价入股", "equity"),
    ResultStage.EARLY: ("初期", "early"),
    ResultStage.MIDDLE: ("中期", "middle"),
    ResultStage.MATURE: ("成熟应用", "mature"),
}


def in_words(word: StrEnum) -> str:
    """Return a word of a listing as people read it, in both languages; a word without a name stays as it is.

    Source: T-VIEW-03 (docs/rules/techtransfer.md).
    """
    if isinstance(word, KeyField):
        return f"{word.title_zh} {word.title_en}"
    return " ".join(_LABELS[word]) if word in _LABELS else word.value
