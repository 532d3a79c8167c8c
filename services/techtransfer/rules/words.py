"""Words that achievements and needs share (技术转移标准字段)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, Strict


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
YearMonth = Annotated[str | None, Field(pattern=r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")]
"""A month as YYYY-MM, or unknown."""
Digest = Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a document in lower-case hexadecimal, or none."""
