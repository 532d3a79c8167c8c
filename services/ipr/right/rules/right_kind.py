"""The kinds of IP rights and their official numbers."""

import re
from enum import StrEnum

from shared.kernel import patent_no
from shared.kernel.errors import Refusal, RefusalCode
from shared.kernel.fold import fold_code

RIGHT_NO_INVALID = RefusalCode(
    code="right_no_invalid",
    status=422,
    title_zh="不是有效的{kind_zh}号码：{right_no}",
    title_en="Not a number of this kind of right ({kind}): {right_no}",
    way_out_zh="请按证书填写，例如 {example}。",
    way_out_en="Write it as on the certificate, such as {example}.",
)
RIGHT_NO_OF_OTHER_KIND = RefusalCode(
    code="right_no_of_other_kind",
    status=422,
    title_zh="专利号 {right_no} 的种类位表示{named_zh}，与所填种类不符",
    title_en="The type digit of {right_no} says {named}, another kind than given",
    way_out_zh="请更正种类或号码。",
    way_out_en="Correct the kind or the number.",
)


class RightKind(StrEnum):
    """Kinds of IP rights."""

    INVENTION = "INVENTION"
    DEFENCE_PATENT = "DEFENCE_PATENT"
    UTILITY_MODEL = "UTILITY_MODEL"
    DESIGN = "DESIGN"
    SOFTWARE_COPYRIGHT = "SOFTWARE_COPYRIGHT"
    TRADEMARK = "TRADEMARK"
    IC_LAYOUT = "IC_LAYOUT"
    PLANT_VARIETY = "PLANT_VARIETY"
    CROP_VARIETY = "CROP_VARIETY"
    NEW_DRUG = "NEW_DRUG"
    TCM_PROTECTED = "TCM_PROTECTED"
    GEOGRAPHICAL_INDICATION = "GEOGRAPHICAL_INDICATION"


KIND_ZH: dict[RightKind, str] = {
    RightKind.INVENTION: "发明专利",
    RightKind.DEFENCE_PATENT: "国防专利",
    RightKind.UTILITY_MODEL: "实用新型专利",
    RightKind.DESIGN: "外观设计专利",
    RightKind.SOFTWARE_COPYRIGHT: "软件著作权",
    RightKind.TRADEMARK: "注册商标",
    RightKind.IC_LAYOUT: "集成电路布图设计专有权",
    RightKind.PLANT_VARIETY: "植物新品种",
    RightKind.CROP_VARIETY: "国家级农作物品种",
    RightKind.NEW_DRUG: "国家新药",
    RightKind.TCM_PROTECTED: "国家一级中药保护品种",
    RightKind.GEOGRAPHICAL_INDICATION: "地理标志",
}
"""Chinese words for the kinds."""

PATENT_KINDS = frozenset({RightKind.INVENTION, RightKind.UTILITY_MODEL, RightKind.DESIGN})
"""Kinds whose number carries a type digit and a check digit (标准 ZC 0006-2003)."""

# Forms of certificate numbers as the registering bodies print them; loose where a body has used several.
_FORMS: dict[RightKind, tuple[str, str]] = {
    RightKind.DEFENCE_PATENT: (r"(?:ZL|GF)?[0-9]{8,13}\.?[0-9X]?", "ZL201018000012.3"),
    RightKind.SOFTWARE_COPYRIGHT: (r"(?:19|20)[0-9]{2}SR[0-9]{4,7}", "2023SR0123456"),
    RightKind.TRADEMARK: (r"(?:[0-9]{1,9}|G[0-9]{5,8})[A-Z]?", "12345678"),
    RightKind.IC_LAYOUT: (r"BS\.?[0-9]{8,10}(?:\.?[0-9X])?", "BS.205012345"),
    RightKind.PLANT_VARIETY: (r"(?:CNA)?[0-9]{8,12}(?:\.[0-9X])?", "CNA20191000123"),
    RightKind.CROP_VARIETY: (r"国审[\u4e00-\u9fff]{1,6}[0-9]{4,8}", "国审稻20180001"),
    RightKind.NEW_DRUG: (r"国药证字[A-Z][0-9]{8,9}", "国药证字H20180001"),
    RightKind.TCM_PROTECTED: (r"\(?[0-9]{2,4}\)?国药中保证字第?[0-9]{1,4}号?|ZYB[0-9]{6,12}", "ZYB2072018001"),
    RightKind.GEOGRAPHICAL_INDICATION: (r"[0-9A-Z\u4e00-\u9fff()〔〕\-.]{3,40}", "AGI2019-01-2567"),
}
_PATENT_EXAMPLE = "201710601862.3"
_OLD_LENGTH = 9
_LONGEST = 100
_FIRST_PATENT_YEAR, _EARLY_CENTURY, _LATE_CENTURY = 1985, 1900, 2000


def normalise_number(kind: RightKind, text: str) -> str:
    """Return the number of a right as it is kept: folded, patents without prefix and dot.

    Raises:
        Refusal: `right_no_invalid`, also for a wrong check digit; `right_no_of_other_kind` where the type digit of a
            patent number names another kind.

    Source: I-RIGHT-01 (docs/rules/ipr.md).
    """
    plain = fold_code(text[:_LONGEST]).text
    if kind in PATENT_KINDS:
        return _patent_number(kind, plain)
    form, example = _FORMS[kind]
    if not re.fullmatch(form, plain):
        raise _invalid(kind, text, example)
    return plain


def display_number(kind: RightKind, number: str) -> str:
    """Return the number as people write it: a patent's with the dot before its check digit.

    Source: I-RIGHT-02 (docs/rules/ipr.md).
    """
    return patent_no.display(number) if kind in PATENT_KINDS else number


def numbers_kept(text: str) -> frozenset[str]:
    """Return the numbers under which a right may be kept that somebody asks for: prefix and dot may be left out or not.

    Source: I-RIGHT-02 (docs/rules/ipr.md).
    """
    written = fold_code(text[:_LONGEST]).text
    bare = written.removeprefix("ZL").removeprefix("CN")
    return frozenset({written, bare, bare.replace(".", "")})


def number_year(kind: RightKind, number: str) -> int | None:
    """Return the year of filing that a normalised patent number names, or None for other kinds.

    The form before 2003-10 has two digits, 85 to 99 and 00 to 03.

    Source: I-RIGHT-03 (docs/rules/ipr.md).
    """
    if kind not in PATENT_KINDS:
        return None
    if len(number) != _OLD_LENGTH:
        return int(number[:4])
    first = int(number[:2])
    return first + (_LATE_CENTURY if first < _FIRST_PATENT_YEAR % 100 else _EARLY_CENTURY)


def _patent_number(kind: RightKind, plain: str) -> str:
    try:
        number = patent_no.normalise(plain)
    except ValueError as error:
        raise _invalid(kind, plain, _PATENT_EXAMPLE) from error
    named = RightKind(patent_no.kind_of(number).value)
    if named is not kind:
        raise Refusal(
            RIGHT_NO_OF_OTHER_KIND, pointer="/right_no", right_no=number, named=named.value, named_zh=KIND_ZH[named]
        )
    return number


def _invalid(kind: RightKind, text: str, example: str) -> Refusal:
    return Refusal(
        RIGHT_NO_INVALID,
        pointer="/right_no",
        kind=kind.value,
        kind_zh=KIND_ZH[kind],
        right_no=text[:60],
        example=example,
    )
