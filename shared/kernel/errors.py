"""A "no" has a code, a status and a way out; one renderer turns it into a problem document (RFC 9457)."""

from dataclasses import dataclass
from datetime import date, datetime

Detail = str | int | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class RefusalCode:
    """One stable kind of "no", declared once as a constant beside the rules that use it.

    The four texts may name details in braces, as in `"{available_fen} fen are left"`.

    Attributes:
        code: English snake_case, stable for ever.
        status: HTTP status, 400-499 (or 503 where the way out is to wait).
        title_zh: what is wrong, in Chinese, one sentence.
        title_en: the same in English.
        way_out_zh: what the caller can do now, in Chinese.
        way_out_en: the same in English.
    """

    code: str
    status: int
    title_zh: str
    title_en: str
    way_out_zh: str
    way_out_en: str


class Refusal(Exception):  # noqa: N818  # a refusal is an answer, not an error of ours
    """Raised by a rule or a use case; rolls the transaction back and becomes a problem document.

    Args:
        code: the kind of "no".
        pointer: JSON pointer of the field at fault (`/principal_fen`), if one is.
        details: values named in the texts; also shown as `details` in the problem document.
    """

    def __init__(self, code: RefusalCode, *, pointer: str | None = None, **details: Detail) -> None:
        """Keep the code, the pointer and the details."""
        super().__init__(code.code)
        self.code = code
        self.pointer = pointer
        self.details = details
