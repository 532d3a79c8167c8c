"""The main job inside finance: evaluated, consented, applied, approved, signed, drawn, covered, repaid."""

from tests.service.finance.world import BANK_A, BANK_B, FIRM, UNIT, WAN, World, done, refused


async def test_a_firm_borrows_against_what_it_knows_and_the_fund_covers_it(world: World) -> None:
    evaluation = await world.ready_firm()
    assert (evaluation["grade"], evaluation["limit_fen"]) == ("B", 400 * WAN)
    application = await world.apply(evaluation["id"])
    assert application["status"] == "SUBMITTED"
    assert application["case_no"].startswith(f"KC-2026-{UNIT}-")
    assert application["answer_due_on"] == "2026-12-07"
    approved = await world.approve(application["id"])
    assert (approved["status"], approved["valid_until_on"]) == ("APPROVED", "2026-12-23")
    loan = await world.sign(application["id"])
    assert (loan["status"], loan["undrawn_fen"], loan["draw_until_on"]) == ("SIGNED", 100 * WAN, "2027-02-21")
    assert (await world.line())["available_fen"] == 300 * WAN
    drawdown = await world.draw(loan["id"])
    line = await world.line()
    assert (line["reserved_fen"], line["drawn_fen"], line["available_fen"]) == (40 * WAN, 60 * WAN, 300 * WAN)
    await world.contribute("CITY", 40 * WAN)
    await world.contribute("DISTRICT", 60 * WAN)
    cover = done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)
    assert (cover["status"], cover["unit_id"], cover["filing_due_on"]) == ("FILED", UNIT, "2026-12-07")
    covered = done(await world.manager.post(f"/v1/covers/{cover['id']}:decide", json={"decision": "COVERED"}))
    assert (covered["status"], covered["covered_fen"], covered["exposure_fen"]) == ("COVERED", 60 * WAN, 48 * WAN)
    account = done(await world.city.get("/v1/fund-accounts"))["items"][0]
    assert (account["capacity_fen"], account["exposure_fen"]) == (1_000 * WAN, 48 * WAN)
    assert (account["city_due_fen"], account["district_due_fen"]) == (0, 0)

    await world.repay(drawdown["id"], 25 * WAN)
    half = done(await world.manager.get(f"/v1/covers/{cover['id']}"))
    assert (half["covered_fen"], half["released_fen"], half["exposure_fen"]) == (60 * WAN, 25 * WAN, 28 * WAN)
    listed = done(await world.firm().get(f"/v1/loans/{loan['id']}/drawdowns"))["items"]
    assert [(one["id"], one["outstanding_fen"]) for one in listed] == [(drawdown["id"], 35 * WAN)]
    last = await world.repay(drawdown["id"], 35 * WAN)
    assert last["outstanding_after_fen"] == 0
    repaid = done(await world.manager.get(f"/v1/covers/{cover['id']}"))
    assert (repaid["status"], repaid["covered_fen"], repaid["released_fen"]) == ("RELEASED", 60 * WAN, 60 * WAN)
    assert done(await world.city.get("/v1/fund-accounts"))["items"][0]["exposure_fen"] == 0
    line = await world.line()
    assert (line["reserved_fen"], line["drawn_fen"], line["available_fen"]) == (40 * WAN, 0, 360 * WAN)


async def test_each_step_tells_its_event(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    await world.approve(application["id"])
    loan = await world.sign(application["id"])
    drawdown = await world.draw(loan["id"])
    await world.repay(drawdown["id"], 60 * WAN)
    subjects = [event.subject for event in await world.service.events() if "rule_set" not in event.subject]
    assert subjects == [
        "finance.evaluation.completed.v1",
        "finance.limit.changed.v1",
        "finance.consent.granted.v1",
        "finance.consent.granted.v1",
        "finance.application.submitted.v1",
        "finance.application.decided.v1",
        "finance.application.decided.v1",
        "finance.application.decided.v1",
        "finance.loan.signed.v1",
        "finance.limit.changed.v1",
        "finance.loan.drawn.v1",
        "finance.limit.changed.v1",
        "finance.loan.repaid.v1",
        "finance.limit.changed.v1",
    ]


async def test_another_banks_application_loan_and_drawdown_are_not_found(world: World) -> None:
    evaluation = await world.ready_firm()
    application = await world.apply(evaluation["id"])
    await world.approve(application["id"])
    loan = await world.sign(application["id"])
    drawdown = await world.draw(loan["id"])
    stranger = world.bank(BANK_B)
    for url in (
        f"/v1/loan-applications/{application['id']}",
        f"/v1/loan-applications/{application['id']}/credit-file",
        f"/v1/loans/{loan['id']}",
        f"/v1/loans/{loan['id']}/drawdowns",
        f"/v1/drawdowns/{drawdown['id']}",
    ):
        refused(await stranger.get(url), "not_found", 404)
    refused(await stranger.post(f"/v1/loan-applications/{application['id']}:accept"), "not_found", 404)
    refused(await stranger.post(f"/v1/loans/{loan['id']}/drawdowns", json=world.note()), "not_found", 404)
    refused(await stranger.post(f"/v1/drawdowns/{drawdown['id']}/cover"), "not_found", 404)
    assert done(await stranger.get("/v1/loan-applications"))["items"] == []
    assert [one["id"] for one in done(await world.bank(BANK_A).get("/v1/loans"))["items"]] == [loan["id"]]
    assert done(await world.firm(FIRM).get(f"/v1/loans/{loan['id']}"))["id"] == loan["id"]
