from tests.service.registry.world import EVIDENCE, OTHER_UNIT, World, code_of, made_up_code


async def applied(world: World, number: int = 1) -> dict[str, object]:
    """Register, file and apply."""
    await world.registered(number)
    await world.filed(number)
    answer = await world.enterprise(number).post("/v1/register-applications", json={"uscc": made_up_code(number)})
    assert answer.status_code == 201, answer.text
    read: dict[str, object] = answer.json()
    return read


async def test_a_firm_applies_the_district_checks_and_the_city_lists_it_with_our_number(world: World) -> None:
    read = await applied(world)
    assert (read["status"], read["case_no"], read["check_due_on"]) == (
        "SUBMITTED",
        "KC-2026-500107-000001",
        "2026-12-07",
    )
    path = f"/v1/register-applications/{read['id']}"
    queue = await world.district().get("/v1/register-applications", params={"status": "SUBMITTED"})
    assert [row["case_no"] for row in queue.json()["items"]] == [read["case_no"]]
    early = await world.city.post(f"{path}:list")
    assert (early.status_code, code_of(early)) == (409, "register_step_not_allowed")
    checked = await world.district().post(f"{path}:check", json={"decision": "PASS"})
    assert checked.json()["status"] == "CHECKED"
    listed = await world.city.post(f"{path}:list")
    assert (listed.json()["status"], listed.json()["number"]) == ("LISTED", "KC2026500107000001")
    (event,) = await world.service.events("registry.qualification.changed.v1")
    assert (event.data.kind, event.data.status, event.data.number) == (
        "TECH_ENTERPRISE",
        "VALID",
        "KC2026500107000001",
    )
    assert (event.data.valid_from_on.isoformat(), event.data.valid_until_on.isoformat()) == ("2026-11-23", "2029-11-22")
    again = await world.enterprise().post("/v1/register-applications", json={"uscc": made_up_code(1)})
    assert (again.status_code, code_of(again)) == (409, "already_listed")


async def test_every_condition_is_shown_with_its_confidence(world: World) -> None:
    read = await applied(world)
    conditions = {one["id"]: one for one in read["conditions"]}  # type: ignore[attr-defined]
    assert conditions["science_staff"]["met"] is True
    assert conditions["science_staff"]["confidence"] == "reported"
    assert conditions["ip_rights"]["met"] is False
    assert conditions["ip_rights"]["confidence"] == "assumed"


async def test_a_returned_application_names_its_fields_and_can_be_submitted_again(world: World) -> None:
    read = await applied(world)
    path = f"/v1/register-applications/{read['id']}"
    bare = await world.district().post(f"{path}:check", json={"decision": "RETURN"})
    assert (bare.status_code, code_of(bare)) == (422, "return_needs_notes")
    notes = [{"field": "staff", "note": "与社保人数不符"}]
    returned = await world.district().post(f"{path}:check", json={"decision": "RETURN", "notes": notes})
    assert (returned.json()["status"], returned.json()["notes"]) == ("RETURNED", notes)
    open_one = await world.enterprise().post("/v1/register-applications", json={"uscc": made_up_code(1)})
    assert (open_one.status_code, code_of(open_one)) == (409, "register_application_open")
    assert (await world.enterprise().post(f"{path}:resubmit")).json()["status"] == "SUBMITTED"
    assert (await world.enterprise().post(f"{path}:withdraw")).json()["status"] == "WITHDRAWN"
    assert (await world.enterprise().get(path)).json()["version"] == 4


async def test_without_last_years_filing_there_is_no_application_and_the_way_out_names_it(world: World) -> None:
    code = await world.registered()
    answer = await world.enterprise().post("/v1/register-applications", json={"uscc": code})
    assert (answer.status_code, code_of(answer)) == (409, "register_filing_missing")
    assert f"/v1/enterprises/{code}/filings/2025" in answer.text


async def test_a_branch_or_a_dishonest_firm_is_refused_and_told_why(world: World) -> None:
    await world.registered(1, legal_form="BRANCH")
    await world.filed(1)
    answer = await world.enterprise(1).post("/v1/register-applications", json={"uscc": made_up_code(1)})
    assert (answer.status_code, code_of(answer)) == (422, "register_conditions_unmet")
    assert "法人" in answer.text
    await world.registered(2)
    await world.filed(2)
    mark = {"kind": "SERIOUS_DISHONESTY", "active": True, "effective_on": "2026-11-01", "evidence": EVIDENCE}
    await world.city.post(f"/v1/enterprises/{made_up_code(2)}/integrity-marks", json=mark)
    answer = await world.enterprise(2).post("/v1/register-applications", json={"uscc": made_up_code(2)})
    assert "诚信" in answer.text


