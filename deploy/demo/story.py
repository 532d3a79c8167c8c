"""The main job, told while it happens: a firm turns knowledge into a loan, and the loan hears of a lapsed patent."""

from datetime import date, timedelta
from typing import Any

from deploy.demo.caller import Caller
from deploy.demo.city import enter_rights
from deploy.demo.evaluation import Answer, allow_bank, list_on_city_register, settled_evaluation
from deploy.demo.firm import STORY_FIRM as FIRM
from deploy.demo.teller import Teller, money, percent, points
from deploy.embedded.clients import BANK_A, BANK_B

_SEVEN_TENTHS, _TENTHS = 7, 10
_HUNDRED_YUAN_FEN = 10_000


class Story:
    """The chapters, in order; each asks what was not asked before and tells what was answered."""

    def __init__(self, caller: Caller, teller: Teller, today: date) -> None:
        """Tell with `teller` what `caller` is answered."""
        self._call = caller
        self._teller = teller
        self._today = today

    def tell(self) -> None:
        """Tell the whole story."""
        self._registered()
        rights = self._rights()
        self._listed()
        evaluation = self._evaluated(len(rights))
        self._consented()
        first = self._applied("first", BANK_A, evaluation, _SEVEN_TENTHS)
        loan = self._lent(first)
        self._drawn_and_covered(loan)
        second = self._applied("second", BANK_B, evaluation, _TENTHS - _SEVEN_TENTHS)
        self._call.post("second/accept", "bank-b", f"/v1/loan-applications/{second['id']}:accept")
        self._lapsed(rights[0], evaluation, len(rights))
        self._acknowledged(second)
        self._ended()

    def _registered(self) -> None:
        self._teller.chapter("企业登记与年度数据", "The firm registers and files two years")
        firm = self._call.post("register", "city", "/v1/enterprises", FIRM.registration(self._today))
        self._teller.tell(
            f"{firm['name']}，统一社会信用代码 {firm['uscc']}，由九龙坡区归口。",
            "A made-up firm that reports to the district of Jiulongpo.",
        )
        for index, year in enumerate((self._today.year - 2, self._today.year - 1)):
            path = f"/v1/enterprises/{FIRM.uscc}/filings/{year}"
            self._call.put(f"filing/{year}", "enterprise-1", path, FIRM.filing(index))
            filing = self._call.post(f"filing/{year}/submit", "enterprise-1", f"{path}:submit")
            self._teller.fact(
                f"{filing['year']} 年营业收入、研发费用",
                "revenue and R&D expense",
                f"{money(filing['revenue_fen'])} / {money(filing['rd_expense_fen'])}",
            )

    def _rights(self) -> list[dict[str, Any]]:
        self._teller.chapter("知识产权", "Its IP rights, each on evidence")
        rights = enter_rights(self._call, FIRM, self._today)
        portfolio = self._call.await_(
            "portfolio",
            "enterprise-1",
            f"/v1/portfolios/{FIRM.uscc}",
            lambda answer: sum(kind["count"] for kind in answer["kinds"]) == len(rights),
        )
        for kind in portfolio["kinds"]:
            self._teller.fact(
                kind["kind_zh"],
                f"{kind['kind']}: count, weighted by remaining life",
                f"{kind['count']}, {points(kind['weighted_milli'])}",
            )
        self._teller.fact("高价值发明专利", "high-value inventions", portfolio["high_value_count"])
        return rights

    def _listed(self) -> None:
        self._teller.chapter("两个入库", "The two registers")
        listed = list_on_city_register(self._call, "", "enterprise-1", FIRM)
        self._teller.tell(
            "区县审核通过，市级公布入库：重庆市科技型企业，编号由本平台发放。",
            "The district checks, the city lists: a technology enterprise of the city, with our number.",
        )
        self._teller.fact("办件号", "case number", listed["case_no"])
        self._teller.fact("入库编号", "register number", listed["number"])
        path = f"/v1/enterprises/{FIRM.uscc}/qualifications"
        title = self._call.post("title", "city", path, FIRM.tech_sme_title(self._today))
        self._teller.tell(
            "国家科技型中小企业编号凭证据导入，本平台不发放。",
            "The national number is imported with its evidence; it is not ours to issue.",
        )
        self._teller.fact("国家编号", "national number", title["number"])

    def _evaluated(self, rights: int) -> Answer:
        self._teller.chapter("知识价值信用评价", "The knowledge-value evaluation")
        self._call.post(
            "evaluate", "enterprise-1", "/v1/kvc-evaluations", {"uscc": FIRM.uscc}, not_yet=frozenset({"not_found"})
        )
        evaluation = self._settled("evaluation", rights)
        for line in evaluation["lines"]:
            self._teller.fact(
                line["label_zh"],
                line["label_en"],
                f"{_both(line)} → {points(line['points_milli'])} 分 points ({line['confidence']})",
            )
        self._teller.fact("总分", "score", points(evaluation["score_milli"]))
        self._teller.fact("等级", "grade", evaluation["grade"])
        self._teller.fact("基础额度", "limit of the grade", money(evaluation["base_limit_fen"]))
        self._teller.fact("研发投入增信", "uplift for R&D", money(evaluation["uplift_fen"]))
        self._teller.fact("授信额度", "credit limit", money(evaluation["limit_fen"]))
        replay = self._call.post("replay", "enterprise-1", f"/v1/kvc-evaluations/{evaluation['id']}:replay")
        if replay["same"]:
            self._teller.tell("按冻结的事实重算，逐字节相同。", "Computed again from the frozen facts: the same bytes.")
        return dict(evaluation)

    def _settled(self, step: str, rights: int) -> Answer:
        """Wait until the newest evaluation knows all facts of this moment."""
        return settled_evaluation(self._call, step, "enterprise-1", FIRM, rights=rights, today=self._today)

    def _consented(self) -> None:
        self._teller.chapter("授权", "The firm allows two banks to read")
        for bank in (BANK_A, BANK_B):
            consent = allow_bank(self._call, f"consent/{bank}", "enterprise-1", bank)
            self._teller.fact(f"授权 {consent['bank_uscc']} 至", "allowed until", consent["expires_at"])

    def _applied(self, step: str, bank: str, evaluation: Answer, tenths: int) -> Answer:
        first = bank == BANK_A
        self._teller.chapter(
            "向银行甲申请贷款" if first else "向银行乙再申请一笔",
            "The firm applies to Bank A" if first else "A second application, to Bank B",
        )
        amount = evaluation["limit_fen"] * tenths // _TENTHS // _HUNDRED_YUAN_FEN * _HUNDRED_YUAN_FEN
        application: Answer = self._call.post(
            f"{step}/apply",
            "enterprise-1",
            "/v1/loan-applications",
            {
                "bank_uscc": bank,
                "amount_fen": amount,
                "term_months": 12,
                "purpose": "研发投入与生产经营（示例）",
                "evaluation_id": evaluation["id"],
            },
        )
        self._teller.fact("办件号", "case number", application["case_no"])
        self._teller.fact("申请金额", "amount applied for", money(application["amount_fen"]))
        self._teller.fact("银行答复期限", "the bank answers by", application["answer_due_on"])
        return application

    def _lent(self, application: Answer) -> Answer:
        self._teller.chapter("受理、批复、签约", "Bank A accepts, approves and signs")
        path = f"/v1/loan-applications/{application['id']}"
        dossier = self._call.await_(
            "first/dossier", "bank-a", f"{path}/dossier", lambda answer: bool(answer["complete"])
        )
        seen = dossier["parts"]["credit_file"]["data"]["snapshot"]
        self._teller.fact(
            "银行经授权可见：等级、额度",
            "what the bank may see: grade, limit",
            f"{seen['grade']}, {money(seen['limit_fen'])}",
        )
        self._call.post("first/accept", "bank-a", f"{path}:accept")
        terms = {"amount_fen": application["amount_fen"], "term_months": 12, "bank_ref": f"A-{application['case_no']}"}
        approved = self._call.post("first/approve", "bank-a", f"{path}:approve", terms)
        self._teller.fact("批复金额", "approved", money(approved["approved_fen"]))
        loan = self._signed("first", "bank-a", approved)
        self._teller.fact("合同利率（一年期LPR）", "rate of the contract", percent(loan["rate_ppm"]))
        line = self._call.get("first/line", "enterprise-1", f"/v1/credit-limits/{FIRM.uscc}")
        self._teller.fact("已预占", "reserved", money(line["reserved_fen"]))
        self._teller.fact("剩余可用", "left for all banks", money(line["available_fen"]))
        return loan

    def _signed(self, step: str, bank: str, approved: Answer) -> Answer:
        lpr = self._call.get(f"{step}/lpr", bank, "/v1/lpr")
        loan: Answer = self._call.post(
            f"{step}/sign",
            bank,
            f"/v1/loan-applications/{approved['id']}:sign",
            {
                "contract_no": f"示例合同-{approved['case_no']}",
                "principal_fen": approved["approved_fen"],
                "rate_ppm": lpr["rate_ppm"],
                "term_months": 12,
                "signed_on": self._today.isoformat(),
            },
        )
        return loan

    def _drawn_and_covered(self, loan: Answer) -> None:
        self._teller.chapter("放款与风险补偿", "The loan is drawn and covered by the fund")
        drawdown = self._call.post(
            "draw",
            "bank-a",
            f"/v1/loans/{loan['id']}/drawdowns",
            {
                "note_no": f"示例借据-{loan['case_no']}",
                "amount_fen": loan["principal_fen"],
                "starts_on": self._today.isoformat(),
                "matures_on": (self._today + timedelta(days=330)).isoformat(),
            },
        )
        self._teller.fact("放款", "drawn", money(drawdown["amount_fen"]))
        cover = self._call.post("cover/file", "bank-a", f"/v1/drawdowns/{drawdown['id']}/cover")
        decision = {"decision": "COVERED"}
        cover = self._call.post("cover/decide", "fund-manager", f"/v1/covers/{cover['id']}:decide", decision)
        self._teller.fact("纳入风险补偿的本金", "covered principal", money(cover["covered_fen"]))
        self._teller.fact("基金承担的敞口", "exposure of the fund", money(cover["exposure_fen"]))

    def _lapsed(self, right: Answer, before: Answer, rights: int) -> None:
        self._teller.chapter("一件专利失效", "A patent lapses, and everybody who must hears of it")
        body = {
            "to_status": "LAPSED_FEE",
            "effective_on": self._today.isoformat(),
            "evidence": {
                "level": "AUTHORITY_FEED",
                "issued_on": self._today.isoformat(),
                "official_no": f"示例公告-{right['right_no']}",
            },
        }
        moved = self._call.post("lapse", "ip-centre", f"/v1/ip-rights/{right['id']}:move", body)
        self._teller.fact("失效专利", "lapsed for an unpaid fee", moved["right_no"])
        after = self._settled("evaluation/after", rights - 1)
        self._teller.fact("总分", "score", f"{points(before['score_milli'])} → {points(after['score_milli'])}")
        self._teller.fact("等级", "grade", f"{before['grade']} → {after['grade']}")
        self._teller.fact("授信额度", "credit limit", f"{money(before['limit_fen'])} → {money(after['limit_fen'])}")

    def _acknowledged(self, application: Answer) -> None:
        self._teller.chapter("银行乙须先确认", "Bank B must acknowledge before it approves")
        path = f"/v1/loan-applications/{application['id']}"
        flagged = self._call.await_("second/flagged", "bank-b", path, lambda answer: answer["flag"] is not None)
        self._teller.fact("提示", "flag", flagged["flag"])
        terms = {"amount_fen": application["amount_fen"], "term_months": 12, "bank_ref": f"B-{application['case_no']}"}
        refused = self._call.post_refused(
            "second/too-early", "bank-b", f"{path}:approve", terms, "flag_not_acknowledged"
        )
        self._teller.fact("直接批复被拒", "approving at once is refused", refused["code"])
        self._call.post("second/acknowledge", "bank-b", f"{path}:acknowledge")
        approved = self._call.post("second/approve", "bank-b", f"{path}:approve", terms)
        loan = self._signed("second", "bank-b", approved)
        self._teller.tell(
            "确认后按申请时冻结的额度批复并签约。",
            "Acknowledged, it approves and signs on the limit frozen at the application.",
        )
        self._teller.fact("签约金额", "signed", money(loan["principal_fen"]))

    def _ended(self) -> None:
        self._teller.chapter("结果", "How it ends")
        evaluation = self._call.journal.answer("evaluation/after")
        refused = self._call.post_refused(
            "third/refused",
            "enterprise-1",
            "/v1/loan-applications",
            {
                "bank_uscc": BANK_A,
                "amount_fen": evaluation["limit_fen"],
                "term_months": 12,
                "purpose": "再申请一笔（示例）",
                "evaluation_id": evaluation["id"],
            },
            "credit_line_exceeded",
        )
        self._teller.fact("新的申请被拒", "a new application is refused", refused["code"])
        self._teller.tell(refused["title"], "All banks share one line, and the lower limit binds what is new.")
        line = self._call.get("end/line", "enterprise-1", f"/v1/credit-limits/{FIRM.uscc}")
        self._teller.fact("授信额度", "credit limit", money(line["limit_fen"]))
        self._teller.fact("已用", "drawn", money(line["drawn_fen"]))
        self._teller.fact("已预占", "reserved", money(line["reserved_fen"]))
        self._teller.fact("剩余可用", "left", money(line["available_fen"]))


def _both(line: Answer) -> str:
    """Return the value of an indicator in both languages, once where they agree."""
    zh, en = line["value_text_zh"], line["value_text_en"]
    return str(zh) if zh == str(en).replace(" ", "") else f"{zh} / {en}"
