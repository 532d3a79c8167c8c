"""What a composed answer looks like: parts that say whether they are there."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from gateway.rules.overview import PartState


class PartRead(BaseModel):
    """One part of a composed answer; `data` is what its service answered, and is null unless the part is present."""

    status: PartState
    source: str = Field(description="答复的服务 / the service that was asked")
    data: dict[str, Any] | None
    code: str | None = Field(description="缺少的原因代码 / why it is missing, as a problem code")


class OverviewParts(BaseModel):
    """The parts of an overview."""

    enterprise: PartRead
    credit: PartRead
    portfolio: PartRead
    listings: PartRead


class OverviewRead(BaseModel):
    """What all services keep of one enterprise."""

    uscc: str
    complete: bool
    missing: list[str] = Field(description="未答复的部分 / parts whose service did not answer")
    parts: OverviewParts


class DossierParts(BaseModel):
    """The parts of a dossier."""

    credit_file: PartRead
    ip_sheet: PartRead


class DossierRead(BaseModel):
    """What a bank may read of an applicant."""

    application_id: UUID
    complete: bool
    missing: list[str] = Field(description="未答复的部分 / parts whose service did not answer")
    parts: DossierParts
