"""What a document's bytes say it is; a file name or a declared type is only a claim."""

import puremagic

from shared.kernel.errors import Refusal, RefusalCode

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
PLAIN = "text/plain"
UNKNOWN = "application/octet-stream"

FILE_TYPE_MISMATCH = RefusalCode(
    "file_type_mismatch",
    422,
    "文件内容是 {found}，与所声明的 {declared} 不符",
    "The file holds {found}, not {declared} as declared",
    "请核对文件后重新上传",
    "Check the file and upload it again",
)
FILE_TYPE_REFUSED = RefusalCode(
    "file_type_refused",
    422,
    "不接受 {found} 类型的文件",
    "Files of the type {found} are not taken",
    "请上传 PDF、图片、CSV、XLSX 或文本文件",
    "Upload PDF, images, CSV, XLSX or text",
)

_TAKEN = frozenset({CSV, XLSX, PDF, PLAIN, UNKNOWN, "image/png", "image/jpeg", "image/tiff", "application/zip"})
_RUNNABLE = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_LOOSE = frozenset(
    {"", UNKNOWN, PLAIN, CSV, "application/csv", "application/vnd.ms-excel", "text/tab-separated-values"}
)


def sniff(head: bytes) -> str:
    """Return the media type that the first bytes of a document show; text without a signature is `text/plain`."""
    if head.startswith(b"PK\x03\x04"):
        return XLSX if b"[Content_Types].xml" in head or b"xl/" in head else "application/zip"
    if head.startswith(b"%PDF-"):
        return PDF
    if _is_text(head):
        return PLAIN
    try:
        return str(puremagic.from_string(head, mime=True)) or UNKNOWN
    except (puremagic.PureError, ValueError):
        return UNKNOWN


def judge(head: bytes, declared: str | None) -> str:
    """Return the media type of a document that begins with `head`.

    Args:
        head: at least the first kilobytes.
        declared: what the sender said, parameters allowed; text of any kind passes as the text it was declared to be.

    Raises:
        Refusal: `file_type_refused` for programs and unwanted types, `file_type_mismatch`.
    """
    found = sniff(head)
    claim = (declared or "").partition(";")[0].strip().lower()
    if head.startswith(_RUNNABLE) or found not in _TAKEN:
        raise Refusal(FILE_TYPE_REFUSED, found=found)
    if found == PLAIN:
        if claim in _LOOSE:
            return CSV if "csv" in claim or "excel" in claim else PLAIN
    elif claim in {"", UNKNOWN, found} or (found == "application/zip" and claim == XLSX):
        return XLSX if claim == XLSX else found
    raise Refusal(FILE_TYPE_MISMATCH, found=found, declared=claim[:100])


def _is_text(head: bytes) -> bool:
    """Tell text in UTF-8, UTF-16 or GB18030 from the rest; the last character may be cut in two."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\x00" in head:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            text = head.decode(encoding)
        except UnicodeDecodeError as fault:
            if fault.start < len(head) - 4 or fault.start == 0:
                continue
            text = head[: fault.start].decode(encoding)
        return not any(char < " " and char not in "\t\r\n\f" for char in text)
    return False
