"""The one judge of text: what people write is kept, what nobody could see or what would mislead the eye is not.

The sets of marks stand here as numbers and not as categories of the interpreter's tables: a letter that a newer Unicode
knows (CJK Extensions B to J, for one) is a letter whatever Python runs.
"""

import re
import unicodedata

from shared.kernel.fault import value_fault

_DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
_TAGS = "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufff9-\ufffb"
_BREAKS = "\t\n\r\u2028\u2029"
_DAMAGED = "\ud800-\udfff\ufdd0-\ufdef\ufffd" + "".join(
    f"{chr(p * 65536 + 65534)}{chr(p * 65536 + 65535)}" for p in range(17)
)
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
# Hangul fillers and the blank of Braille are letters by category, and nothing to the eye.
_BLANKS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff"
    "\uffa0\ufff0-\ufff8\ufffc\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
# They shape the letter before them: a person's name may need one, nobody needs one alone.
_SHAPERS = "\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"

_ANY = re.compile(f"[{_DIRECTIONS}{_TAGS}{_CONTROLS}{_BREAKS}{_DAMAGED}{_PRIVATE}{_BLANKS}{_SHAPERS}]")
_DIRECTION, _TAG, _CONTROL = (re.compile(f"[{marks}]") for marks in (_DIRECTIONS, _TAGS, _CONTROLS))
_BREAK, _DAMAGE, _PRIVATE_MARK = (re.compile(f"[{marks}]") for marks in (_BREAKS, _DAMAGED, _PRIVATE))
_INVISIBLE = re.compile(f"[{_DIRECTIONS}{_TAGS}{_BLANKS}{_SHAPERS}]+")
_BLANK = re.compile(f"[{_BLANKS}]+")
_IDLE_SHAPER = re.compile(rf"(?:^|(?<=\s))[{_SHAPERS}]+|[{_SHAPERS}]{{3,}}")
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
_UNSEEN = frozenset("MZC")
_LETTERS = frozenset("L")
_HAN_ZERO = "〇"


def _old_letters() -> dict[int, str]:
    """Return the private-area letters that GB 18030-2000 and GBK fonts used, with the letters they became.

    Source: GB 18030-2005 and -2022, the rows A6, A8, A9 and FE.
    """
    found = {}
    rows = (
        (0xA8, (0xBC, 0xBF), 0xE7C7),
        (0xA9, range(0x89, 0x96), 0xE7E7),
        (0xFE, (*range(0x50, 0x7F), *range(0x80, 0xA1)), 0xE815),
    )
    for lead, trails, first in rows:
        for place, trail in enumerate(trails, first):
            letter = bytes((lead, trail)).decode("gb18030")
            if ord(letter) != place:
                found[place] = letter
    # What the codec still leaves in the private area.
    later = {
        **dict(zip(range(0xE78D, 0xE797), "︐︒︑︓︔︕︖︗︘︙", strict=True)),
        0xE7C7: "\u1e3f",
        0xE816: "\U00020087",
        0xE817: "\U00020089",
        0xE818: "\U000200cc",
        0xE81E: "\u9fb4",
        0xE826: "\u9fb5",
        0xE82B: "\u9fb6",
        0xE82C: "\u9fb7",
        0xE831: "\U000215d7",
        0xE832: "\u9fb8",
        0xE83B: "\U0002298f",
        0xE843: "\u9fb9",
        0xE854: "\u9fba",
        0xE855: "\U000241fe",
        0xE864: "\u9fbb",
    }
    return {**found, **later}


_OLD_LETTERS = _old_letters()


def line(text: str) -> str:
    """Return one line of text as it is kept: without outer spaces and marks that show nothing.

    Letters of the private area that GB 18030 has placed since are written as those.

    Raises:
        ValueError: a fault with code and both texts: `text_empty`, `text_invisible`, `text_direction_mark`, `text_tag`,
            `text_control`, `text_line_break`, `text_damaged`, `text_private_letter`.

    Source: K-TXT-01 (design: nothing that nobody can see; GB 18030-2022).
    """
    return _judge(text.strip(), breaks=False)


