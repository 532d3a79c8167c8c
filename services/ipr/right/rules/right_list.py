"""The columns of a list of rights."""

from services.ipr.right.rules.right_kind import KIND_ZH
from services.ipr.right.rules.right_words import STATUS_ZH
from shared.kernel.evidence import EvidenceLevel
from shared.table.column import ColumnKind, ListForm, TableColumn

EVIDENCE_LEVEL_ZH: dict[EvidenceLevel, str] = {
    EvidenceLevel.DECLARED: "申报",
    EvidenceLevel.DOCUMENT: "文件",
    EvidenceLevel.ATTESTED: "核验",
    EvidenceLevel.AUTHORITY_FEED: "官方数据",
}
"""Chinese words of the levels of evidence."""
_DAY = ("日期，如 2025-03-01，或留空", "A date, such as 2025-03-01, or nothing")
FORM = ListForm(
    name="ip-rights",
    operation="import_ip_rights",
    title_zh="知识产权清单",
    title_en="List of IP rights",
    key="right_no",
    columns=(
        TableColumn(
            "kind",
            "种类",
            "kind",
            "知识产权种类，如 发明专利",
            "A kind of right, such as INVENTION",
            "发明专利",
            kind=ColumnKind.CHOICE,
            required=True,
            names=("知识产权种类", "类型", "专利类型", "权利种类"),
            choices=tuple((kind.value, word) for kind, word in KIND_ZH.items()),
        ),
        TableColumn(
            "right_no",
            "号码",
            "number",
            "证书上的号码，如 202210000001.0",
            "The number on the certificate, such as 202210000001.0",
            "202210000001.0",
            kind=ColumnKind.CODE,
            required=True,
            names=("申请号", "专利号", "登记号", "注册号", "申请号/专利号", "证书编号"),
        ),
        TableColumn(
            "title",
            "名称",
            "title",
            "1 至 200 个字",
            "1 to 200 characters",
            "一种示例装置",
            required=True,
            names=("专利名称", "发明名称", "软件名称", "商标名称"),
        ),
        TableColumn(
            "owners",
            "权利人",
            "owners",
            "统一社会信用代码，多个以分号分隔，可加份额，如 代码:60%",
            "Codes by semicolon, with shares as code:60%",
            "91500107MADEMQX01Y",
            kind=ColumnKind.CODE,
            required=True,
            names=("权利人代码", "权利人统一社会信用代码", "专利权人", "申请人代码"),
        ),
        TableColumn(
            "legal_status",
            "法律状态",
            "legal status",
            "法律状态，如 授权",
            "A legal status, such as GRANTED",
            "授权",
            kind=ColumnKind.CHOICE,
            required=True,
            names=("状态", "案件状态", "专利状态", "当前法律状态"),
            choices=tuple((status.value, word) for status, word in STATUS_ZH.items()),
        ),
        TableColumn(
            "status_effective_on",
            "状态日期",
            "since",
            *_DAY,
            "2023-03-01",
            kind=ColumnKind.DATE,
            names=("状态生效日", "状态变更日"),
        ),
        TableColumn("filed_on", "申请日", "filed on", *_DAY, "2022-03-01", kind=ColumnKind.DATE, names=("申请日期",)),
        TableColumn(
            "published_on",
            "公开日",
            "published on",
            *_DAY,
            "2022-09-01",
            kind=ColumnKind.DATE,
            names=("首次发表日", "首次发表日期", "公开日期", "公布日"),
        ),
        TableColumn(
            "granted_on",
            "授权日",
            "granted on",
            *_DAY,
            "2023-03-01",
            kind=ColumnKind.DATE,
            names=("注册日", "授权公告日", "授权日期", "登记日期", "注册日期"),
        ),
        TableColumn(
            "stated_ends_on", "证书载明到期日", "end stated on the certificate", *_DAY, "", kind=ColumnKind.DATE
        ),
        TableColumn(
            "evidence_no",
            "证据文号",
            "evidence number",
            "官方文号或证书号",
            "An official number",
            "示例证书第0001号",
            names=("证书号", "文号"),
        ),
        TableColumn(
            "evidence_on",
            "证据日期",
            "evidence date",
            "日期，如 2025-03-01",
            "A date, such as 2025-03-01",
            "2023-03-01",
            kind=ColumnKind.DATE,
        ),
        TableColumn(
            "evidence_level",
            "证据等级",
            "evidence level",
            "申报、文件、核验或官方数据；留空为文件",
            "DECLARED, DOCUMENT, ATTESTED or AUTHORITY_FEED; DOCUMENT where empty",
            "文件",
            kind=ColumnKind.CHOICE,
            choices=tuple((level.value, word) for level, word in EVIDENCE_LEVEL_ZH.items()),
        ),
    ),
)
"""The columns of a list of rights."""
