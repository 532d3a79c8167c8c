"""Why an application, or a step of it, is refused."""

from shared.kernel.errors import RefusalCode

AMOUNT_NOT_POSITIVE = RefusalCode(
    code="amount_not_positive",
    status=422,
    title_zh="金额须大于零",
    title_en="The amount must be above zero",
    way_out_zh="请填写大于零的金额。",
    way_out_en="Give an amount above zero.",
    hint_zh="amount_fen 为以分为单位的正整数。",
    hint_en="amount_fen is a whole number of fen above zero.",
)
TERM_TOO_LONG = RefusalCode(
    code="term_too_long",
    status=422,
    title_zh="贷款期限超过 {months_max} 个月",
    title_en="The term is longer than {months_max} months",
    way_out_zh="知识价值信用贷款期限为一年（含）以内，请缩短期限。",
    way_out_en="The knowledge-value loan runs one year or less: shorten the term.",
)
NOT_ON_CITY_REGISTER = RefusalCode(
    code="not_on_city_register",
    status=409,
    title_zh="企业未在重庆市科技型企业系统备案",
    title_en="The firm is not on the city's register of technology enterprises",
    way_out_zh="请先申请入库，入库后重新评价。",
    way_out_en="Apply for the register first, then be evaluated again.",
    hint_zh="POST /v1/register-applications。",
    hint_en="POST /v1/register-applications.",
)
NO_CREDIT_LIMIT = RefusalCode(
    code="no_credit_limit",
    status=409,
    title_zh="评价结果没有授信额度（等级 {grade}）",
    title_en="The evaluation gives no credit limit (grade {grade})",
    way_out_zh="请查看评价说明中未满足的条件和下一档要求。",
    way_out_en="See in the evaluation which condition does not hold and what the next step needs.",
    hint_zh="GET /v1/kvc-evaluations/{evaluation_id}。",
    hint_en="GET /v1/kvc-evaluations/{evaluation_id}.",
)
EVALUATION_CHANGED = RefusalCode(
    code="evaluation_changed",
    status=409,
    title_zh="评价已更新：现行额度 {limit_fen}",
    title_en="The evaluation has changed: the limit is now {limit_fen}",
    way_out_zh="请查看新评价，确认后以新的评价编号重新提交。",
    way_out_en="Look at the new evaluation and submit again with its id if you agree.",
    hint_zh="现行评价编号见 details.evaluation_id：{evaluation_id}。",
    hint_en="The current evaluation is {evaluation_id}.",
)
EVALUATION_EXPIRED = RefusalCode(
    code="evaluation_expired",
    status=409,
    title_zh="评价已于 {valid_until_on} 失效",
    title_en="The evaluation ended on {valid_until_on}",
    way_out_zh="请重新申请评价。",
    way_out_en="Be evaluated again.",
    hint_zh="POST /v1/kvc-evaluations。",
    hint_en="POST /v1/kvc-evaluations.",
)
APPLICATION_ALREADY_OPEN = RefusalCode(
    code="application_already_open",
    status=409,
    title_zh="已有一笔完全相同的申请在办：{case_no}",
    title_en="The same application is already open: {case_no}",
    way_out_zh="请继续办理该申请，或先撤销后再提交。",
    way_out_en="Go on with that one, or cancel it first.",
)
APPLICATION_STATE_CONFLICT = RefusalCode(
    code="application_state_conflict",
    status=409,
    title_zh="申请当前状态为 {status}，不能执行此操作",
    title_en="The application is {status}: this step is not possible now",
    way_out_zh="请刷新申请后按其当前状态办理。",
    way_out_en="Read the application again and take a step its status allows.",
)
AMOUNT_ABOVE_APPLICATION = RefusalCode(
    code="amount_above_application",
    status=409,
    title_zh="批复金额超过申请金额 {amount_fen}",
    title_en="Above the {amount_fen} that were applied for",
    way_out_zh="请在申请金额以内批复。",
    way_out_en="Approve no more than was applied for.",
)
AMOUNT_ABOVE_LIMIT = RefusalCode(
    code="amount_above_limit",
    status=409,
    title_zh="批复金额超过申请时的评价额度 {limit_fen}",
    title_en="Above the limit of {limit_fen} that this application was made on",
    way_out_zh="请在评价额度以内批复。",
    way_out_en="Approve no more than the evaluated limit.",
)
APPROVAL_PERIOD_INVALID = RefusalCode(
    code="approval_period_invalid",
    status=422,
    title_zh="批复有效期须在今天至 {latest} 之间",
    title_en="An approval ends between today and {latest}",
    way_out_zh="请更正有效期，或不填以采用默认期限。",
    way_out_en="Correct the date, or leave it out for the default.",
)
APPROVAL_LAPSED = RefusalCode(
    code="approval_lapsed",
    status=409,
    title_zh="授信批复已于 {valid_until_on} 失效",
    title_en="The approval ended on {valid_until_on}",
    way_out_zh="请企业重新申请。",
    way_out_en="The firm must apply again.",
)
FLAG_NOT_ACKNOWLEDGED = RefusalCode(
    code="flag_not_acknowledged",
    status=409,
    title_zh="有未确认的提示：{flag}",
    title_en="A flag is not acknowledged: {flag}",
    way_out_zh="请银行查看变化并确认，再批复。",
    way_out_en="The bank looks at what changed, acknowledges it, then approves.",
    hint_zh="POST /v1/loan-applications/{application_id}:acknowledge。",
    hint_en="POST /v1/loan-applications/{application_id}:acknowledge.",
)
NOTHING_TO_ACKNOWLEDGE = RefusalCode(
    code="nothing_to_acknowledge",
    status=409,
    title_zh="该申请没有待确认的提示",
    title_en="This application has no flag to acknowledge",
    way_out_zh="无需确认，可继续办理。",
    way_out_en="Nothing to do; go on.",
)
BANK_REF_ALREADY_USED = RefusalCode(
    code="bank_ref_already_used",
    status=409,
    title_zh="该银行业务编号已使用",
    title_en="This bank reference was used before",
    way_out_zh="银行业务编号永久唯一；如系重发，请用原幂等键取回原结果。",
    way_out_en="A bank reference is unique for ever; repeat a call with its own Idempotency-Key.",
)
CONSENT_NEEDED = RefusalCode(
    code="consent_needed",
    status=409,
    title_zh="尚未授权该银行查看评价结果",
    title_en="This bank is not allowed to see the evaluation yet",
    way_out_zh="请企业先签署包含评价结果的授权，再提交申请。",
    way_out_en="The enterprise first grants a consent that covers the result of the evaluation, then applies.",
    hint_zh="POST /v1/consents，scopes 含 EVALUATION_RESULT。",
    hint_en="POST /v1/consents with EVALUATION_RESULT in scopes.",
)
BANK_CANNOT_CHANGE = RefusalCode(
    code="bank_cannot_change",
    status=409,
    title_zh="退回的申请只能向原银行重新提交",
    title_en="A returned application goes back to its own bank",
    way_out_zh="如要换银行，请撤销后另行申请。",
    way_out_en="Cancel it and apply anew to change the bank.",
)
