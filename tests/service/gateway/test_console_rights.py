"""Rights and listings in the console: what the API is sent of a form, what a reader is shown, what is kept."""

from typing import Any

import orjson
import pytest

from shared.kernel.actor import Role
from tests.service.gateway.test_sign_in import PASSWORD, Console, console, running

__all__ = ["console", "running"]
CASE = "019e8200-0000-7000-8000-00000000a001"
FIRM = "91500107DEMF00011W"
OTHER = "91500112DEMF000228"
RIGHT = f"/v1/ip-rights/{CASE}"
NEED = f"/v1/needs/{CASE}"
EVIDENCE = {"level": "DOCUMENT", "issued_on": "2026-01-02", "official_no": "示例1号"}


def action(name: str) -> dict[str, Any]:
    return {"name": name, "label_zh": name, "label_en": name, "due_on": None}


def right(*offered: str) -> dict[str, Any]:
    return {
        "id": CASE,
        "title": "<b>一种装置</b>",
        "kind": "INVENTION",
        "right_no_display": "202210001000.1",
        "legal_status": "GRANTED",
        "status_since_on": "2024-01-01",
        "filed_on": "2022-03-01",
        "published_on": None,
        "granted_on": "2024-01-01",
        "ends_on": "2042-02-28",
        "months_left": 180,
        "high_value": False,
        "high_value_grounds": [],
        "blemished": False,
        "evidence_level": "DECLARED",
        "evidence": EVIDENCE,
        "owners": [{"uscc": FIRM, "name": "示例智算", "share_ppm": 1_000_000}],
        "numbers": [],
        "version": 3,
        "actions": [action(one) for one in offered],
    }


def move(move_id: str, status: str, state: str) -> dict[str, Any]:
    return {
        "id": move_id,
        "to_status": status,
        "effective_on": "2026-01-02",
        "status": state,
        "computed_by": None,
        "evidence": EVIDENCE,
    }


HISTORY: dict[str, Any] = {
    "moves": [move("m-1", "GRANTED", "APPLIED"), move("m-2", "LAPSED_FEE", "CORRECTED")],
    "transfers": [
        {
            "effective_on": "2026-02-03",
            "owners_before": [{"uscc": OTHER, "share_ppm": 1_000_000}],
            "owners_after": [{"uscc": FIRM, "share_ppm": 1_000_000}],
            "evidence": EVIDENCE,
        }
    ],
    "blemishes": [
        {
            "kind": "OWNERSHIP_DISPUTE",
            "opened_on": "2026-03-04",
            "opened_evidence": EVIDENCE,
            "cleared_on": "2026-04-05",
            "cleared_evidence": EVIDENCE,
        }
    ],
    "evidence": [{"action": "ATTESTED", "evidence": EVIDENCE, "detail": {}}],
}


def sent_to(console: Console, verb: str) -> list[Any]:
    """Return the bodies that reached an address."""
    return [
        orjson.loads(body)
        for one, body in zip(console.echo.seen, console.echo.bodies, strict=True)
        if one.path.endswith(verb) and one.method in {"POST", "PATCH"}
    ]


async def test_a_right_shows_its_history_in_words_and_no_code_of_ours(console: Console) -> None:
    console.echo.answers[RIGHT] = (200, right("attest"))
    console.echo.answers[f"{RIGHT}/history"] = (200, HISTORY)
    console.echo.answers[f"{RIGHT}/annuities"] = (409, {"title": "该权利没有应缴的年费", "code": "annuity_not_due"})
    person = await console.person(Role.IP_CENTRE)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        page = await browser.open(f"/console/rights/{CASE}")
    assert page.status == 200
    assert "<b>一种装置</b>" in page.text, "marks of HTML are text"
    entries = [one.get_text(" ", strip=True) for one in page.page.select(".timeline li")]
    assert len(entries) == 6
    assert any("示例智算 100%" in one and OTHER in one for one in entries), "a known owner stands with its name"
    assert not any(code in page.text for code in ("GRANTED", "LAPSED_FEE", "ATTESTED", "DECLARED", "ppm"))
    assert page.page.select(".timeline-ahead") == []


