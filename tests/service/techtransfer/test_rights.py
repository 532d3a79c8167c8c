"""Rights that an achievement claims are held against what ipr told."""

from datetime import date
from typing import Any
from uuid import UUID

from shared.events.ipr import OwnerShare, RightChanged
from tests.service.techtransfer.conftest import Market
from tests.unit.techtransfer.builders import FIRM, OTHER, achievement_fields

OWN_NO, FOREIGN_NO, UNKNOWN_NO = "2021101234567", "2022101234561", "2023101234566"


async def tell(market: Market, number: str, owner: str, *, status: str = "GRANTED", version: int = 1) -> None:
    """Ipr tells of a right."""
    event = RightChanged(
        right_id=UUID(int=int(number)),
        right_no=number,
        kind="INVENTION",
        title="一种示例装置",
        legal_status=status,
        owners=(OwnerShare(uscc=owner, share_ppm=1_000_000),),
        filed_on=date(2021, 1, 1),
        granted_on=date(2023, 1, 1),
        ends_on=date(2041, 1, 1),
        high_value=False,
        blemished=False,
    )
    await market.service.deliver(event, version=version)


def body(**changed: Any) -> dict[str, Any]:
    """Return the body of an achievement of the firm."""
    fields = achievement_fields(**changed)
    return {name: str(value) if isinstance(value, date) else value for name, value in fields.items()}


async def test_a_listing_says_of_each_right_what_is_known(market: Market) -> None:
    await tell(market, OWN_NO, FIRM)
    await tell(market, FOREIGN_NO, OTHER)
    posted = await market.firm.post("/v1/achievements", json=body(ip_right_nos=["ZL202110123456.7", UNKNOWN_NO]))
    assert posted.status_code == 201, posted.text
    assert [one["finding"] for one in posted.json()["right_checks"]] == ["VALID", "UNKNOWN"]
    again = await market.firm.get(f"/v1/achievements/{posted.json()['id']}")
    assert again.json()["right_checks"] == posted.json()["right_checks"]
    foreign = await market.firm.post("/v1/achievements", json=body(title="别的成果", ip_right_nos=[FOREIGN_NO]))
    assert (foreign.status_code, foreign.json()["code"]) == (409, "claimed_right_of_others")
    assert foreign.json()["errors"][0]["pointer"] == "/ip_right_nos/0"


async def test_a_right_that_lapsed_since_stops_the_publication(market: Market) -> None:
    await tell(market, OWN_NO, FIRM)
    draft = await market.draft(ip_right_nos=[OWN_NO])
    path = f"/v1/achievements/{draft['id']}"
    assert (await market.firm.post(f"{path}:submit")).status_code == 200
    await tell(market, OWN_NO, FIRM, status="LAPSED_FEE", version=2)
    for decision in ("START", "PUBLISH"):
        answer = await market.district.post(f"{path}:review", json={"decision": decision})
    assert (answer.status_code, answer.json()["code"]) == (409, "claimed_right_lapsed")
    await tell(market, OWN_NO, FIRM, status="RESTORED", version=3)
    published = await market.district.post(f"{path}:review", json={"decision": "PUBLISH"})
    assert (published.status_code, published.json()["status"]) == (200, "PUBLISHED")