def prose(text: str) -> str:
    """Return text of several lines as it is kept; every kind of line end becomes a line feed.

    Raises:
        ValueError: as `line`, but for line breaks and tabs, which are kept.

    Source: K-TXT-01 (design: nothing that nobody can see; GB 18030-2022).
    """
    return _judge(_LINE_ENDS.sub("\n", text).strip(), breaks=True)


def person_name(text: str) -> str:
    """Return the name of a person: one line with at least one letter.

    Raises:
        ValueError: as `line`, and `person_name_unreadable` for one without letters.

    Source: K-TXT-02 (电子签名法 第十三条: a signature shows who signed).
    """
    kept = line(text)
    if not any(_is_letter(mark) for mark in kept):
        raise value_fault(
            "person_name_unreadable",
            "人名至少应有一个文字，不能只有数字或符号",
            "a person's name has at least one letter",
        )
    return kept


def shows_something(text: str) -> bool:
    """Tell whether a reader would see anything of a text."""
    return any(unicodedata.category(mark)[0] not in _UNSEEN or _is_unknown(mark) for mark in without_invisible(text))


def without_invisible(text: str) -> str:
    """Return a text without any mark that shows nothing; for folds, which compare what is seen."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def current_letters(text: str) -> str:
    """Return a text with the private-area letters that GB 18030 has placed since."""
    return text if text.isascii() else text.translate(_OLD_LETTERS)


def _judge(text: str, *, breaks: bool) -> str:
    if _ANY.search(text) is None:
        kept = text
    else:
        kept = current_letters(text)
        _refuse_marks(kept, breaks=breaks)
        kept = _IDLE_SHAPER.sub("", _BLANK.sub("", kept)).strip()
    if not text:
        raise value_fault("text_empty", "不能为空", "the text is empty")
    if not (kept[:1].isalnum() or shows_something(kept)):
        raise value_fault(
            "text_invisible",
            "只有看不见的字符（{mark}），没有可见内容",
            "it holds invisible characters only ({mark}) and shows nothing",
            mark=_name(text[0]),
        )
    return kept


def _refuse_marks(text: str, *, breaks: bool) -> None:
    for pattern, code, zh, en in _REFUSED:
        found = pattern.search(text)
        if found is not None and not (breaks and pattern is _BREAK):
            raise value_fault(code, zh, en, mark=_name(found.group()))


_REFUSED = (
    (
        _DAMAGE,
        "text_damaged",
        "含有 {mark}：文字在送达前已损坏",
        "it holds {mark}: the text was damaged before it came here",
    ),
    (
        _DIRECTION,
        "text_direction_mark",
        "含有改变文字方向的控制符 {mark}，显示会与实际内容不同",
        "it holds the direction control {mark}: what is seen would differ from what is written",
    ),
    (_TAG, "text_tag", "含有看不见的标签字符 {mark}", "it holds the invisible tag character {mark}"),
    (_CONTROL, "text_control", "含有控制字符 {mark}", "it holds the control character {mark}"),
    (
        _BREAK,
        "text_line_break",
        "此项只能写一行，含有换行或制表符 {mark}",
        "this is one line of text; it holds a line break or tab, {mark}",
    ),
    (
        _PRIVATE_MARK,
        "text_private_letter",
        "含有自造字 {mark}，他处无法显示，请改用标准汉字",
        "it holds the private-use character {mark}, which others cannot show; use the standard character",
    ),
)


def _name(mark: str) -> str:
    return f"U+{ord(mark):04X}"


def _is_unknown(mark: str) -> bool:
    # A letter that is newer than the interpreter's tables; what is damaged was refused before.
    return unicodedata.category(mark) == "Cn"


def _is_letter(mark: str) -> bool:
    return unicodedata.category(mark)[0] in _LETTERS or mark == _HAN_ZERO or _is_unknown(mark)
