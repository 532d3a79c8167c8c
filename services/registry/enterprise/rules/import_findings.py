"""What the registry's lists may be found to hold, beside what any list may."""

from shared.table.finding import FindingKind, RowGravity

CODE_MALFORMED = FindingKind(
    "code_malformed",
    RowGravity.REFUSED,
    "统一社会信用代码不是18位规定字符",
    "The code is not 18 characters of the alphabet of GB 32100-2015",
    "请按营业执照更正代码。",
    "Correct the code from the business licence.",
)
CODE_NOT_COMPANY = FindingKind(
    "code_not_company",
    RowGravity.REFUSED,
    "代码不是企业的统一社会信用代码（不以91开头）",
    "The code is not a company's: it does not begin with 91",
    "个体工商户、工会、事业单位不在本系统登记，请删除该行。",
    "Individual businesses, unions and institutions are not registered here: remove the line.",
)
CODE_CHECK_FAILED = FindingKind(
    "code_check_failed",
    RowGravity.FLAGGED,
    "代码校验位不符，已登记并待复核",
    "The check character does not agree: kept, to be reviewed",
    "请核对营业执照；确有此码的，由区县复核确认。",
    "Check the licence; if the code is right, the district confirms it.",
)
NO_LEGAL_PERSON = FindingKind(
    "no_legal_person",
    RowGravity.FLAGGED,
    "该类型不具有法人资格，已登记，但不能申请科技型企业入库",
    "This type has no legal personality: kept, but it cannot enter the city's register",
    "请以其所属法人或改制后的企业申请。",
    "Apply through the legal person it belongs to.",
)
NAME_CHANGED = FindingKind(
    "name_changed",
    RowGravity.FLAGGED,
    "企业名称将改变：原为 {before}",
    "The name of the enterprise changes: it was {before}",
    "请核对营业执照；如非更名，请更正代码或名称后再次导入。",
    "Check the licence; if it was not renamed, correct code or name and import again.",
)
UNIT_MAPPED = FindingKind(
    "unit_mapped",
    RowGravity.FLAGGED,
    "区县不在2023-06-30的行政区划表中，已按单位沿革表归入现行单位",
    "The district is not in the table of 2023-06-30; the dated unit table maps it to a present unit",
    "请核对归属单位。",
    "Check the unit.",
)
UNIT_UNKNOWN = FindingKind(
    "unit_unknown",
    RowGravity.REFUSED,
    "无法识别区县，不能确定上报单位",
    "The district is not known, so the reporting unit cannot be told",
    "请填写现行上报单位的名称或代码。",
    "Give the name or the code of a reporting unit in force.",
)
UNIT_SUCCEEDED = FindingKind(
    "unit_succeeded",
    RowGravity.NOTED,
    "该区县已撤销，已归入承接单位",
    "The district was abolished; the line goes to its successor",
    "请核对；划入其他单位的乡镇请改填该单位。",
    "Check it: some towns went to another unit.",
)
UNIT_AREA_MOVED = FindingKind(
    "unit_area_moved",
    RowGravity.FLAGGED,
    "地址在 {town}，该地 2025-11-06 划归 {unit_zh}；上报单位未改",
    "The address is in {town}, which went to {unit_en} on 2025-11-06; the unit was left as it is",
    "请核对归属单位。",
    "Check the unit.",
)
UNIT_NOT_YOURS = FindingKind(
    "unit_not_yours",
    RowGravity.REFUSED,
    "该企业属于其他区县",
    "The enterprise belongs to another unit",
    "请由其所属区县导入，或由市级调整归属。",
    "Leave it to that unit, or ask the city to move it.",
)
ENTERPRISE_UNKNOWN = FindingKind(
    "enterprise_unknown",
    RowGravity.REFUSED,
    "企业未登记，或不属于本单位",
    "The enterprise is not registered, or belongs to another unit",
    "请先登记企业。",
    "Register the enterprise first.",
)
FILING_REFUSED = FindingKind(
    "filing_refused",
    RowGravity.REFUSED,
    "年度数据未通过形式核对：{problem_zh}",
    "The filing does not pass its formal checks: {problem_en}",
    "请按提示更正该列。",
    "Correct the column as told.",
)
UNIT_UNCONFIRMED = FindingKind(
    "filing_unit_unconfirmed",
    RowGravity.REFUSED,
    "请确认金额单位：{problem_zh}",
    "Is the unit right? {problem_en}",
    "如单位有误，请更正；如无误，请在“金额单位已核对”列填 是 后再次导入。",
    "Correct the unit; if it is right, write YES in the column that confirms it and import again.",
)

KINDS: tuple[FindingKind, ...] = (
    CODE_MALFORMED,
    CODE_NOT_COMPANY,
    CODE_CHECK_FAILED,
    NO_LEGAL_PERSON,
    NAME_CHANGED,
    UNIT_MAPPED,
    UNIT_UNKNOWN,
    UNIT_SUCCEEDED,
    UNIT_AREA_MOVED,
    UNIT_NOT_YOURS,
    ENTERPRISE_UNKNOWN,
    FILING_REFUSED,
    UNIT_UNCONFIRMED,
)
"""Every finding of this file."""
