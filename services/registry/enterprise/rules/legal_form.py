"""Legal forms as lists write them: in the column of the type, or only in the name of the firm."""

import re

from services.registry.enterprise.rules.enterprise import LegalForm
from shared.table.word import folded_word, words_of

LEGAL_FORM_ZH: dict[LegalForm, str] = {
    LegalForm.LIMITED: "有限责任公司",
    LegalForm.JOINT_STOCK: "股份有限公司",
    LegalForm.STATE_OWNED: "全民所有制企业",
    LegalForm.COLLECTIVE: "集体所有制企业",
    LegalForm.STOCK_COOPERATIVE: "股份合作制企业",
    LegalForm.NON_COMPANY_LEGAL_PERSON: "非公司企业法人",
    LegalForm.SOLE_PROPRIETORSHIP: "个人独资企业",
    LegalForm.PARTNERSHIP: "合伙企业",
    LegalForm.BRANCH: "分支机构",
    LegalForm.REPRESENTATIVE_OFFICE: "代表机构",
    LegalForm.INDIVIDUAL_BUSINESS: "个体工商户",
    LegalForm.UNINCORPORATED: "其他非法人组织",
    LegalForm.UNKNOWN: "不详",
}
"""Chinese words of the legal forms."""

# The first word that is found decides: what has no legal personality comes before what it is a part of.
_FORMS = (
    ("分公司", LegalForm.BRANCH),
    ("分支机构", LegalForm.BRANCH),
    ("分厂", LegalForm.BRANCH),
    ("分店", LegalForm.BRANCH),
    ("营业单位", LegalForm.BRANCH),
    ("代表机构", LegalForm.REPRESENTATIVE_OFFICE),
    ("代表处", LegalForm.REPRESENTATIVE_OFFICE),
    ("办事处", LegalForm.REPRESENTATIVE_OFFICE),
    ("个体工商户", LegalForm.INDIVIDUAL_BUSINESS),
    ("个体户", LegalForm.INDIVIDUAL_BUSINESS),
    ("个人经营", LegalForm.INDIVIDUAL_BUSINESS),
    ("家庭经营", LegalForm.INDIVIDUAL_BUSINESS),
    ("个人独资", LegalForm.SOLE_PROPRIETORSHIP),
    ("合伙", LegalForm.PARTNERSHIP),
    ("非法人", LegalForm.UNINCORPORATED),
    ("股份合作", LegalForm.STOCK_COOPERATIVE),
    ("股份有限", LegalForm.JOINT_STOCK),
    ("有限责任", LegalForm.LIMITED),
    ("有限公司", LegalForm.LIMITED),
    ("非公司企业法人", LegalForm.NON_COMPANY_LEGAL_PERSON),
    ("国有", LegalForm.STATE_OWNED),
    ("全民所有", LegalForm.STATE_OWNED),
    ("集体", LegalForm.COLLECTIVE),
)
_AT_THE_END = (
    ("(普通合伙)", LegalForm.PARTNERSHIP),
    ("(有限合伙)", LegalForm.PARTNERSHIP),
    ("(特殊普通合伙)", LegalForm.PARTNERSHIP),
    ("(个人独资)", LegalForm.SOLE_PROPRIETORSHIP),
    ("(个体工商户)", LegalForm.INDIVIDUAL_BUSINESS),
    ("(非法人)", LegalForm.UNINCORPORATED),
    ("代表处", LegalForm.REPRESENTATIVE_OFFICE),
    ("办事处", LegalForm.REPRESENTATIVE_OFFICE),
)
_WITHIN = "分公司"
_COMPANY = re.compile(r"(?:有限公司|有限责任公司|股份公司)$")
_OURS = words_of(LegalForm)
_BRACKETS = str.maketrans("（）【】[]〔〕", "()()()()")


def legal_form_of(text: str) -> LegalForm | None:
    """Return the legal form a list names, or None where the words are not known.

    Source: R-IMP-05 (市场主体登记管理条例 第二条; 民法典 第一百零二条).
    """
    plain = text.strip()
    if plain.upper() in LegalForm.__members__:
        return LegalForm[plain.upper()]
    if plain == LEGAL_FORM_ZH[LegalForm.UNKNOWN]:
        return LegalForm.UNKNOWN
    ours = _OURS.get(folded_word(plain))
    return ours if ours is not None else next((form for word, form in _FORMS if word in plain), None)


def legal_form_in_name(name: str) -> LegalForm | None:
    """Return the legal form that a firm's name shows, for lists whose type says nothing.

    A firm whose name ends as a company's does is one, whatever stands within it.

    Source: R-IMP-05 (企业名称登记管理规定 第十三条: 分支机构名称冠以其所从属企业的名称).
    """
    plain = name.strip().translate(_BRACKETS)
    at_the_end = next((form for word, form in _AT_THE_END if plain.endswith(word)), None)
    if at_the_end is not None or _COMPANY.search(plain):
        return at_the_end
    return LegalForm.BRANCH if _WITHIN in plain else None
