"""The people of one's own body, and the queue in a browser: take, hand over, and what a colleague was quicker with."""

from typing import Any

from shared.kernel.actor import Role
from tests.service.gateway.test_sign_in import PASSWORD, Console, console, running

__all__ = ["console", "running"]
LIST = "/v1/work-items/finance"
CASE_ID = "019e8200-0000-7000-8000-00000000a001"
CASE = f"{LIST}/LOAN_APPLICATION/{CASE_ID}"


def item(holder: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "kind": "LOAN_APPLICATION",
        "id": CASE_ID,
        "case_no": "DK-500107-2026-00001",
        "enterprise_uscc": "91500107DEMF00011W",
        "enterprise_name": "示例科技有限公司",
        "unit_id": "500107",
        "asked_zh": "待受理",
        "asked_en": "to be taken into review",
        "since_at": "2026-11-23T02:00:00Z",
        "due_on": "2026-11-27",
        "due_status": "SOON",
        "actions": [],
        "service": "finance",
        "waits_for": "bank",
        "holder": holder,
    }


def held_by(client_id: str, *, is_reader: bool = False) -> dict[str, Any]:
    return {"client_id": client_id, "since_at": "2026-11-23T02:00:00Z", "is_reader": is_reader}


def answers(console: Console, holder: dict[str, Any] | None = None) -> None:
    counts = {"by": "kind", "counts": {"LOAN_APPLICATION": 1}, "total": 1, "complete": True, "at_least": []}
    console.echo.answers = {
        LIST: (200, {"items": [item(holder)], "next_cursor": None}),
        f"{LIST}/counts": (200, counts),
        f"{CASE}:take": (200, item(held_by("me", is_reader=True))),
        f"{CASE}:hand-over": (200, item()),
    }


async def test_a_person_sees_the_people_of_the_own_body_and_of_no_other(console: Console) -> None:
    own, colleague = await console.person(), await console.person()
    await console.person(Role.ENTERPRISE)
    answers(console, held_by(f"person.{colleague.account_id}"))
    async with console.browser() as browser:
        await browser.sign_in(own.login, PASSWORD, to="/console/queue")
        screen = await browser.open(f"/console/queue/finance/LOAN_APPLICATION/{CASE_ID}/hand-over")
    offered = [str(one["value"]) for one in screen.page.select("main input[name=to]")]
    verifier = console.service.app.state.verifier
    receivers = [await verifier.colleague(one) for one in offered if one != "nobody"]
    assert f"person.{own.account_id}" in {one.client_id for one in receivers}
    assert f"person.{colleague.account_id}" not in {one.client_id for one in receivers}, "who has it is no choice"
    assert {(one.role, one.scopes) for one in receivers} == {(Role.BANK, frozenset())}
    assert offered[-1] == "nobody"


async def test_a_case_is_taken_by_its_button_under_a_key_of_its_own(console: Console) -> None:
    person = await console.person()
    answers(console)
    async with console.browser() as browser:
        screen = await browser.sign_in(person.login, PASSWORD, to="/console/queue")
        assert "无人" in screen.text
        told = screen.fields("/console/queue/take")
        assert told["case"] == f"finance/LOAN_APPLICATION/{CASE_ID}"
        for _ in range(2):
            after = await browser.send(screen, "/console/queue/take")
        assert "DK-500107-2026-00001" in after.page.select_one(".said").text  # type: ignore[union-attr]
    keys = [one.headers["idempotency-key"] for one in console.echo.seen if one.path.endswith(":take")]
    assert keys == [f"{told['form_key']}-{CASE_ID}"] * 2


async def test_a_colleague_who_was_quicker_is_told_and_the_list_stands_below(console: Console) -> None:
    person, colleague = await console.person(), await console.person()
    answers(console)
    async with console.browser() as browser:
        screen = await browser.sign_in(person.login, PASSWORD, to="/console/queue")
        answers(console, held_by(f"person.{colleague.account_id}"))
        console.echo.answers[f"{CASE}:take"] = (409, {"title": "该事项已由同事办理（2026-11-23 10:00 起）"})
        after = await browser.send(screen, "/console/queue/take")
        assert after.status == 409
        assert after.faults() == ["该事项已由同事办理（2026-11-23 10:00 起）"]
        assert "张三" in after.text, "who has it is named"
        assert "2026年11月23日 10:00" in after.text
        assert (await browser.open("/console/queue/take")).path == "/console/queue"


async def test_a_case_is_handed_over_with_who_has_it_as_it_was_seen(console: Console) -> None:
    person, colleague = await console.person(), await console.person()
    answers(console, held_by(f"person.{person.account_id}", is_reader=True))
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD, to="/console/queue")
        page = f"/console/queue/finance/LOAN_APPLICATION/{CASE_ID}/hand-over"
        screen = await browser.open(page)
        nothing = await browser.send(screen)
        assert (nothing.status, nothing.faults()) == (422, ["请选择由谁办理。"])
        after = await browser.send(screen, to="nobody")
        assert after.path == "/console/queue"
    assert console.echo.bodies[-7:].count(f'{{"held_by":"person.{person.account_id}","to":null}}'.encode()) == 1
    assert colleague.account_id


async def test_a_case_that_nobody_has_or_of_another_service_has_no_hand_over_page(console: Console) -> None:
    person = await console.person()
    answers(console)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD, to="/console/queue")
        for address in (f"finance/LOAN_APPLICATION/{CASE_ID}", f"nowhere/LOAN_APPLICATION/{CASE_ID}"):
            assert (await browser.open(f"/console/queue/{address}/hand-over")).status == 404