async def test_the_clerk_of_another_unit_and_another_firm_find_nothing(world: World) -> None:
    read = await applied(world)
    path = f"/v1/register-applications/{read['id']}"
    assert (await world.district(OTHER_UNIT).post(f"{path}:check", json={"decision": "PASS"})).status_code == 404
    assert (await world.enterprise(2).get(path)).status_code == 404
    assert (await world.district(OTHER_UNIT).get("/v1/register-applications")).json()["items"] == []
    foreign = await world.enterprise(2).post("/v1/register-applications", json={"uscc": made_up_code(1)})
    assert foreign.status_code == 404


async def test_a_firm_that_is_struck_off_loses_our_title_and_cannot_come_back(world: World) -> None:
    read = await applied(world)
    path, code = f"/v1/register-applications/{read['id']}", made_up_code(1)
    await world.district().post(f"{path}:check", json={"decision": "PASS"})
    await world.city.post(f"{path}:list")
    struck = {"effective_on": "2026-11-23", "evidence": EVIDENCE}
    answer = await world.city.post(f"/v1/enterprises/{code}:deregister", json=struck)
    assert (answer.status_code, answer.json()["status"]) == (200, "DEREGISTERED")
    again = await world.city.post(f"/v1/enterprises/{code}:deregister", json=struck)
    assert (again.status_code, code_of(again)) == (409, "enterprise_deregistered")
    titles = await world.service.events("registry.qualification.changed.v1")
    assert [title.data.status for title in titles] == ["VALID", "REVOKED"]
    states = await world.service.events("registry.enterprise.changed.v1")
    assert states[-1].data.status == "DEREGISTERED"
    new = await world.enterprise().post("/v1/register-applications", json={"uscc": code})
    assert (new.status_code, code_of(new)) == (422, "register_conditions_unmet")
    evaluation = await world.enterprise().post("/v1/tech-sme-evaluations", json={"uscc": code})
    assert evaluation.json()["verdict"] == "NOT_QUALIFIED"


async def test_a_rejection_names_a_reason_of_the_catalogue_and_the_firm_reads_it_in_words(world: World) -> None:
    read = await applied(world)
    path = f"/v1/register-applications/{read['id']}"
    catalogue = (await world.district().get("/v1/register-applications/reasons")).json()
    words = {one["code"]: one["label_zh"] for one in catalogue["items"]}
    bare = await world.district().post(f"{path}:check", json={"decision": "REJECT"})
    assert (bare.status_code, code_of(bare)) == (422, "register_reason_missing")
    invented = await world.district().post(f"{path}:check", json={"decision": "REJECT", "reason_code": "because"})
    assert (invented.status_code, code_of(invented)) == (422, "reason_unknown")
    rejected = await world.district().post(
        f"{path}:check", json={"decision": "REJECT", "reason_code": "documents_not_true"}
    )
    assert rejected.status_code == 200, rejected.text
    seen = (await world.enterprise().get(path)).json()
    assert (seen["status"], seen["reason_zh"]) == ("REJECTED", words["documents_not_true"])
    assert (seen["filing_year"], seen["name"]) == (2025, "示例科技有限公司1")


async def test_the_city_returns_or_rejects_instead_of_listing_and_a_district_may_not(world: World) -> None:
    read = await applied(world)
    path = f"/v1/register-applications/{read['id']}"
    notes = [{"field": "rd_expense_fen", "note": "请补充辅助账"}]
    back = {"decision": "RETURN", "notes": notes}
    early = await world.city.post(f"{path}:review", json=back)
    assert (early.status_code, code_of(early)) == (409, "register_step_not_allowed")
    await world.district().post(f"{path}:check", json={"decision": "PASS"})
    assert (await world.district().post(f"{path}:review", json=back)).status_code == 403
    returned = await world.city.post(f"{path}:review", json=back)
    assert (returned.status_code, returned.json()["status"], returned.json()["notes"]) == (200, "RETURNED", notes)
    await world.enterprise().post(f"{path}:resubmit")
    await world.district().post(f"{path}:check", json={"decision": "PASS"})
    final = await world.city.post(f"{path}:review", json={"decision": "REJECT", "reason_code": "not_in_operation"})
    assert (final.json()["status"], final.json()["reason_code"]) == ("REJECTED", "not_in_operation")


async def test_each_line_of_the_list_tells_what_its_reader_may_do(world: World) -> None:
    await applied(world)
    url = "/v1/register-applications"
    for client, acts in (
        (world.district(), ["pass", "return", "reject"]),
        (world.enterprise(), ["withdraw"]),
        (world.city, []),
    ):
        (line,) = (await client.get(url)).json()["items"]
        assert [one["name"] for one in line["actions"]] == acts
