"""Publications of the LPR: recorded by the city with their source, once for each month; a gap is told, never hidden."""

from typing import Any

from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from tests.service.finance.world import World

AUGUST = {
    "published_on": "2026-08-20",
    "rate_ppm": 29_000,
    "source": "全国银行间同业拆借中心2026年8月公告",
    "evidence": {"level": "DOCUMENT", "issued_on": "2026-08-20", "official_no": "2026-08-20公告"},
}


async def record(world: World, **changes: Any) -> Any:
    """Record a publication as the city's officer."""
    return await world.city.post(
        "/v1/lpr-publications", json=AUGUST | changes, headers={"idempotency-key": str(new_id())}
    )


async def test_a_day_whose_publication_is_not_recorded_says_so(world: World) -> None:
    answer = (await world.bank().get("/v1/lpr?on=2027-11-28")).json()
    assert (answer["rate_ppm"], answer["status"], answer["confidence"]) == (30_000, "NOT_RECORDED", "assumed")
    assert (answer["month"], answer["recorded_month"]) == (202711, 202607)
    assert "2027-11" in answer["note_zh"]
    assert "not recorded" in answer["note_en"]


async def test_an_officer_records_a_publication_with_its_source_and_it_decides_from_its_day(world: World) -> None:
    made = await record(world)
    assert made.status_code == 201, made.text
    since = (await world.bank().get("/v1/lpr?on=2026-08-20")).json()
    before = (await world.bank().get("/v1/lpr?on=2026-08-19")).json()
    assert (since["rate_ppm"], since["status"], since["source"]) == (29_000, "RECORDED", AUGUST["source"])
    assert (before["rate_ppm"], before["status"], before["note_zh"]) == (30_000, "RECORDED", None)
    listed = (await world.bank().get("/v1/lpr-publications")).json()["items"]
    assert [one["id"] for one in listed] == [made.json()["id"]]


async def test_a_month_is_recorded_once_and_a_mistake_is_replaced_by_naming_it(world: World) -> None:
    first = (await record(world)).json()
    again = await record(world)
    assert (again.status_code, again.json()["code"]) == (409, "lpr_already_recorded")
    fixed = await record(world, rate_ppm=29_500, replaces_id=first["id"])
    assert fixed.status_code == 201, fixed.text
    assert (await world.bank().get("/v1/lpr?on=2026-08-25")).json()["rate_ppm"] == 29_500
    listed = (await world.city.get("/v1/lpr-publications")).json()["items"]
    assert [one["replaced_at"] is None for one in listed] == [True, False]


async def test_the_same_key_records_once(world: World) -> None:
    key = {"idempotency-key": "lpr-august-2026"}
    first = await world.city.post("/v1/lpr-publications", json=AUGUST, headers=key)
    again = await world.city.post("/v1/lpr-publications", json=AUGUST, headers=key)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])


async def test_nobody_but_the_city_records_and_a_slip_of_the_unit_is_refused(world: World) -> None:
    bank = world.service.client(role=Role.BANK, party="91500000202863203X", scopes=["credit.bank:write"])
    refused = await bank.post("/v1/lpr-publications", json=AUGUST, headers={"idempotency-key": "a"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden_role")
    slip = await record(world, rate_ppm=3)
    assert (slip.status_code, slip.json()["code"]) == (422, "lpr_publication_implausible")


async def test_the_first_and_the_last_day_of_the_calendar_are_no_days_of_a_publication(world: World) -> None:
    for day in ("0001-01-01", "1999-12-31", "9999-12-31"):
        answer = await record(world, published_on=day)
        assert (answer.status_code, answer.json()["code"]) == (422, "lpr_publication_date_invalid"), answer.text
