"""What the audit's acts are called: `consent.revoke` is “consent: withdrawn” for people."""

from gateway.console.words import Words, mark
from shared.kernel.refusals import NOUNS_ZH

_ACTS = {
    "read": mark("read"),
    "export": mark("exported"),
    "download": mark("downloaded"),
    "upload": mark("uploaded"),
    "take": mark("taken"),
    "hand_over": mark("handed over"),
    "verify": mark("checked"),
    "submit": mark("submitted"),
    "register": mark("registered"),
    "change": mark("changed"),
    "grant": mark("granted"),
    "revoke": mark("withdrawn"),
    "decide": mark("decided"),
    "file": mark("filed"),
    "draw": mark("drawn"),
    "repay": mark("repaid"),
    "start": mark("begun"),
    "finish": mark("ended"),
    "cancel": mark("stopped"),
    "fail": mark("failed"),
    "record": mark("recorded"),
    "enter": mark("entered"),
    "make": mark("made"),
    "complete": mark("completed"),
    "refused": mark("refused"),
    "issued": mark("issued"),
    "began": mark("begun"),
    "ended": mark("ended"),
    "bank_review": mark("taken into review"),
    "returned": mark("returned"),
    "approved": mark("approved"),
    "rejected": mark("rejected"),
    "cancelled": mark("withdrawn"),
    "signed": mark("signed"),
    "submitted": mark("submitted"),
    "acknowledge": mark("confirmed"),
    "accept": mark("accepted"),
    "review": mark("reviewed"),
    "admit": mark("admitted"),
    "contribute": mark("paid in"),
    "lapse": mark("lapsed"),
    "replayed": mark("replayed"),
    "discarded": mark("discarded"),
    "move": mark("moved"),
    "rename": mark("renamed"),
    "resize": mark("classed anew"),
    "mark": mark("marked"),
    "deregister": mark("deregistered"),
    "confirm_code": mark("code confirmed"),
    "name_read": mark("name read"),
    "scan": mark("scanned"),
    "apply": mark("applied for"),
    "check": mark("checked"),
    "list": mark("put on the register"),
    "reject": mark("rejected"),
    "correct": mark("corrected"),
    "attest": mark("attested"),
    "clear": mark("cleared"),
    "release": mark("released"),
    "publish": mark("published"),
    "withdraw": mark("withdrawn"),
    "active": mark("let in again"),
    "suspended": mark("shut out"),
    "registered": mark("registered"),
    "secret_renewed": mark("given a new secret"),
    "passkey_added": mark("given a passkey"),
    "passkey_removed": mark("passkey removed"),
    "completed": mark("completed"),
    "made": mark("made"),
    "kept": mark("kept"),
}
"""Second word of an act in the audit → what was done; others are shown as they stand."""
_NOUNS_EN = {"kv_evaluation": "knowledge-value evaluation", "ip_right": "right", "ip_sheet": "sheet of rights"}
_NOUNS_ZH = {
    **NOUNS_ZH,
    "audit": "操作留痕",
    "credit_file": "授信资料",
    "kv_evaluation": "知识价值信用评价",
    "token": "访问令牌",
    "signing_key": "签名密钥",
    "integrity": "失信信息",
    "register": "入库申请",
    "holiday_notice": "节假日安排通知",
    "lpr_publication": "贷款市场报价利率",
    "form": "未提交的表单",
    "history": "数据库恢复",
    "lost_case": "遗失的案件",
}


def act_text(words: Words, action: str) -> str:
    """Return an act of the audit (`consent.revoke`) as people read it; what has no words stands as it is."""
    noun, _, verb = action.partition(".")
    done = _ACTS.get(verb.rpartition(".")[2])
    if action.startswith("import_"):
        noun = "import"
    if done is None:
        return words.gettext("read, but refused") if "/" in action else action
    return (
        f"{noun_text(words, noun)}: {words.gettext(done)}"
        if words.language == "en"
        else (f"{noun_text(words, noun)}：{words.gettext(done)}")
    )


def noun_text(words: Words, noun: str) -> str:
    """Return what a noun of the audit is called."""
    if words.language == "zh":
        return _NOUNS_ZH.get(noun, noun)
    return _NOUNS_EN.get(noun, noun.replace("_", " "))
