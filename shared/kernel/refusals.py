"""Refusals that every service gives: identity, form, idempotency, versions and waiting."""

from shared.kernel.errors import RefusalCode

TOKEN_MISSING = RefusalCode(
    "token_missing",
    401,
    "请求没有携带访问令牌",
    "The request carries no access token",
    "请先登录取得令牌后再试。",
    "Get an access token first.",
    hint_zh="POST /oauth2/token，以 Authorization: Bearer 携带。",
    hint_en="POST /oauth2/token and send it as Authorization: Bearer.",
)
TOKEN_INVALID = RefusalCode(
    "token_invalid",
    401,
    "访问令牌无效或已过期",
    "The access token is invalid or has expired",
    "请重新申请令牌后再试。",
    "Ask for a new token and try again.",
)
FORBIDDEN_SCOPE = RefusalCode(
    "forbidden_scope",
    403,
    "登录所用的客户端没有此项操作的权限",
    "The client of this token may not do this",
    "请联系平台管理员为该客户端开通此项权限。",
    "Ask the platform's administrator to grant it to the client.",
    hint_zh="令牌缺少权限 {scope}。",
    hint_en="The token lacks the scope {scope}.",
)
FORBIDDEN_ROLE = RefusalCode(
    "forbidden_role",
    403,
    "该角色不能执行此操作",
    "This role may not do this",
    "请由{bodies_zh}办理。",
    "Leave it to {bodies_en}.",
)
DEAD_LETTER_SETTLED = RefusalCode(
    "dead_letter_settled",
    409,
    "该死信已重放或已作废",
    "The letter was replayed or discarded already",
    "无需再处理；请刷新清单。",
    "Nothing is left to do; load the list again.",
)
DEAD_LETTER_FAILED_AGAIN = RefusalCode(
    "dead_letter_failed_again",
    409,
    "重放仍未成功：{reason}",
    "It failed again: {reason}",
    "请先排除原因再重放；确定不再处理的可写明原因作废。",
    "Mend the reason first, then replay; what nobody will handle is discarded for a reason.",
)
DEAD_LETTER_WAITS = RefusalCode(
    "dead_letter_waits",
    409,
    "同一案件在此之前的事件尚未处理",
    "An event of the same case before this one is not settled",
    "请先重放或作废之前的死信。",
    "Replay or discard the letter before it first.",
)
NOT_FOUND = RefusalCode(
    "not_found",
    404,
    "未找到 {noun}",
    "No {noun} was found",
    "请核对编号；不属于本单位的记录不会显示。",
    "Check the id; records of others are not shown.",
)
ROUTE_UNKNOWN = RefusalCode(
    "route_unknown",
    404,
    "没有这个地址",
    "There is no such address",
    "请核对地址，或查阅接口目录。",
    "Check the address, or look into the list of routes.",
    hint_zh="接口目录：/docs。",
    hint_en="The routes stand under /docs.",
)
METHOD_NOT_ALLOWED = RefusalCode(
    "method_not_allowed",
    405,
    "该地址不支持此方法",
    "This address does not take this method",
    "请由技术人员核对接口文档。",
    "Have your engineer check the description of the interface.",
    hint_zh="可用方法见 Allow 头。",
    hint_en="Use a method of the Allow header.",
)
BODY_UNREADABLE = RefusalCode(
    "body_unreadable",
    400,
    "请求正文无法读取：{reason_zh}",
    "The request body cannot be read: {reason_en}",
    "请由技术人员检查所发送的内容后重试。",
    "Have your engineer look at what was sent, and send it again.",
    hint_zh="正文应为 UTF-8 编码的 JSON，键不得重复。",
    hint_en="Send JSON in UTF-8 without duplicate keys.",
)
REQUEST_UNREADABLE = RefusalCode(
    "request_unreadable",
    400,
    "请求无法读取",
    "The request cannot be read",
    "请检查地址、参数和请求头的编码。",
    "Check the encoding of address, parameters and headers.",
)
ADDRESS_TOO_LONG = RefusalCode(
    "address_too_long",
    414,
    "请求地址超过 {limit_bytes} 字节",
    "The address of the request is longer than {limit_bytes} bytes",
    "请由技术人员减少查询条件后重试。",
    "Have your engineer ask with fewer parameters.",
)
HEAD_TOO_LARGE = RefusalCode(
    "head_too_large",
    431,
    "请求头超过 {limit_bytes} 字节",
    "The head of the request is larger than {limit_bytes} bytes",
    "请由技术人员减少或缩短请求头后重试。",
    "Have your engineer send fewer or shorter headers.",
)
BODY_TOO_LARGE = RefusalCode(
    "body_too_large",
    413,
    "请求正文超过 {limit_bytes} 字节",
    "The request body is larger than {limit_bytes} bytes",
    "请缩小或拆分后再提交。",
    "Make it smaller or split it.",
)
MEDIA_TYPE_UNSUPPORTED = RefusalCode(
    "media_type_unsupported",
    415,
    "不支持以此种格式提交的内容",
    "Content in this form is not taken",
    "请由技术人员按接口文档调整提交的格式后重试。",
    "Have your engineer send it in the form that the description of the interface names.",
    hint_zh="Content-Type 应为 {media_type}。",
    hint_en="Content-Type must be {media_type}.",
)
FIELD_INVALID = RefusalCode(
    "field_invalid",
    422,
    "请求中有字段不符合要求",
    "Fields of the request are not as required",
    "请按所列提示逐项修改。",
    "Correct each field that is named.",
    hint_zh="逐项说明见 errors。",
    hint_en="Each field at fault stands in errors.",
)
QUERY_UNKNOWN = RefusalCode(
    "query_parameter_unknown",
    422,
    "没有查询参数 {name}",
    "There is no query parameter {name}",
    "请由技术人员核对查询条件后重试。",
    "Have your engineer correct what is asked for.",
    hint_zh="此地址的查询参数：{known}。",
    hint_en="Query parameters of this address: {known}.",
)
QUERY_REPEATED = RefusalCode(
    "query_parameter_repeated",
    422,
    "查询参数 {name} 出现多次，只能给一个值",
    "The query parameter {name} is given more than once; it takes one value",
    "请只保留一个。",
    "Keep one of them.",
)
EVENT_TOO_LARGE = RefusalCode(
    "event_too_large",
    422,
    "此次变更的通知超过 {limit_bytes} 字节，无法送达其他系统，因此没有执行",
    "What this change tells other systems exceeds {limit_bytes} bytes and could not be delivered; nothing was done",
    "请拆分为几次提交，或缩短其中最长的内容。",
    "Split it into several requests, or shorten what is longest in it.",
    hint_zh="其中最大的字段是 {field}，有 {field_bytes} 字节。",
    hint_en="The largest field is {field} with {field_bytes} bytes.",
)
CURSOR_INVALID = RefusalCode(
    "cursor_invalid",
    422,
    "分页游标无效，或与当前筛选条件不符",
    "The cursor is invalid or belongs to another filter",
    "请从第一页重新查询。",
    "Start again from the first page.",
    hint_zh="去掉 cursor；游标只用于给出它的筛选条件。",
    hint_en="Leave cursor out; a cursor belongs to the filter that gave it.",
)
IDEMPOTENCY_KEY_MISSING = RefusalCode(
    "idempotency_key_missing",
    400,
    "请求没有幂等键",
    "The request has no idempotency key",
    "请由技术人员为每一笔业务生成一个唯一的键，重试时沿用。",
    "Have your engineer make one unique key per business act and keep it on retries.",
    hint_zh="请求头 Idempotency-Key，1 至 200 个可见 ASCII 字符。",
    hint_en="Header Idempotency-Key, 1 to 200 visible ASCII characters.",
)
IDEMPOTENCY_KEY_REUSED = RefusalCode(
    "idempotency_key_reused",
    422,
    "同一个幂等键曾用于另一个请求",
    "The same idempotency key was used for another request",
    "新的业务请使用新的键。",
    "Use a new key for a new request.",
)
IDEMPOTENCY_KEY_RUNNING = RefusalCode(
    "idempotency_key_running",
    409,
    "同一个幂等键的请求仍在处理",
    "A request with the same idempotency key is still running",
    "请稍候再以同一个键重试。",
    "Wait a little and retry with the same key.",
    hint_zh="等待 Retry-After 秒。",
    hint_en="Wait for Retry-After seconds.",
)
PRECONDITION_REQUIRED = RefusalCode(
    "precondition_required",
    428,
    "修改此记录须说明所读的版本",
    "A change of this record must name the version that was read",
    "请先读取记录，再修改。",
    "Read the record first, then change it.",
    hint_zh="以其 ETag 作为 If-Match 请求头。",
    hint_en="Send its ETag as If-Match.",
)
PRECONDITION_FAILED = RefusalCode(
    "precondition_failed",
    412,
    "记录已被他人修改",
    "The record was changed by someone else",
    "请重新读取后再修改。",
    "Read it again, then change it.",
    hint_zh="以新的 ETag 作为 If-Match 提交。",
    hint_en="Send the new ETag as If-Match.",
)
CONFLICT = RefusalCode(
    "conflict",
    409,
    "记录已存在，或同时被他人修改",
    "The record exists already or was changed at the same time",
    "请重新读取后再决定。",
    "Read it again and decide anew.",
)
UNAVAILABLE = RefusalCode(
    "unavailable",
    503,
    "服务暂时不可用",
    "The service is unavailable for the moment",
    "请稍候以同一个键重试。",
    "Wait a little and retry with the same key.",
    hint_zh="等待 Retry-After 秒。",
    hint_en="Wait for Retry-After seconds.",
)
HISTORY_REGRESSED = RefusalCode(
    "history_regressed",
    503,
    "本服务的数据库已被恢复到较早的备份，涉及资金的操作及其他变更自 {noticed_at} 起停止",
    "The database of this service was set back to an older backup; all changes, money first, stand since {noticed_at}",
    "查询照常可用。请联系平台运维核对遗失的记录并确认后再试。",
    "Reading goes on. Ask the operators of the platform to check what was lost and to confirm it, then try again.",
    hint_zh="运维：make accept-restore S=…；之后以同一个键重试。",
    hint_en="Operators: make accept-restore S=…; then retry with the same key.",
)
DEADLINE_EXCEEDED = RefusalCode(
    "deadline_exceeded",
    504,
    "服务未能在期限内答复",
    "The service did not answer in time",
    "请稍后以同一个键重试，或查询结果。",
    "Retry later with the same key, or look the result up.",
)
INTERNAL = RefusalCode(
    "internal",
    500,
    "服务内部出错，已记录",
    "Something went wrong inside; it was recorded",
    "请稍后以同一个键重试；如仍失败，请向我们提供请求编号。",
    "Retry later with the same key; if it fails again, tell us the number of the request.",
    hint_zh="请求编号即 request_id。",
    hint_en="The number of the request is request_id.",
)

