"""The version of a record that its editor has read: a record is changed only as it was seen."""

from dataclasses import dataclass

from shared.kernel.errors import Refusal
from shared.kernel.refusals import PRECONDITION_FAILED


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """Which versions of a record its editor would change.

    Attributes:
        any_of: the versions that were read; None where any version will do (`If-Match: *`).
    """

    any_of: frozenset[int] | None = None

    def check(self, version: int) -> None:
        """Refuse a change of a record that is no longer what its editor saw; called under the row's lock.

        Raises:
            Refusal: `precondition_failed`.
        """
        if self.any_of is not None and version not in self.any_of:
            raise Refusal(PRECONDITION_FAILED, pointer="header:if-match")
