"""Events of the registry: enterprises, their filings and their titles."""

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.bounds import MOST_DAYS, Count, Fen, Line, Number, UnitId, Uscc, Word, Year
from shared.events.event import Event, EventKind, HeldState


class IntegrityMarks(BaseModel):
    """Marks that are open today; each closes gates elsewhere."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    abnormal_operations: bool = False
    serious_dishonesty: bool = False
    major_accident: bool = False
    environmental_breach: bool = False
    research_dishonesty: bool = False


class EnterpriseChanged(HeldState):
    """The public state of an enterprise after any change, its reporting unit and integrity marks included."""

    subject: ClassVar[str] = "registry.enterprise.changed.v1"
    meaning_zh: ClassVar[str] = "企业公开信息变化后的全貌，含所属填报单位与诚信标记"
    aggregate: ClassVar[str] = "enterprise"
    key: ClassVar[tuple[str, ...]] = ("uscc",)

    uscc: Uscc
    name: Line
    unit_id: UnitId
    industry_code: Word | None
    key_field: Word | None
    founded_on: date | None
    legal_form: Word
    founder_type: Word | None
    size_class: Word | None
    status: Word
    integrity: IntegrityMarks


class IntegrityChanged(Event):
    """One integrity mark was opened or cleared on evidence."""

    subject: ClassVar[str] = "registry.integrity.changed.v1"
    meaning_zh: ClassVar[str] = "依据证据记入或消除了一项诚信标记"
    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "enterprise"
    key: ClassVar[tuple[str, ...]] = ("uscc",)

    uscc: Uscc
    mark: Word
    active: bool
    effective_on: date


class FilingAccepted(HeldState):
    """The accepted annual filing of one enterprise for one year; a corrected filing comes again with a higher version.

    Amounts are fen; `super_deduction_fen` is the sum on form A107012, or None if it was not filed.
    """

    subject: ClassVar[str] = "registry.filing.accepted.v1"
    meaning_zh: ClassVar[str] = "企业某年度报表已受理；更正后的报表以更高版本再次发出"
    aggregate: ClassVar[str] = "filing"
    key: ClassVar[tuple[str, ...]] = ("uscc", "year")

    uscc: Uscc
    year: Year
    staff: Count
    science_staff: Count
    rd_staff: Count
    senior_title_staff: Count
    revenue_fen: Fen
    cost_expense_fen: Fen
    assets_fen: Fen
    rd_expense_fen: Fen
    super_deduction_fen: Fen | None
    innovative_products: Count


class QualificationChanged(HeldState):
    """A title of an enterprise: granted, extended, expired or revoked.

    `kind` is one of TECH_ENTERPRISE (the city's register), TECH_SME (the national number), HNTE, HIGH_GROWTH,
    INNOVATIVE_SME, SRDI, LITTLE_GIANT; `status` is VALID, EXPIRED or REVOKED; `valid_until_on` is inclusive, None is
    open.
    """

    subject: ClassVar[str] = "registry.qualification.changed.v1"
    meaning_zh: ClassVar[str] = "企业资质变化：取得、延续、到期或撤销"
    aggregate: ClassVar[str] = "qualification"
    key: ClassVar[tuple[str, ...]] = ("uscc", "kind")

    uscc: Uscc
    kind: Word
    status: Word
    number: Number | None
    valid_from_on: date
    valid_until_on: date | None
    evidence_level: Word


class HolidayNoticeRecorded(Event):
    """The State Council's holiday notice of a year was recorded, or a record of it corrected; the newest one counts.

    `off_days` are not worked, `work_days` are Saturdays and Sundays that are; `replaces_id` names the record that this
    one corrects.
    """

    subject: ClassVar[str] = "registry.holiday_notice.recorded.v1"
    meaning_zh: ClassVar[str] = "登记或更正了某年的节假日安排通知；以最近一次登记为准"
    ordering: ClassVar[EventKind] = EventKind.HAPPENING
    aggregate: ClassVar[str] = "holiday_notice"
    key: ClassVar[tuple[str, ...]] = ("year",)

    notice_id: UUID
    year: Year
    number: Number
    issued_on: date
    source: Line
    off_days: Annotated[tuple[date, ...], Field(max_length=MOST_DAYS)]
    work_days: Annotated[tuple[date, ...], Field(max_length=MOST_DAYS)]
    replaces_id: UUID | None
    recorded_by: Line
    recorded_at: datetime
