"""A "no" has a code, a status and a way out; one renderer turns it into a problem document (RFC 9457)."""

from dataclasses import dataclass
from datetime import date, datetime

Detail = str | int | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class RefusalCode:
    """One stable kind of "no", declared once as a constant beside the rules that use it.

    The texts may name details in braces, as in `"{available_fen} are left"`: amounts read in yuan, rates in per cent.

    Attributes:
        code: English snake_case, stable for ever.
        status: HTTP status, 400-499 (or 503 where the way out is to wait).
        title_zh: what is wrong, in Chinese, one sentence.
        title_en: the same in English.
        way_out_zh: what the person can do now, in Chinese, without a word of the interface.
        way_out_en: the same in English.
        hint_zh: what the caller's engineer needs, such as a route or a field; empty where the status says it.
        hint_en: the same in English.
    """

    code: str
    status: int
    title_zh: str
    title_en: str
    way_out_zh: str
    way_out_en: str
    hint_zh: str = ""
    hint_en: str = ""

    def hint(self) -> tuple[str, str]:
        """Return the hint for the engineer in Chinese and English: this code's own, or what its status always means."""
        return (self.hint_zh, self.hint_en) if self.hint_zh else _HINTS.get(self.status, _HINTS[400])


_HINTS = {
    400: ("请求本身有误，原样重发结果相同。", "The request is at fault: sent again as it is, it gets the same answer."),
    401: ("请重新取得令牌后重发。", "Get a new token and send the request again."),
    403: ("调用方无此权限，重发无用。", "The caller may not do this: sending it again does not help."),
    404: (
        "不存在与无权查看的答复相同。",
        "The record is absent or not the caller's: both are answered alike.",
    ),
    409: (
        "请重新读取记录；拒绝不占用幂等键。",
        "Read the record again; a refusal does not use the idempotency key up.",
    ),
    410: (
        "数据已按规定清理，重发无用。",
        "The data was cleared for good: sending the request again does not help.",
    ),
    422: (
        "请更正 errors 所列字段；不占用幂等键。",
        "Correct the fields in errors; a refusal does not use the key up.",
    ),
    503: ("等待 Retry-After 秒后以同一个键重发。", "Wait for Retry-After seconds and send it again with the same key."),
    504: ("请以同一个键重发，或查询结果。", "Send it again with the same key, or look the result up."),
}


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
