"""Two at once, rubbish, and roles that try what is not theirs: nothing breaks and nothing leaks."""

import asyncio
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events.registry import EnterpriseChanged, IntegrityMarks
from shared.kernel.actor import Role
from shared.kernel.ids import new_id
from tests.support.service import RunningService
from tests.unit.ipr.builders import FIRM_A, FIRM_B, evidence_body, patent, right_body

ALL = (
    "ipr.right:write",
    "ipr.right:read",
    "ipr.right:move",
    "ipr.portfolio:read",
    "ipr.import:write",
    "ipr.sheet:read",
    "ipr.document:read",
    "ipr.document:write",
)


def centre(ipr: RunningService) -> httpx.AsyncClient:
    return ipr.client(Role.IP_CENTRE, scopes=ALL)


async def test_rights_of_one_firm_that_change_at_once_are_all_summed_up(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        bodies = [right_body(right_no=patent("1", serial)) for serial in range(1, 13)]
        answers = await asyncio.gather(*(client.post("/v1/ip-rights", json=body) for body in bodies))
        assert {answer.status_code for answer in answers} == {201}
        told = [event.data.class_1_count for event in await ipr.events("ipr.portfolio.changed.v1")]
        assert told == list(range(1, 13))
        lapse = {"to_status": "LAPSED_FEE", "effective_on": "2026-03-01", "evidence": evidence_body()}
        paths = [f"/v1/ip-rights/{answer.json()['id']}:move" for answer in answers]
        moved = await asyncio.gather(*(client.post(path, json=lapse) for path in paths))
        assert {answer.status_code for answer in moved} == {200}
        events = await ipr.events("ipr.portfolio.changed.v1")
        assert [event.data.class_1_count for event in events] == [*range(1, 13), *reversed(range(12))]
        assert [event.version for event in events] == list(range(1, 25))


async def test_one_right_entered_twice_at_once_is_recorded_once(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        answers = await asyncio.gather(*(client.post("/v1/ip-rights", json=right_body()) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, *[409] * 5]
        assert len(await ipr.events("ipr.right.changed.v1")) == 1


async def test_one_key_gives_one_right_and_the_same_answer(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        headers = {"idempotency-key": "one-request"}
        first = await client.post("/v1/ip-rights", json=right_body(), headers=headers)
        again = await client.post("/v1/ip-rights", json=right_body(), headers=headers)
        assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
        assert again.headers["idempotency-replayed"] == "true"
        other = await client.post("/v1/ip-rights", json=right_body(title="另一个"), headers=headers)
        assert other.json()["code"] == "idempotency_key_reused"
        missing = await client.post("/v1/ip-rights", json=right_body(), headers={"idempotency-key": ""})
        assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")


CHANGES: list[tuple[str, dict[str, Any]]] = [
    (":move", {"to_status": "EXPIRED", "effective_on": "2026-01-01"}),
    (":correct", {"move_id": str(new_id())}),
    (":transfer", {"owners": [{"uscc": FIRM_B, "share_ppm": 1_000_000}], "effective_on": "2026-01-01"}),
    (":attest", {}),
    (":extend", {"until_on": "2046-01-01"}),
    (":mark-high-value", {"ground": "AWARDED"}),
    (":mark-blemish", {"kind": "OWNERSHIP_DISPUTE", "effective_on": "2026-01-01"}),
    (":clear-blemish", {"kind": "OWNERSHIP_DISPUTE", "effective_on": "2026-01-01"}),
]


async def test_no_one_but_a_registrar_changes_a_right(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = (await client.post("/v1/ip-rights", json=right_body())).json()
        before = len(await ipr.events())
        for role in set(Role) - {Role.IP_CENTRE, Role.CITY, Role.SYSTEM}:
            async with ipr.client(role, party=FIRM_A, unit="500107", scopes=ALL) as other:
                for path, body in CHANGES:
                    sent = {**body, "evidence": evidence_body("AUTHORITY_FEED")}
                    answer = await other.post(f"/v1/ip-rights/{right['id']}{path}", json=sent)
                    expected = {Role.ENTERPRISE: 403, Role.AUDITOR: 403}.get(role, 404)
                    assert answer.status_code == expected, (role, path, answer.text)
        assert len(await ipr.events()) == before
        assert (await client.get(f"/v1/ip-rights/{right['id']}")).json() == right


async def test_a_district_sees_the_rights_of_its_firms_by_the_unit_of_today(ipr: RunningService) -> None:
    def state(unit_id: str) -> EnterpriseChanged:
        return EnterpriseChanged(
            uscc=FIRM_A,
            name="示例企业",
            unit_id=unit_id,
            industry_code=None,
            key_field=None,
            founded_on=None,
            legal_form="LIMITED",
            founder_type=None,
            size_class=None,
            status="ACTIVE",
            integrity=IntegrityMarks(),
        )

    await ipr.deliver(state("500107"), version=2)
    async with centre(ipr) as client, ipr.client(Role.DISTRICT, unit="500107", scopes=ALL) as district:
        right = (await client.post("/v1/ip-rights", json=right_body())).json()
        assert right["owners"][0]["name"] == "示例企业"
        assert (await district.get(f"/v1/ip-rights/{right['id']}")).status_code == 200
        assert (await district.get(f"/v1/portfolios/{FIRM_A}")).json()["name"] == "示例企业"
        await ipr.deliver(state("500103"), version=1)
        assert (await district.get(f"/v1/ip-rights/{right['id']}")).status_code == 200
        await ipr.deliver(state("500103"), version=3)
        assert (await district.get(f"/v1/ip-rights/{right['id']}")).status_code == 404
        assert (await district.get(f"/v1/portfolios/{FIRM_A}")).status_code == 404


async def test_no_date_breaks_a_route(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = (await client.post("/v1/ip-rights", json=right_body())).json()
        path = f"/v1/ip-rights/{right['id']}"
        for day in ("0001-01-01", "9999-12-31"):
            far = evidence_body(issued_on=day)
            for name in ("filed_on", "granted_on", "published_on", "status_effective_on", "completed_on"):
                answer = await client.post("/v1/ip-rights", json=right_body(right_no=patent("1", 2), **{name: day}))
                assert answer.status_code in {201, 409, 422}, answer.text
            crop = right_body(kind="CROP_VARIETY", right_no="国审稻20180001", stated_ends_on=day)
            assert (await client.post("/v1/ip-rights", json=crop)).status_code == 422
            for verb, body in (
                ("move", {"to_status": "LAPSED_FEE", "effective_on": "2026-01-01", "evidence": far}),
                ("move", {"to_status": "RESTORED", "effective_on": "2026-01-02", "evidence": evidence_body()}),
                ("move", {"to_status": "EXPIRED", "effective_on": day, "evidence": far}),
                ("extend", {"until_on": day, "evidence": far}),
                ("mark-blemish", {"kind": "OWNERSHIP_DISPUTE", "effective_on": day, "evidence": far}),
                ("transfer", {"owners": right_body()["owners"], "effective_on": day, "evidence": far}),
            ):
                assert (await client.post(f"{path}:{verb}", json=body)).status_code < 500, (verb, day)
            for suffix in ("", "/history", "/annuities"):
                assert (await client.get(path + suffix)).status_code < 500
        assert (await client.get(f"/v1/portfolios/{FIRM_A}")).status_code == 200


FOREIGN: dict[str, Any] = {
    "id": str(new_id()),
    "blemished": False,
    "evidence_level": "AUTHORITY_FEED",
    "ends_on": "2099-01-01",
    "extended_until_on": "2099-01-01",
    "entered_by": "cnipa",
    "version": 7,
}


async def test_fields_that_are_not_the_callers_to_set_are_refused(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        for name, value in FOREIGN.items():
            answer = await client.post("/v1/ip-rights", json=right_body(**{name: value}))
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["pointer"] == f"/{name}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.sampled_from(["9" * 30, "\u0000", "\ufffd"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3),
    max_leaves=6,
)


async def test_no_body_breaks_a_route(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = (await client.post("/v1/ip-rights", json=right_body())).json()
        paths = ["/v1/ip-rights", *(f"/v1/ip-rights/{right['id']}:{verb}" for verb in ("move", "transfer", "extend"))]
        bodies: list[tuple[str, Any]] = []

        @settings(max_examples=60)
        @given(st.sampled_from(paths), st.sampled_from(sorted(right_body())), JSON)
        def gather(path: str, name: str, value: Any) -> None:
            bodies.append((path, {**right_body(), name: value}))
            bodies.append((path, value))

        gather()
        for path, body in bodies:
            answer = await client.post(path, json=body)
            assert answer.status_code < 500, (path, body, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"].startswith("application/problem+json")


QUERIES = (
    {"owner": "' OR 1=1"},
    {"owner": "x" * 5000},
    {"kind": "\u0000"},
    {"limit": "0"},
    {"limit": "999999999999999999999"},
    {"cursor": "e30"},
    {"cursor": "\ud7ff"},
    {"legal_status": "granted"},
    {"right_no": "%00"},
)


async def test_no_query_breaks_a_route(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        for query in QUERIES:
            for path in ("/v1/ip-rights", "/v1/exports/ip-rights.csv"):
                assert (await client.get(path, params=query)).status_code < 500
            for path in ("/v1/ip-rights/x", "/v1/portfolios/x", f"/v1/portfolios/{'0' * 18}", "/v1/ip-sheets/1"):
                assert (await client.get(path, params=query)).status_code in {400, 404, 422}


async def test_annual_fees_are_told_for_a_patent_in_force(ipr: RunningService) -> None:
    async with centre(ipr) as client:
        right = (await client.post("/v1/ip-rights", json=right_body())).json()
        told = (await client.get(f"/v1/ip-rights/{right['id']}/annuities", params={"payers": "ONE_ELIGIBLE"})).json()
        assert told["next"]["patent_year"] == 6
        assert (told["next"]["fee_fen"], told["next"]["due_on"]) == (18_000, "2027-03-01")
        assert told["in_grace"] is None
        mark = right_body(kind="TRADEMARK", right_no="12345678")
        other = (await client.post("/v1/ip-rights", json=mark)).json()
        answer = await client.get(f"/v1/ip-rights/{other['id']}/annuities")
        assert (answer.status_code, answer.json()["code"]) == (409, "annuity_not_due")
