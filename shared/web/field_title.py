"""Headings and parameters of lists in both languages: a field is called the same in every list."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldTitle:
    """What people call a field.

    Attributes:
        zh: in Chinese, without a unit of money.
        en: in English.
        example: a made-up value, for those that are asked for.
    """

    zh: str
    en: str
    example: str | None = None


def _f(zh: str, en: str, example: str | None = None) -> FieldTitle:
    return FieldTitle(zh, en, example)


_USCC = "91500107MADEMQX01Y"
FIELDS: dict[str, FieldTitle] = {
    # Parties
    "uscc": _f("统一社会信用代码", "code", _USCC),
    "name": _f("企业名称", "name"),
    "enterprise_uscc": _f("企业统一社会信用代码", "enterprise code", _USCC),
    "enterprise_name": _f("企业名称", "enterprise"),
    "bank_uscc": _f("银行统一社会信用代码", "bank code", "91500103MABANKQX1A"),
    "party_uscc": _f("发布方统一社会信用代码", "party code", _USCC),
    "party_name": _f("发布方", "party"),
    "owner": _f("权利人统一社会信用代码", "an owner's code", _USCC),
    "owner_codes": _f("权利人", "owners"),
    "owner_names": _f("权利人名称", "names of owners"),
    "unit_id": _f("上报单位", "reporting unit", "500107"),
    "q": _f("名称片段或代码", "part of the name, or the code", "示例"),
    "legal_form": _f("企业类型", "legal form"),
    "industry_code": _f("行业代码", "industry", "I6510"),
    "key_field": _f("重点领域", "key field"),
    "founder_type": _f("创办人类型", "founder type"),
    "founded": _f("成立日期", "founded"),
    "founded_on": _f("成立日期", "founded"),
    "registered_capital_fen": _f("注册资本", "registered capital"),
    "size_class": _f("规模", "size class"),
    "code_needs_review": _f("代码待复核", "code to be reviewed"),
    "address": _f("地址", "address"),
    # What every case has
    "status": _f("状态", "status"),
    "kind": _f("种类", "kind"),
    "case_no": _f("案件编号", "case number", "KC-2026-500107-000123"),
    "created": _f("登记日期", "recorded"),
    "created_at": _f("登记时间", "recorded at"),
    "updated_at": _f("更新时间", "updated at"),
    "note": _f("说明", "note"),
    "notes": _f("意见", "notes"),
    "reason_code": _f("原因代码", "reason"),
    "version": _f("版本", "version"),
    "rule_set_version": _f("规则版本", "rule set"),
    "entered_by": _f("录入人", "entered by"),
    # Lending
    "evaluation_id": _f("评价编号", "evaluation", "019e8000-0000-7000-8000-00000000e001"),
    "amount_fen": _f("金额", "amount"),
    "term_months": _f("期限（月）", "term in months"),
    "purpose": _f("用途", "purpose"),
    "submitted": _f("提交日期", "submitted"),
    "submitted_at": _f("提交时间", "submitted at"),
    "answer_due": _f("答复期限", "answer due"),
    "answer_due_on": _f("答复期限", "answer due"),
    "answered_at": _f("答复时间", "answered at"),
    "flag": _f("提示", "flag"),
    "approved_fen": _f("批复金额", "approved"),
    "approved_term_months": _f("批复期限（月）", "approved term in months"),
    "approved_on": _f("批复日期", "approved on"),
    "valid_until": _f("有效期止", "valid until"),
    "valid_until_on": _f("有效期止", "valid until"),
    "valid_from": _f("有效期起", "valid from"),
    "valid_from_on": _f("有效期起", "valid from"),
    "conditions": _f("附加条件", "conditions"),
    "bank_ref": _f("银行业务编号", "the bank's reference", "JY-2026-000789"),
    "contract_no": _f("合同编号", "contract number", "HT-2026-000321"),
    "loan_id": _f("贷款编号", "loan id", "019e8300-0000-7000-8000-000000010001"),
    "principal_fen": _f("贷款本金", "principal"),
    "rate_ppm": _f("年利率", "annual rate"),
    "signed": _f("签订日期", "signed"),
    "signed_on": _f("签订日期", "signed"),
    "drawn_fen": _f("已放款", "drawn"),
    "repaid_fen": _f("已还本金", "repaid"),
    "undrawn_fen": _f("未放款", "undrawn"),
    "released_fen": _f("已释放", "released"),
    "draw_until": _f("提款期止", "draw until"),
    "draw_until_on": _f("提款期止", "draw until"),
    "ends": _f("到期日", "ends on"),
    "ends_on": _f("到期日", "ends on"),
    "note_no": _f("借据编号", "loan note number", "JJ-2026-000456"),
    "drawdown_id": _f("放款编号", "drawdown id", "019e8400-0000-7000-8000-00000000d001"),
    "starts": _f("放款日期", "starts on"),
    "starts_on": _f("放款日期", "starts on"),
    "matures": _f("到期日", "matures on"),
    "matures_on": _f("到期日", "matures on"),
    "outstanding_fen": _f("未还本金", "outstanding"),
    "outstanding_after_fen": _f("还款后未还本金", "outstanding after it"),
    "value": _f("记账日期", "value date"),
    "value_on": _f("记账日期", "value date"),
    # Cover and fund
    "covered_fen": _f("纳入补偿本金", "covered principal"),
    "exposure_fen": _f("基金承担敞口", "exposure of the fund"),
    "filed": _f("备案或申请日期", "filed"),
    "filed_on": _f("备案或申请日期", "filed on"),
    "filing_due": _f("备案期限", "filing due"),
    "filing_due_on": _f("备案期限", "filing due"),
    "decided_at": _f("审核时间", "decided at"),
    "paid_in_city_fen": _f("市级到账", "paid in by the city"),
    "paid_in_district_fen": _f("区县到账", "paid in by the district"),
    "paid_in_fen": _f("到账合计", "paid in"),
    "capacity_fen": _f("可担保上限", "capacity"),
    "capacity_left_fen": _f("剩余可担保额", "capacity left"),
    "city_due_fen": _f("市级尚欠", "due from the city"),
    "district_due_fen": _f("区县尚欠", "due from the district"),
    "contributor": _f("出资方", "contributor"),
    "receipt_no": _f("回单编号", "receipt number", "HZ-2026-0042"),
    "cover_id": _f("备案编号", "cover id", "019e8500-0000-7000-8000-00000000c0f1"),
    "paid_in_city_after_fen": _f("市级到账余额", "city's balance after it"),
    "paid_in_district_after_fen": _f("区县到账余额", "district's balance after it"),
    "exposure_after_fen": _f("敞口余额", "exposure after it"),
    # Banks and consents
    "bank_name": _f("银行名称", "bank"),
    "agreement_from_on": _f("合作期起", "agreement from"),
    "agreement_until": _f("合作期止", "agreement until"),
    "agreement_until_on": _f("合作期止", "agreement until"),
    "decision_no": _f("决定文号", "decision number", "示例决定〔2026〕1号"),
    "scopes": _f("授权范围", "scopes"),
    "signer_name": _f("签署人（脱敏）", "signer, masked"),
    "signer_capacity": _f("签署身份", "capacity"),
    "channel": _f("签署渠道", "channel"),
    "text_version": _f("授权书版本", "consent text"),
    "granted": _f("授权日期", "granted"),
    "granted_at": _f("授权时间", "granted at"),
    "expires": _f("授权到期", "expires"),
    "expires_at": _f("授权到期", "expires at"),
    "revoked_at": _f("撤回时间", "withdrawn at"),
    "purge_by_on": _f("删除期限", "purge by"),
    # Evaluations
    "as_of": _f("评价基准日", "as of"),
    "as_of_on": _f("评价基准日", "as of"),
    "score_milli": _f("得分", "score"),
    "grade": _f("等级", "grade", "A"),
    "base_limit_fen": _f("基础额度", "base limit"),
    "uplift_fen": _f("增信额度", "uplift"),
    "limit_fen": _f("推荐额度", "limit"),
    "gates_open": _f("符合准入条件", "entry conditions met"),
    "verdict": _f("结论", "verdict"),
    "filing_year": _f("采用年度", "filing year"),
    # Filings and titles
    "year": _f("年度", "year", "2025"),
    "staff": _f("职工总数", "staff"),
    "science_staff": _f("科技人员", "science staff"),
    "rd_staff": _f("研发人员", "R&D staff"),
    "senior_title_staff": _f("高级职称人员", "staff with senior titles"),
    "revenue_fen": _f("营业收入", "revenue"),
    "cost_expense_fen": _f("成本费用支出", "costs and expenses"),
    "assets_fen": _f("资产总额", "assets"),
    "rd_expense_fen": _f("研发费用", "R&D expense"),
    "super_deduction_fen": _f("加计扣除", "super-deduction"),
    "innovative_products": _f("创新产品", "innovative products"),
    "accepted": _f("接收日期", "accepted"),
    "accepted_at": _f("接收时间", "accepted at"),
    "number": _f("编号", "number", "202650010700000123"),
    "award_rank": _f("获奖排名", "award rank"),
    "revoked_on": _f("撤销日期", "revoked on"),
    "check_due": _f("审核期限", "check due"),
    "check_due_on": _f("审核期限", "check due"),
    "checked_at": _f("审核时间", "checked at"),
    "listed_at": _f("入库时间", "listed at"),
    # Rights
    "right_no": _f("号码", "number", "2021101234567"),
    "right_no_display": _f("号码", "number"),
    "title": _f("名称", "title"),
    "legal_status": _f("法律状态", "legal status"),
    "status_since": _f("状态日期", "since"),
    "status_since_on": _f("状态日期", "since"),
    "status_effective_on": _f("状态日期", "since"),
    "published_on": _f("公开日", "published on"),
    "granted_on": _f("授权日", "granted on"),
    "stated_ends_on": _f("证书载明到期日", "end stated on the certificate"),
    "high_value": _f("高价值", "high value"),
    "blemished": _f("有瑕疵", "blemished"),
    "evidence_level": _f("证据等级", "evidence level"),
    "evidence_no": _f("证据文号", "evidence number"),
    "evidence_on": _f("证据日期", "evidence date"),
    "right_id": _f("权利编号", "right id"),
    "patent_year": _f("年费年度", "patent year"),
    "fee_fen": _f("年费", "annual fee"),
    "surcharge_fen": _f("滞纳金", "surcharge"),
    "pay_from_on": _f("可缴费日起", "payable from"),
    "due": _f("缴费期限", "due"),
    "due_on": _f("缴费期限", "due on"),
    "grace_until_on": _f("补缴期止", "grace until"),
    "lost_from_on": _f("逾期失效日", "lost from"),
    "in_grace": _f("正在补缴期", "in its grace"),
    # Listings
    "cooperation_modes": _f("合作方式", "cooperation modes"),
    "keywords": _f("关键词", "keywords"),
    "asking_price_fen": _f("报价", "asking price"),
    "budget_fen": _f("拟投入", "budget"),
    "published": _f("发布日期", "published"),
    "published_at": _f("发布时间", "published at"),
    "review_due_on": _f("审核期限", "review due"),
}
"""Field or parameter → its title; days are asked for by their name without `_on` or `_at`."""


def title_of(name: str) -> tuple[str, str]:
    """Return what people call a field, in Chinese and in English.

    Raises:
        KeyError: for a field that has no title yet.
    """
    title = FIELDS[name]
    return title.zh, title.en
