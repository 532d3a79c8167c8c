"""The columns of lists of achievements and of needs."""

from services.techtransfer.listing.rules.achievement import ResultClass, ResultOrigin
from services.techtransfer.listing.rules.need import IpOwnership
from services.techtransfer.listing.rules.vocabulary import CooperationMode, ResultStage, in_words
from shared.kernel.key_field import KeyField
from shared.table.column import ColumnKind, ListForm, TableColumn

_SEVERAL = ("多个以顿号或分号分隔", "several by semicolon")
ORIGIN_ZH = {
    ResultOrigin.ORIGINAL: "原始创新",
    ResultOrigin.IMPORTED_AND_IMPROVED: "引进消化吸收再创新",
    ResultOrigin.DOMESTIC_SECONDARY: "国内技术二次开发",
}
"""Chinese words of the origins of a result (成果属性)."""
CLASS_ZH = {ResultClass.APPLIED: "应用技术类", ResultClass.BASIC: "基础理论类", ResultClass.SOFT: "软科学类"}
"""Chinese words of the classes of results."""
OWNERSHIP_ZH = {
    IpOwnership.PARTY: "归需求方",
    IpOwnership.SOLVER: "归承接方",
    IpOwnership.SHARED: "共有",
    IpOwnership.NEGOTIABLE: "协商",
}
"""Chinese words for who shall own what is made."""


def _zh(word: CooperationMode | ResultStage) -> str:
    return in_words(word).partition(" ")[0]


