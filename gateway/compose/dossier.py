"""What a bank reads of an applicant: finance's credit file, and the sheet of its rights if finance allowed the read."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gateway.compose.overview import part_of
from gateway.rules.overview import PartState
from gateway.upstream.part import Fetched, fetch
from gateway.upstream.pool import Upstream


@dataclass(frozen=True, slots=True)
class Dossier:
    """The composed answer, or finance's own refusal.

    Attributes:
        body: the dossier; None if finance did not allow it.
        refusal: what finance said instead; its problem is passed on as it is.
    """

    body: dict[str, Any] | None
    refusal: Fetched | None


async def dossier(
    upstreams: Mapping[str, Upstream], application_id: UUID, *, headers: Mapping[bytes, bytes], deadline_s: float
) -> Dossier:
    """Return the dossier of a loan application.

    Finance checks the enterprise's consent and audits the read; without its yes nothing of ipr is shown, whatever ipr
    answered. Both are asked at the same time.

    Args:
        upstreams: the services by name.
        application_id: the loan application.
        headers: the bank's token, language and ids.
        deadline_s: for each part.
    """
    async with asyncio.TaskGroup() as group:
        credit = group.create_task(
            fetch(
                upstreams["finance"],
                f"/v1/loan-applications/{application_id}/credit-file",
                headers=headers,
                deadline_s=deadline_s,
            )
        )
        rights = group.create_task(
            fetch(upstreams["ipr"], f"/v1/ip-sheets/{application_id}", headers=headers, deadline_s=deadline_s)
        )
    allowed = part_of(credit.result())
    if allowed["status"] != PartState.PRESENT:
        return Dossier(None, credit.result())
    parts = {"credit_file": allowed, "ip_sheet": part_of(rights.result())}
    missing = sorted(name for name, part in parts.items() if part["status"] == PartState.UNAVAILABLE)
    return Dossier(
        {"application_id": str(application_id), "complete": not missing, "missing": missing, "parts": parts}, None
    )
