"""Events of ipr: rights, and the IP summary of a firm on a day."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.bounds import MOST_KINDS, MOST_OWNERS, Count, Line, Milli, Number, Ppm, Sha256, Uscc, Version, Word
from shared.events.event import HeldState


class OwnerShare(BaseModel):
    """One owner's part of a right, in parts per million."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    uscc: Uscc
    share_ppm: Ppm


class RightChanged(HeldState):
    """The public state of one IP right."""

    subject: ClassVar[str] = "ipr.right.changed.v1"
    meaning_zh: ClassVar[str] = "一项知识产权的公开状态"
    aggregate: ClassVar[str] = "right"
    key: ClassVar[tuple[str, ...]] = ("right_id",)

    right_id: UUID
    right_no: Number
    kind: Word
    title: Line
    legal_status: Word
    owners: Annotated[tuple[OwnerShare, ...], Field(max_length=MOST_OWNERS)]
    filed_on: date | None
    granted_on: date | None
    ends_on: date | None
    high_value: bool
    blemished: bool


class KindCount(BaseModel):
    """Valid, unblemished rights of one kind: how many, and how many weighted by remaining life and owner share."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Word
    count: Count
    weighted_milli: Milli


class PortfolioChanged(HeldState):
    """The IP summary of a firm on a day, by ipr's own dated rule set; the only source of IP indicators elsewhere."""

    subject: ClassVar[str] = "ipr.portfolio.changed.v1"
    meaning_zh: ClassVar[str] = "企业知识产权在某日的汇总，按知识产权服务自己的规则集计算"
    aggregate: ClassVar[str] = "portfolio"
    key: ClassVar[tuple[str, ...]] = ("uscc",)

    uscc: Uscc
    as_of_on: date
    class_1_count: Count
    class_2_count: Count
    high_value_count: Count
    blemished_count: Count
    kinds: Annotated[tuple[KindCount, ...], Field(max_length=MOST_KINDS)]
    rule_set_version: Version
    rule_set_sha256: Sha256