COMMON: tuple[RefusalCode, ...] = (
    TOKEN_MISSING,
    TOKEN_INVALID,
    FORBIDDEN_SCOPE,
    FORBIDDEN_ROLE,
    NOT_FOUND,
    ROUTE_UNKNOWN,
    METHOD_NOT_ALLOWED,
    BODY_UNREADABLE,
    REQUEST_UNREADABLE,
    ADDRESS_TOO_LONG,
    HEAD_TOO_LARGE,
    BODY_TOO_LARGE,
    MEDIA_TYPE_UNSUPPORTED,
    FIELD_INVALID,
    QUERY_UNKNOWN,
    QUERY_REPEATED,
    CURSOR_INVALID,
    EVENT_TOO_LARGE,
    IDEMPOTENCY_KEY_MISSING,
    IDEMPOTENCY_KEY_REUSED,
    IDEMPOTENCY_KEY_RUNNING,
    PRECONDITION_REQUIRED,
    PRECONDITION_FAILED,
    CONFLICT,
    UNAVAILABLE,
    HISTORY_REGRESSED,
    DEADLINE_EXCEEDED,
    INTERNAL,
)
"""Every refusal that a service may give whatever its business is."""

NOUNS_ZH: dict[str, str] = {
    "account": "账户",
    "achievement": "科技成果",
    "bank": "合作银行",
    "client": "客户端",
    "consent": "授权",
    "cover": "风险补偿备案",
    "credit_limit": "授信额度",
    "dead_letter": "死信",
    "document": "证明材料",
    "drawdown": "放款",
    "enterprise": "企业",
    "file": "文件",
    "filing": "年度报表",
    "fund_account": "资金账户",
    "identity": "身份绑定",
    "import": "导入任务",
    "ip_right": "知识产权",
    "ip_sheet": "知识产权清单",
    "kvc_evaluation": "知识价值信用评价",
    "loan": "贷款",
    "loan_application": "贷款申请",
    "need": "技术需求",
    "operation": "任务",
    "passkey": "通行密钥",
    "population_run": "批量测算",
    "portfolio": "知识产权组合",
    "problem": "错误代码",
    "qualification": "资质",
    "register_application": "入库申请",
    "repayment": "还款",
    "right": "知识产权",
    "rule_set": "规则集",
    "session": "登录会话",
    "tech_sme_evaluation": "科技型中小企业评价",
    "unit": "填报单位",
    "work_item": "待办事项",
}
"""Chinese words for the nouns that `NOT_FOUND` is raised with."""
