"""Every component with all its states on one page: what the pages are made of, to look at and to test."""

from starlette.responses import Response

from gateway.console import year_on_year
from gateway.console.case_action import CaseAction, Offered
from gateway.console.chart import Part, drawn
from gateway.console.difference import Changed
from gateway.console.form import Fault, Form
from gateway.console.format import NOTHING, money
from gateway.console.page import Page
from gateway.console.visit import Part as PagePart
from gateway.console.visit import Visit
from gateway.console.words import mark

PAGE = Page(name="components", path="/components", title=mark("Components"), roles=None)


@PAGE.shows
async def show(visit: Visit) -> Response:
    """Show every component in every state."""
    _ = visit.words.gettext
    wrong = Form(
        {"amount": ["12x"], "day": ["2026-13-01"], "reason": [""]},
        [
            Fault("amount", _("Write an amount in yuan, such as 1,200,000.00.")),
            Fault("reason", _("Choose a reason.")),
            Fault("", _("The case was changed meanwhile."), _("Look at the case")),
        ],
    )
    problem = {"title": _("The consent has ended"), "detail": _("Ask the firm for a new one."), "request_id": "r-1"}
    return visit.html(
        "components.html",
        empty_form=Form(),
        wrong_form=wrong,
        problem_told=problem,
        changed=[
            Changed(_("Amount"), money(visit.words, 100_000_000), money(visit.words, 80_000_000), "900000"),
            Changed(_("Status"), _("open"), _("closed"), NOTHING),
        ],
        parts=drawn(
            [
                Part(_("Drawn"), 312_345_600, "own"),
                Part(_("Reserved"), 50_000_000, "held"),
                Part(_("Left"), 137_654_400, "left"),
            ]
        ),
        acts=[
            Offered(
                CaseAction(name="accept", title="", operation="", done=""), "受理", "Take into review", "2026-12-01"
            ),
            Offered(CaseAction(name="reject", title="", operation="", done="", is_final=True), "拒绝", "No", None),
        ],
        two_years=year_on_year.compared(
            {"staff": 12, "revenue_fen": 500_000_000, "rd_expense_fen": 0, "assets_fen": 1_000},
            {"staff": 10, "revenue_fen": 1_000_000_000, "rd_expense_fen": 0, "cost_expense_fen": 5},
        ),
        gates_told=[
            {"label_zh": "存续", "label_en": "In business", "open": True, "way_out_zh": "", "way_out_en": ""},
            {
                "label_zh": "诚信",
                "label_en": "Honest",
                "open": False,
                "way_out_zh": "移出名单",
                "way_out_en": "Leave it",
            },
        ],
        away=PagePart(None, problem, 503),
        refused=PagePart(None, problem, 403),
    )
