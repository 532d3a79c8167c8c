"""Applications over HTTP: every refusal is a whole problem in both languages, and a returned one comes back."""

from typing import Any

from tests.service.finance.world import BANK_A, BANK_B, FIRM, OTHER_FIRM, WAN, World, code, done, refused


async def test_a_returned_application_is_corrected_and_submitted_again(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    url = f"/v1/loan-applications/{application['id']}"
    returned = await world.step(application["id"], "return", note="请补充用途说明")
    assert (returned["status"], returned["note"]) == ("RETURNED", "请补充用途说明")
    body = world.application_body(evaluation["id"], amount_fen=90 * WAN)
    elsewhere = body | {"bank_uscc": BANK_B}
    refused(await world.firm().post(f"{url}:resubmit", json=elsewhere), "bank_cannot_change")
    again = done(await world.firm().post(f"{url}:resubmit", json=body))
    assert (again["status"], again["amount_fen"], again["answered_at"]) == ("SUBMITTED", 90 * WAN, None)
    refused(await world.firm().post(f"{url}:resubmit", json=body), "application_state_conflict")
    assert len(await world.service.events("finance.application.submitted.v1")) == 2


async def test_a_rejection_without_a_known_code_is_refused(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    await world.step(application["id"], "accept")
    url = f"/v1/loan-applications/{application['id']}:reject"
    problem = refused(await world.bank().post(url, json={"reason_code": "because"}), "reason_unknown", 422)
    assert "insufficient_repayment_capacity" in problem["details"]["known"]
    refused(await world.bank().post(url, json={}), "field_invalid", 422)
    rejected = await world.step(application["id"], "reject", reason_code="excessive_debt")
    assert (rejected["status"], rejected["reason_code"]) == ("REJECTED", "excessive_debt")
    catalogue = done(await world.bank().get("/v1/loan-applications/reasons"))
    assert {one["code"]: one["label_zh"] for one in catalogue["items"]}["excessive_debt"] == "负债水平过高"


async def test_two_browser_tabs_make_one_application(world: World) -> None:
    evaluation = await world.ready_firm()
    body = world.application_body(evaluation["id"])
    first = done(await world.firm().post("/v1/loan-applications", json=body), 201)
    problem = refused(await world.firm().post("/v1/loan-applications", json=body), "application_already_open")
    assert problem["details"]["case_no"] == first["case_no"]
    done(await world.firm().post(f"/v1/loan-applications/{first['id']}:cancel"))
    done(await world.firm().post("/v1/loan-applications", json=body), 201)


BAD: tuple[tuple[dict[str, Any], str, int, str], ...] = (
    ({"amount_fen": 0}, "amount_not_positive", 422, "/amount_fen"),
    ({"amount_fen": -1}, "field_invalid", 422, "/amount_fen"),
    ({"amount_fen": 1.5}, "field_invalid", 422, "/amount_fen"),
    ({"amount_fen": "100"}, "field_invalid", 422, "/amount_fen"),
    ({"amount_fen": 10**17}, "field_invalid", 422, "/amount_fen"),
    ({"term_months": 13}, "term_too_long", 422, "/term_months"),
    ({"term_months": 0}, "field_invalid", 422, "/term_months"),
    ({"bank_uscc": code(77)}, "bank_not_cooperating", 409, "/bank_uscc"),
    ({"bank_uscc": "91500107MA0000000X"}, "field_invalid", 422, "/bank_uscc"),
    ({"evaluation_id": "01890000-0000-7000-8000-000000000000"}, "not_found", 404, "/evaluation_id"),
    ({"amount_fen": 400 * WAN + 1}, "credit_line_exceeded", 409, "/amount_fen"),
    ({"surprise": 1}, "field_invalid", 422, "/surprise"),
    ({"purpose": ""}, "field_invalid", 422, "/purpose"),
)


async def test_a_bad_application_is_a_problem_with_code_pointer_and_way_out_in_both_languages(world: World) -> None:
    evaluation = await world.ready_firm()
    for fields, expected, status, pointer in BAD:
        body = world.application_body(evaluation["id"]) | fields
        chinese = refused(await world.firm().post("/v1/loan-applications", json=body), expected, status)
        assert [one["pointer"] for one in chinese["errors"]] == [pointer], fields
        headers = {"accept-language": "en"}
        response = await world.firm().post("/v1/loan-applications", json=body, headers=headers)
        english = refused(response, expected, status)
        assert english["title"] != chinese["title"]
        assert english["title"].isascii()
    assert await world.service.rows("SELECT * FROM loan_application") == []


async def test_a_firm_off_the_city_register_is_sent_to_the_entry_form(world: World) -> None:
    await world.tell_good_firm()
    await world.tell_title("TECH_ENTERPRISE", status="REVOKED")
    await world.admit_banks()
    evaluation = await world.evaluate()
    await world.consent()
    response = await world.firm().post("/v1/loan-applications", json=world.application_body(evaluation["id"]))
    assert "/v1/register-applications" in refused(response, "not_on_city_register")["hint"]


async def test_an_evaluation_that_ran_out_cannot_be_applied_on(world: World) -> None:
    from datetime import timedelta

    evaluation = await world.ready_firm()
    await world.consent(expires_at="2028-11-01T00:00:00Z")
    world.service.clock.advance(timedelta(days=366))
    body = world.application_body(evaluation["id"])
    refused(await world.firm().post("/v1/loan-applications", json=body), "evaluation_expired")


async def test_each_step_belongs_to_its_own_side(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    url = f"/v1/loan-applications/{application['id']}"
    refused(await world.firm().post(f"{url}:accept"), "forbidden_scope", 403)
    refused(await world.bank().post(f"{url}:cancel"), "forbidden_scope", 403)
    refused(await world.firm(OTHER_FIRM).get(url), "not_found", 404)
    refused(await world.firm(OTHER_FIRM).post(f"{url}:cancel"), "not_found", 404)
    assert done(await world.firm(FIRM).get(url))["bank_uscc"] == BANK_A


async def test_a_bank_sees_its_queue_by_status_page_by_page(world: World) -> None:
    evaluation = await world.ready_firm()
    made = [(await world.apply(evaluation["id"]))["id"] for _ in range(3)]
    await world.step(made[0], "accept")
    waiting = done(await world.bank().get("/v1/loan-applications?status=SUBMITTED&limit=1"))
    assert [one["id"] for one in waiting["items"]] == [made[2]]
    following = await world.bank().get(
        f"/v1/loan-applications?status=SUBMITTED&limit=1&cursor={waiting['next_cursor']}"
    )
    assert [one["id"] for one in done(following)["items"]] == [made[1]]
    other_filter = f"/v1/loan-applications?status=APPROVED&cursor={waiting['next_cursor']}"
    refused(await world.bank().get(other_filter), "cursor_invalid", 422)


async def test_a_bank_is_told_when_another_bank_has_used_the_line_up(world: World) -> None:
    evaluation = await world.ready_firm()
    first = await world.apply(evaluation["id"], amount_fen=350 * WAN)
    second = await world.apply(evaluation["id"], bank=BANK_B, amount_fen=200 * WAN)
    approved = await world.approve(first["id"], amount_fen=350 * WAN)
    assert (approved["available_fen"], approved["warnings"]) == (400 * WAN, [])
    await world.sign(first["id"], principal_fen=350 * WAN)
    file = done(await world.bank(BANK_B).get(f"/v1/loan-applications/{second['id']}/credit-file"))
    assert file["available_fen"] == 50 * WAN
    late = await world.approve(second["id"], BANK_B, amount_fen=200 * WAN)
    assert (late["status"], late["available_fen"]) == ("APPROVED", 50 * WAN)
    (warning,) = late["warnings"]
    assert warning["code"] == "ABOVE_AVAILABLE"
    assert "剩余额度" in warning["text_zh"]
