"""Holiday notices of the State Council: which days are off and which are worked, as every clock counts them."""

from starlette.responses import Response

from gateway.console.case_action import CaseAction
from gateway.console.case_acts import entry_page
from gateway.console.inputs import Input
from gateway.console.listing import export_links
from gateway.console.page import Page
from gateway.console.visit import Visit
from gateway.console.words import mark
from shared.kernel.actor import Role

_ALL = "GET /v1/holiday-notices"
RECORD = CaseAction(
    name="record",
    title=mark("Record a holiday notice"),
    operation="POST /v1/holiday-notices",
    inputs=(
        Input(name="year", kind="whole"),
        Input(name="number", within="HolidayNoticeTerms"),
        Input(name="issued_on", kind="day", within="HolidayNoticeTerms"),
        Input(name="source", within="HolidayNoticeTerms"),
        Input(name="off_days", kind="days", help=mark("One day a line.")),
        Input(name="work_days", kind="days", required=False, help=mark("Weekend days that are worked, one a line.")),
    ),
    text=mark("Every clock that counts working days follows the notice at once."),
    done=mark("The notice is recorded."),
    scope="registry.calendar:write",
)
LIST = Page(
    name="holidays",
    path="/holidays",
    title=mark("Working days"),
    roles=frozenset(set(Role) - {Role.SYSTEM}),
    uses=(_ALL,),
    menu=900,
)
NEW = entry_page(RECORD, name="holiday-record", path="/holidays/record", roles=frozenset({Role.CITY}), listed=LIST)


@LIST.shows
async def show_list(visit: Visit) -> Response:
    """Show the notices of all years, the newest first."""
    told = await visit.read(_ALL)
    can_record = RECORD.scope in visit.who.scopes
    exports = export_links(visit, "holiday-notices")
    return visit.html("holidays.html", told=told, can_record=can_record, exports=exports)
