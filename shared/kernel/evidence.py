"""Evidence: what moves a fact that we mirror and do not decide (CNIPA, bank core, national platforms)."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from shared.kernel.fault import value_fault
from shared.kernel.shape import Shape
from shared.kernel.types import Day, Sha256, ShortTextOrNone


class EvidenceLevel(StrEnum):
    """How far a fact can be trusted; later members are stronger."""

    DECLARED = "DECLARED"
    DOCUMENT = "DOCUMENT"
    ATTESTED = "ATTESTED"
    AUTHORITY_FEED = "AUTHORITY_FEED"

    @property
    def strength(self) -> int:
        """0 for the weakest level, 3 for the strongest."""
        return list(EvidenceLevel).index(self)


class Evidence(Shape):
    """An official number or a document, its date and its level; who entered it is added by the use case.

    Every level above DECLARED needs an official number or the SHA-256 of a document.
    """

    level: EvidenceLevel
    issued_on: Day
    official_no: ShortTextOrNone = None
    document_sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _is_backed(self) -> Self:
        if self.level is not EvidenceLevel.DECLARED and not (self.official_no or self.document_sha256):
            raise value_fault(
                "evidence_unbacked",
                "高于自行申报的证据，须有公文或证书编号，或者材料文件",
                "Above a declaration, evidence needs the number of an official document or the document itself",
            )
        return self
