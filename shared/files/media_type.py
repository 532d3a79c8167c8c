"""What a document's bytes say it is; a file name or a declared type is only a claim and decides nothing.

Browsers, WPS and Kylin name the same table in a dozen ways.
"""

import zipfile
from typing import IO

import puremagic

from shared.files.encoding import text_encoding
from shared.kernel.errors import Refusal, RefusalCode

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
PLAIN = "text/plain"
ZIP = "application/zip"
UNKNOWN = "application/octet-stream"

FILE_TYPE_REFUSED = RefusalCode(
    "file_type_refused",
    422,
    "不接受此类文件：{kind_zh}",
    "Such a file is not taken: {kind_en}",
    "请上传 PDF、图片、CSV、XLSX 或纯文本；旧版 XLS 请另存为 XLSX。",
    "Upload PDF, images, CSV, XLSX or text; save an old XLS as XLSX.",
    hint_zh="按内容判断的媒体类型：{media_type}。",
    hint_en="Media type, judged by the content: {media_type}.",
)

EVIDENCE = frozenset({CSV, XLSX, PDF, PLAIN, "image/png", "image/jpeg", "image/tiff", "application/zip"})
"""What a document may be that evidence points at; a zip because OFD, the layout of official documents, is one."""
_TAKEN = frozenset({CSV, XLSX, PDF, PLAIN, "image/png", "image/jpeg", "image/tiff", ZIP, UNKNOWN})
_SIGNS = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-excel"),
)
_PROGRAM = "application/x-executable"
_PROGRAM_HEAD = 64
_UNKNOWN_KIND = ("无法识别的文件", "a file of unknown kind")
_KINDS = {
    CSV: ("CSV 表格", "a CSV table"),
    XLSX: ("Excel 工作簿", "an Excel workbook"),
    PDF: ("PDF 文件", "a PDF document"),
    ZIP: ("压缩包", "an archive"),
    "application/gzip": ("压缩包", "an archive"),
    "application/x-rar-compressed": ("压缩包", "an archive"),
    "application/x-7z-compressed": ("压缩包", "an archive"),
    "application/x-tar": ("压缩包", "an archive"),
    "application/vnd.ms-excel": ("旧版 Excel 或 Word 文件", "an old Excel or Word file"),
    "application/msword": ("Word 文档", "a Word document"),
    "application/rtf": ("Word 文档", "a Word document"),
    _PROGRAM: ("程序", "a program"),
}
_FAMILIES = {
    "text": ("纯文本", "plain text"),
    "image": ("图片", "an image"),
    "video": ("视频", "a video"),
    "audio": ("录音", "a sound recording"),
    "font": ("字体", "a font"),
}
_RUNNABLE = (b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\x00asm")
_HEAD = 8_192
_CONTROLS = bytes(mark for mark in range(32) if mark not in b"\t\n\r\f\x1a")
_CONTROL_SHARE = 50
"""A text with a destroyed cell may hold a few control characters; above one in fifty bytes it is no text."""


def sniff(source: IO[bytes]) -> str:
    """Return the media type that the bytes of a document show; text without a signature is `text/plain`."""
    source.seek(0)
    head = source.read(_HEAD)
    source.seek(0)
    # A text may begin with the letters MZ; a program that does has NULs behind them or is no text.
    if head.startswith(_RUNNABLE) or (
        head.startswith(b"MZ") and (b"\x00" in head[:_PROGRAM_HEAD] or not _is_text(source, head))
    ):
        return _PROGRAM
    if head.startswith(b"PK\x03\x04"):
        return _archive(source, head)
    for sign, kind in _SIGNS:
        if head.startswith(sign):
            return kind
    if _is_text(source, head):
        return PLAIN
    try:
        return str(puremagic.from_string(head, mime=True)) or UNKNOWN
    except (puremagic.PureError, ValueError):
        return UNKNOWN


def judge(source: IO[bytes]) -> str:
    """Return the media type of a document by its bytes.

    Raises:
        Refusal: `file_type_refused` for programs and types that are not taken.
    """
    found = sniff(source)
    if found not in _TAKEN:
        raise type_refused(found)
    return found


def type_refused(media_type: str, code: RefusalCode = FILE_TYPE_REFUSED) -> Refusal:
    """Return the refusal of a file that people read in their own words, and engineers by its media type."""
    kind_zh, kind_en = kind_words(media_type)
    return Refusal(code, kind_zh=kind_zh, kind_en=kind_en, media_type=media_type)


def kind_words(media_type: str) -> tuple[str, str]:
    """Return what people call a file of a media type, in Chinese and English."""
    return _KINDS.get(media_type) or _FAMILIES.get(media_type.partition("/")[0]) or _UNKNOWN_KIND


def _archive(source: IO[bytes], head: bytes) -> str:
    """Tell a workbook from other archives by the names in it, wherever they stand."""
    try:
        with zipfile.ZipFile(source) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        # Damaged behind its beginning: what it was meant to be is said when it is read.
        return XLSX if b"[Content_Types].xml" in head or b"xl/" in head else ZIP
    finally:
        source.seek(0)
    return (
        XLSX
        if "xl/workbook.xml" in names
        or ("[content_types].xml" in names and any(name.startswith("xl/") for name in names))
        else ZIP
    )


def _is_text(source: IO[bytes], head: bytes) -> bool:
    """Tell text in UTF-8, UTF-16 or GB18030 from the rest; a few destroyed bytes leave it a text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    encoding = text_encoding(source)
    source.seek(0)
    if encoding.startswith("utf-16"):
        text = head[: len(head) // 2 * 2].decode(encoding, errors="replace")
        return not any(char < " " and char not in "\t\r\n\f\x1a" for char in text)
    if len(head.translate(None, _CONTROLS)) * _CONTROL_SHARE < len(head) * (_CONTROL_SHARE - 1):
        return False
    text = head.decode(encoding, errors="replace")
    return text.count("\ufffd") * _CONTROL_SHARE // 4 <= len(text)
