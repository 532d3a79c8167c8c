from datetime import timedelta

from tests.service.registry.world import EVIDENCE, World, code_of

SME = {"kind": "TECH_SME", "number": "202650010708000123", "valid_from_on": "2026-05-01", "evidence": EVIDENCE}
SUBJECT = "registry.qualification.changed.v1"


async def test_a_national_number_is_entered_on_evidence_told_and_expires_on_its_day(world: World) -> None:
    code = await world.registered()
    answer = await world.city.post(f"/v1/enterprises/{code}/qualifications", json=SME)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["valid_until_on"], answer.json()["status"]) == ("2027-03-31", "VALID")
    (event,) = await world.service.events(SUBJECT)
    assert (event.data.kind, event.data.status, event.data.number) == ("TECH_SME", "VALID", SME["number"])
    await world.service.run_job("expire_titles")
    assert len(await world.service.events(SUBJECT)) == 1
    world.service.clock.advance(timedelta(days=129))  # 2027-04-01
    await world.service.run_job("expire_titles")
    await world.service.run_job("expire_titles")
    states = await world.service.events(SUBJECT)
    assert [(state.version, state.data.status) for state in states] == [(1, "VALID"), (2, "EXPIRED")]


async def test_what_cannot_be_entered_is_refused_with_its_code(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}/qualifications"
    for changes, refusal in (
        ({"number": "2026500107"}, "number_malformed"),
        ({"evidence": {**EVIDENCE, "level": "DECLARED"}}, "evidence_too_weak"),
        ({"kind": "TECH_ENTERPRISE"}, "qualification_issued_here"),
        ({"evidence": {"level": "DOCUMENT", "issued_on": "2026-01-01"}}, "field_invalid"),
        ({"award_rank": 10**12}, "field_invalid"),
        ({"kind": "STANDARD_LEAD", "number": "GB/T 99999-2026"}, "drafting_rank_missing"),
    ):
        answer = await world.city.post(path, json={**SME, **changes})
        assert code_of(answer) == refusal, answer.text
    assert (await world.city.post(path, json=SME)).status_code == 201
    assert code_of(await world.city.post(path, json=SME)) == "qualification_exists"
    assert (await world.district("500103").post(path, json=SME)).status_code == 404


async def test_a_revoked_title_is_told_and_an_older_valid_one_would_speak_for_the_firm(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}/qualifications"
    hnte = {"kind": "HNTE", "evidence": EVIDENCE}
    first = await world.city.post(path, json={**hnte, "number": "GR202451100001", "valid_from_on": "2024-10-01"})
    second = await world.city.post(path, json={**hnte, "number": "GR202651100001", "valid_from_on": "2026-10-01"})
    assert (first.status_code, second.status_code) == (201, 201)
    revocation = {"effective_on": "2026-11-23", "evidence": EVIDENCE}
    gone = await world.city.post(f"/v1/qualifications/{second.json()['id']}:revoke", json=revocation)
    assert (gone.status_code, gone.json()["status"]) == (200, "REVOKED")
    states = await world.service.events(SUBJECT)
    assert [(state.data.number, state.data.status) for state in states] == [
        ("GR202451100001", "VALID"),
        ("GR202651100001", "VALID"),
        ("GR202451100001", "VALID"),
    ]
    again = await world.city.post(f"/v1/qualifications/{second.json()['id']}:revoke", json=revocation)
    assert (again.status_code, code_of(again)) == (409, "qualification_not_valid")
    page = (await world.enterprise().get(f"/v1/enterprises/{code}")).json()
    assert [(title["kind"], title["status"]) for title in page["qualifications"]] == [
        ("HNTE", "REVOKED"),
        ("HNTE", "VALID"),
    ]
    listed = (await world.enterprise().get(path)).json()["items"]
    assert [row["number"] for row in listed] == ["GR202651100001", "GR202451100001"]


async def test_a_title_tells_the_numbers_by_which_its_kind_ends_of_the_version_of_its_day(world: World) -> None:
    code = await world.registered()
    path = f"/v1/enterprises/{code}/qualifications"
    sme = (await world.city.post(path, json=SME)).json()
    hnte = {"kind": "HNTE", "number": "GR202451100001", "valid_from_on": "2024-10-01", "evidence": EVIDENCE}
    assert (await world.city.post(path, json=hnte)).status_code == 201
    giant = {"kind": "LITTLE_GIANT", "number": "XJR-1", "valid_from_on": "2026-05-01", "evidence": EVIDENCE}
    assert (await world.city.post(path, json=giant)).status_code == 201
    award = {"kind": "NATIONAL_AWARD", "number": "J-1", "valid_from_on": "2026-05-01", "evidence": EVIDENCE}
    assert (await world.city.post(path, json=award)).status_code == 201
    held = {one["kind"]: one["numbers"] for one in (await world.city.get(path)).json()["items"]}
    assert held["TECH_SME"] == sme["numbers"]
    assert [(one["name"], one["value"]) for one in held["TECH_SME"]] == [
        ("tech_sme_valid_years_after", 1),
        ("tech_sme_valid_month", 3),
        ("tech_sme_valid_day", 31),
    ]
    (years,) = held["HNTE"]
    assert (years["value"], years["article"], years["confidence"]) == (3, "第九条", "reported")
    assert "2026〕2号" in held["LITTLE_GIANT"][0]["source"]  # in force since 2026-04-01
    assert held["NATIONAL_AWARD"] == []
