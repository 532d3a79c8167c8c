"""What time alone changes: rights expire by rule, summaries age by steps."""

from datetime import UTC, datetime, timedelta

import httpx

from shared.kernel.actor import Role
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, evidence_body, patent, right_body

SCOPES = ("ipr.right:write", "ipr.right:read", "ipr.right:move")
PORTFOLIO, RIGHT = "ipr.portfolio.changed.v1", "ipr.right.changed.v1"
OWN = [{"uscc": FIRM_B, "share_ppm": 1_000_000}]


async def test_a_right_past_its_end_expires_by_rule_and_its_firm_is_told_once(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        for serial in (1, 2):
            body = right_body(
                kind="UTILITY_MODEL",
                right_no=patent("2", serial, 2017),
                filed_on="2017-01-10",
                granted_on="2018-01-10",
            )
            assert (await client.post("/v1/ip-rights", json=body)).status_code == 201
        right_id = (await client.get("/v1/ip-rights")).json()["items"][0]["id"]
        ipr.clock.at = datetime(2027, 1, 8, 16, 30, tzinfo=UTC)  # 2027-01-09 in Shanghai, the last day
        await ipr.run_job("expire_rights")
        assert await _status(client, right_id) == "GRANTED"
        before = len(await ipr.events())
        ipr.clock.advance(timedelta(days=1))
        await ipr.run_job("expire_rights")
        fresh = (await ipr.events())[before:]
        assert [event.subject for event in fresh] == [RIGHT, RIGHT, PORTFOLIO]
        assert fresh[2].data.class_2_count == 0
        await ipr.run_job("expire_rights")
        assert len(await ipr.events()) == before + 3
        [_, moved] = (await client.get(f"/v1/ip-rights/{right_id}/history")).json()["moves"]
        assert moved["to_status"] == "EXPIRED"
        assert moved["effective_on"] == "2027-01-10"
        assert moved["computed_by"].startswith("right_term 1993.2 ")
        assert (moved["evidence_level"], moved["entered_by"]) == ("DOCUMENT", "system:ipr")


async def test_a_trademark_expires_only_after_its_grace_and_a_renewal_keeps_it(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        body = right_body(kind="TRADEMARK", right_no="20123456", filed_on=None, granted_on="2017-02-07")
        right_id = (await client.post("/v1/ip-rights", json=body)).json()["id"]
        ipr.clock.at = datetime(2027, 7, 1, tzinfo=UTC)
        await ipr.run_job("expire_rights")
        assert await _status(client, right_id) == "GRANTED"
        renewal = {"until_on": "2037-02-06", "evidence": evidence_body()}
        answer = await client.post(f"/v1/ip-rights/{right_id}:extend", json=renewal)
        assert answer.json()["ends_on"] == "2037-02-06"
        ipr.clock.at = datetime(2027, 8, 10, tzinfo=UTC)
        await ipr.run_job("expire_rights")
        assert await _status(client, right_id) == "GRANTED"
        ipr.clock.at = datetime(2037, 8, 6, 12, tzinfo=UTC)
        await ipr.run_job("expire_rights")
        assert await _status(client, right_id) == "GRANTED"
        ipr.clock.at = datetime(2037, 8, 7, 12, tzinfo=UTC)
        await ipr.run_job("expire_rights")
        assert await _status(client, right_id) == "EXPIRED"


async def test_a_summary_is_told_again_on_the_day_a_weight_drops_and_not_before(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        body = right_body(kind="UTILITY_MODEL", right_no=patent("2", 9), filed_on="2022-03-01", granted_on="2022-09-01")
        assert (await client.post("/v1/ip-rights", json=body)).status_code == 201
        [told] = await ipr.events(PORTFOLIO)
        # It is over on 2032-03-01: on 2026-11-23 five years and three months are left, six begun years of eight.
        assert told.data.kinds[0].weighted_milli == 750
        ipr.clock.at = datetime(2027, 2, 28, 12, tzinfo=UTC)
        await ipr.run_job("age_portfolios")
        assert len(await ipr.events(PORTFOLIO)) == 1
        ipr.clock.at = datetime(2027, 3, 1, 12, tzinfo=UTC)
        await ipr.run_job("age_portfolios")
        [_, aged] = await ipr.events(PORTFOLIO)
        assert aged.data.kinds[0].weighted_milli == 625
        assert aged.data.as_of_on.isoformat() == "2027-03-01"
        await ipr.run_job("age_portfolios")
        assert len(await ipr.events(PORTFOLIO)) == 2


async def test_an_invention_becomes_of_high_value_by_its_age(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        body = right_body(right_no=patent("1", 5, 2017), filed_on="2017-04-01", granted_on="2019-01-01", owners=OWN)
        assert (await client.post("/v1/ip-rights", json=body)).status_code == 201
        ipr.clock.at = datetime(2027, 4, 1, 12, tzinfo=UTC)
        await ipr.run_job("age_portfolios")
        assert [event.data.high_value_count for event in await ipr.events(PORTFOLIO)] == [0]
        ipr.clock.at = datetime(2027, 4, 2, 12, tzinfo=UTC)
        await ipr.run_job("age_portfolios")
        assert [event.data.high_value_count for event in await ipr.events(PORTFOLIO)] == [0, 1]


async def test_high_value_is_marked_on_evidence_and_told_at_once(ipr: RunningService) -> None:
    async with ipr.client(Role.IP_CENTRE, scopes=SCOPES) as client:
        right_id = (await client.post("/v1/ip-rights", json=right_body())).json()["id"]
        mark = {"ground": "AWARDED", "evidence": evidence_body()}
        answer = await client.post(f"/v1/ip-rights/{right_id}:mark-high-value", json=mark)
        assert answer.json()["high_value"] is True
        [*_, told] = await ipr.events(PORTFOLIO)
        assert (told.data.uscc, told.data.high_value_count) == (FIRM_A, 1)
        again = await client.post(f"/v1/ip-rights/{right_id}:mark-high-value", json=mark)
        assert again.json()["version"] == answer.json()["version"]


async def _status(client: httpx.AsyncClient, right_id: str) -> str:
    return str((await client.get(f"/v1/ip-rights/{right_id}")).json()["legal_status"])