@pytest.mark.parametrize(
    ("act", "typed", "body"),
    [
        ("attest", {}, {}),
        (
            "transfer",
            {"owners": f"{FIRM} 60%\n{OTHER}：40%", "effective_on": "2026-11-01"},
            {
                "owners": [{"uscc": FIRM, "share_ppm": 600_000}, {"uscc": OTHER, "share_ppm": 400_000}],
                "effective_on": "2026-11-01",
            },
        ),
        ("correct", {"move_id": "m-1"}, {"move_id": "m-1"}),
        (
            "correct",
            {"move_id": "m-1", "replacement-to_status": "EXPIRED", "replacement-effective_on": "2026-11-01"},
            {
                "move_id": "m-1",
                "replacement": {"to_status": "EXPIRED", "effective_on": "2026-11-01", "evidence": EVIDENCE},
            },
        ),
    ],
)
async def test_an_act_sends_what_the_api_takes(
    console: Console, act: str, typed: dict[str, str], body: dict[str, Any]
) -> None:
    console.echo.answers[RIGHT] = (200, right(act))
    console.echo.answers[f"{RIGHT}/history"] = (200, HISTORY)
    console.echo.answers[f"{RIGHT}:{act}"] = (200, right())
    person = await console.person(Role.IP_CENTRE)
    evidence = {f"evidence-{name}": value for name, value in EVIDENCE.items()}
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        form = await browser.open(f"/console/rights/{CASE}/{act}")
        assert form.status == 200, form.text
        await browser.send(form, **evidence, **typed)
    assert sent_to(console, f":{act}") == [{**body, "evidence": EVIDENCE}]


async def test_what_the_service_does_not_offer_has_no_form(console: Console) -> None:
    console.echo.answers[RIGHT] = (200, right())
    person = await console.person(Role.IP_CENTRE)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        closed = await browser.open(f"/console/rights/{CASE}/attest")
    assert (closed.status, closed.page.select("main form[method=post]")) == (409, [])


async def test_a_change_of_a_need_keeps_its_contact_and_empties_what_was_emptied(console: Console) -> None:
    told = {
        "id": CASE,
        "case_no": "KC-2026-500107-600001",
        "title": "机房余冷回收",
        "party_uscc": FIRM,
        "party_name": "示例智算",
        "unit_id": "500107",
        "key_field": None,
        "keywords": ["机房", "节能"],
        "cooperation_modes": ["LICENCE"],
        "confidential_fields": ["budget_fen"],
        "valid_until_on": "2027-05-31",
        "problem": "余冷未利用",
        "core_indicators": [],
        "budget_fen": 50_000_000,
        "ip_ownership": "NEGOTIABLE",
        "contact_name": "示*",
        "contact_phone": "138****0000",
        "version": 4,
        "actions": [action("change")],
    }
    console.echo.answers[NEED] = (200, told)
    person = await console.person(Role.ENTERPRISE)
    async with console.browser() as browser:
        await browser.sign_in(person.login, PASSWORD)
        form = await browser.open(f"/console/needs/{CASE}/change")
        held = form.fields()
        assert (held["keywords"], held["budget_fen"], held["contact_phone"]) == ("机房\n节能", "500000.00", "")
        assert [str(one["value"]) for one in form.page.select("[name=cooperation_modes][checked]")] == ["LICENCE"]
        await browser.send(form, cooperation_modes="LICENCE", budget_fen="", core_indicators="节电 20 万千瓦时\n3 年")
    (body,) = sent_to(console, CASE)
    assert (body["keywords"], body["core_indicators"]) == (["机房", "节能"], ["节电 20 万千瓦时", "3 年"])
    assert body["budget_fen"] is None, "what is emptied is taken away"
    assert not {"contact_name", "contact_phone"} & body.keys(), "a mask never overwrites the contact"
    assert [one.headers.get("if-match") for one in console.echo.seen if one.method == "PATCH"] == ['"v4"']