_SHARED = (
    TableColumn(
        "case_no",
        "编号",
        "case number",
        "已有信息的编号；新发布的留空",
        "The case number of a listing that is known; empty for a new one",
        "",
    ),
    TableColumn("title", "名称", "title", "1 至 200 个字", "1 to 200 characters", "高强铝合金精密铸造", required=True),
    TableColumn(
        "party_uscc",
        "统一社会信用代码",
        "code of the party",
        "发布单位的18位代码",
        "The code of the party",
        "91500107MADEMQX01Y",
        kind=ColumnKind.CODE,
        required=True,
        names=("信用代码", "单位代码"),
    ),
    TableColumn(
        "party_name",
        "单位名称",
        "party",
        "未在企业登记中的高校、院所填写；企业以登记名称为准",
        "The name of a university or institute that is not registered here",
        "",
    ),
    TableColumn(
        "unit_id",
        "填报单位",
        "reporting unit",
        "上报单位的名称或代码，如 九龙坡区",
        "Name or code of a reporting unit",
        "九龙坡区",
        kind=ColumnKind.UNIT,
        required=True,
        names=("区县", "上报单位"),
    ),
    TableColumn(
        "key_field",
        "重点领域",
        "key field",
        "七个重点领域之一，或留空",
        "One of the seven key fields, or nothing",
        "新材料",
        kind=ColumnKind.CHOICE,
        choices=tuple((one.value, one.title_zh) for one in KeyField),
    ),
    TableColumn(
        "keywords",
        "关键词",
        "keywords",
        f"关键词，{_SEVERAL[0]}",
        f"Keywords, {_SEVERAL[1]}",
        "铝合金、铸造",
        required=True,
    ),
    TableColumn(
        "cooperation_modes",
        "合作方式",
        "ways to work together",
        f"合作方式，{_SEVERAL[0]}",
        f"Ways to work together, {_SEVERAL[1]}",
        "技术许可、技术服务",
        kind=ColumnKind.CHOICE,
        required=True,
        choices=tuple((one.value, _zh(one)) for one in CooperationMode),
    ),
    TableColumn(
        "valid_until_on",
        "截止日",
        "listed until",
        "发布的最后一天，如 2027-05-31",
        "The last day of the listing",
        "2027-05-31",
        kind=ColumnKind.DATE,
        required=True,
        names=("有效期至", "截止日期"),
    ),
)
_FURTHER = (
    TableColumn("contact_name", "联系人", "contact", "联系人姓名，或留空", "Whom to call, or nothing", ""),
    TableColumn("contact_phone", "联系电话", "contact phone", "联系电话，或留空", "A phone number, or nothing", ""),
    TableColumn(
        "authority_sha256",
        "委托书SHA-256",
        "digest of the letter of authority",
        "代为发布时委托书文件的摘要",
        "Digest of the letter of authority, where an agency posts",
        "",
    ),
    TableColumn(
        "authority_until_on",
        "委托书有效期至",
        "last day of the letter of authority",
        "日期，或留空",
        "A date, or nothing",
        "",
        kind=ColumnKind.DATE,
    ),
    TableColumn("technical_details", "技术细节", "technical details", "至多4000字", "Up to 4,000 characters", ""),
)
ACHIEVEMENTS = ListForm(
    name="achievements",
    operation="import_achievements",
    title_zh="科技成果",
    title_en="Achievements",
    key="title",
    columns=(
        *_SHARED,
        TableColumn(
            "stage",
            "成果所处阶段",
            "stage",
            "初期、中期或成熟应用",
            "EARLY, MIDDLE or MATURE",
            "中期",
            kind=ColumnKind.CHOICE,
            required=True,
            choices=tuple((one.value, _zh(one)) for one in ResultStage),
        ),
        TableColumn(
            "trl",
            "技术成熟度",
            "readiness level",
            "1 至 9",
            "1 to 9",
            "6",
            kind=ColumnKind.WHOLE,
            required=True,
            measures=("级",),
        ),
        TableColumn(
            "asking_price_fen",
            "报价",
            "asking price",
            "金额连同单位，或留空",
            "An amount with its unit, or nothing",
            "80万元",
            kind=ColumnKind.AMOUNT,
        ),
        TableColumn(
            "summary",
            "简介",
            "summary",
            "至多4000字",
            "Up to 4,000 characters",
            "用于轻量化结构件的铸造工艺。",
            required=True,
        ),
        TableColumn(
            "origin",
            "成果属性",
            "origin",
            "新发布时必填",
            "Needed for a new listing",
            "原始创新",
            kind=ColumnKind.CHOICE,
            choices=tuple((one.value, word) for one, word in ORIGIN_ZH.items()),
        ),
        TableColumn(
            "innovation_points",
            "主要创新点",
            "innovation points",
            "新发布时必填，多条以分号分隔",
            "Needed for a new listing, several by semicolon",
            "低压充型与局部加压相结合",
        ),
        TableColumn(
            "result_class",
            "成果类别",
            "class",
            "留空为应用技术类",
            "APPLIED where empty",
            "",
            kind=ColumnKind.CHOICE,
            choices=tuple((one.value, word) for one, word in CLASS_ZH.items()),
        ),
        TableColumn("ip_right_nos", "知识产权号", "numbers of IP rights", _SEVERAL[0], _SEVERAL[1].capitalize(), ""),
        TableColumn("completing_units", "完成单位", "completed by", _SEVERAL[0], _SEVERAL[1].capitalize(), ""),
        *_FURTHER,
    ),
)
"""The columns of a list of achievements."""
NEEDS = ListForm(
    name="needs",
    operation="import_needs",
    title_zh="技术需求",
    title_en="Needs",
    key="title",
    columns=(
        *_SHARED,
        TableColumn(
            "problem",
            "主要技术难题",
            "problem",
            "至多4000字",
            "Up to 4,000 characters",
            "薄壁件内部气孔在线检出率低。",
            required=True,
        ),
        TableColumn(
            "core_indicators",
            "核心指标",
            "core indicators",
            "可量化的指标，多条以分号分隔",
            "Indicators with numbers, several by semicolon",
            "检出率不低于 98%",
        ),
        TableColumn(
            "trl_wanted",
            "期望技术成熟度",
            "readiness level wanted",
            "1 至 9，或留空",
            "1 to 9, or nothing",
            "6",
            kind=ColumnKind.WHOLE,
            measures=("级",),
        ),
        TableColumn(
            "budget_fen",
            "拟投入",
            "budget",
            "金额连同单位，或留空",
            "An amount with its unit, or nothing",
            "80万元",
            kind=ColumnKind.AMOUNT,
        ),
        TableColumn(
            "solution_months",
            "解决时限（月）",
            "months until it must be solved",
            "整月数，或留空",
            "Whole months, or nothing",
            "18",
            kind=ColumnKind.WHOLE,
            measures=("个月", "月"),
        ),
        TableColumn(
            "ip_ownership",
            "知识产权归属",
            "who shall own it",
            "留空为协商",
            "NEGOTIABLE where empty",
            "",
            kind=ColumnKind.CHOICE,
            choices=tuple((one.value, word) for one, word in OWNERSHIP_ZH.items()),
        ),
        TableColumn("solver_conditions", "对承接方的要求", "conditions for solvers", "或留空", "Or nothing", ""),
        *_FURTHER,
    ),
)
"""The columns of a list of needs."""
