"""What a consent was used for, its text, and whether it stands: told to the firm that gave it and to its bank."""

from datetime import timedelta

from shared.kernel.actor import Role
from tests.service.finance.world import BANK_A, BANK_B, OTHER_FIRM, World, done


async def test_the_firm_sees_each_read_under_its_consent_newest_first(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    consent = done(await world.firm().get("/v1/consents", params={"bank_uscc": BANK_A}))["items"][0]
    url = f"/v1/consents/{consent['id']}/reads"
    assert done(await world.firm().get(url))["items"] == []
    first = world.service.clock.now()
    for _ in range(3):
        done(await world.bank().get(f"/v1/loan-applications/{application['id']}/credit-file"))
        world.service.clock.advance(timedelta(minutes=1))
    read = done(await world.firm().get(url, params={"limit": 2}))
    assert [one["read_at"] > first.isoformat() for one in read["items"]] == [True, True]
    rest = done(await world.firm().get(url, params={"limit": 2, "cursor": read["next_cursor"]}))
    assert len(rest["items"]) == 1
    assert {one["bank_uscc"] for one in read["items"]} == {BANK_A}
    assert set(read["items"][0]["scopes"]) == set(consent["scopes"])
    assert done(await world.bank().get(url)) == done(await world.firm().get(url))


async def test_the_reads_of_a_consent_of_others_are_not_found(world: World) -> None:
    await world.ready_firm()
    consent = done(await world.firm().get("/v1/consents", params={"bank_uscc": BANK_A}))["items"][0]
    url = f"/v1/consents/{consent['id']}/reads"
    assert (await world.firm(OTHER_FIRM).get(url)).status_code == 404
    assert (await world.bank(BANK_B).get(url)).status_code == 404
    assert done(await world.client(Role.CITY).get(url))["items"] == []


async def test_a_consent_tells_its_text_its_parties_and_whether_it_stands(world: World) -> None:
    await world.ready_firm()
    text = done(await world.firm().get("/v1/consents/text"))
    listed = done(await world.firm().get("/v1/consents", params={"bank_uscc": BANK_A}))["items"][0]
    read = done(await world.firm().get(f"/v1/consents/{listed['id']}"))
    assert read["text"] == text
    assert (read["enterprise_name"], read["bank_name"]) == ("示例科技有限公司", "示例银行甲")
    assert read["is_open"] is listed["is_open"] is True
    world.service.clock.advance(timedelta(days=366))
    firm = world.service.client(role=Role.ENTERPRISE, party=listed["enterprise_uscc"], scopes=["credit.consent:read"])
    assert done(await firm.get(f"/v1/consents/{listed['id']}"))["is_open"] is False
