"""A hostile bank, enterprise or clerk with every scope there is: row scope and role alone must hold them off."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from shared.kernel.actor import Role
from tests.service.finance.world import (
    ALL_SCOPES,
    BANK_A,
    BANK_B,
    FIRM,
    OTHER_FIRM,
    UNIT,
    WAN,
    World,
    done,
    refused,
)

EVERY_SCOPE = sorted({scope for scopes in ALL_SCOPES.values() for scope in scopes.split()})
TABLES = (
    "consent",
    "loan_application",
    "loan",
    "drawdown",
    "repayment",
    "cover",
    "credit_line",
    "fund_account",
    "kv_evaluation",
    "bank",
)
# Bodies that the rightful caller could send, by the last word of the path; a route that is missing here fails.
BODIES: dict[str, Any] = {
    ":replay": None,
    ":cancel": None,
    ":accept": None,
    ":acknowledge": None,
    "cover": None,
    ":return": {"note": "请补充材料"},
    ":reject": {"reason_code": "credit_history", "note": None},
    ":approve": {"amount_fen": 1 * WAN, "term_months": 1, "bank_ref": "X-1"},
    ":decide": {"decision": "COVERED"},
    ":take": None,
    ":hand-over": {"held_by": "nobody"},
    "repayments": {"bank_ref": "X-2", "amount_fen": 1, "value_on": "2026-11-23"},
}
PUBLIC = {
    "/v1/consents/text",
    "/v1/loan-applications/reasons",
    "/v1/covers/reasons",
    "/v1/lpr",
    "/v1/lpr-publications",
    "/v1/banks",
}


FOR_EVERYBODY = "/v1/rule-sets"
"""Pages that hold no row of anybody: the rules are public."""
PASSED_OVER = (FOR_EVERYBODY, "/v1/dead-letters/", "/v1/exports/dead-letters/")
ACCOUNT = "/v1/fund-accounts/{unit_id}"
"""How the fund stands is told to every role that has the scope, as their list is."""


def attackers(world: World) -> Iterator[tuple[str, httpx.AsyncClient]]:
    """Yield every body that is no party to the case, each with every scope there is."""
    for role, party, unit in (
        (Role.BANK, BANK_B, None),
        (Role.BANK, None, None),
        (Role.BANK, FIRM, None),
        (Role.ENTERPRISE, OTHER_FIRM, None),
        (Role.ENTERPRISE, None, None),
        (Role.ENTERPRISE, BANK_A, None),
        (Role.AGENCY, FIRM, None),
        (Role.DISTRICT, None, "500103"),
        (Role.IP_CENTRE, BANK_A, None),
    ):
        name = f"{role.value} {party}"
        yield name, world.service.client(role=role, party=party, unit=unit, scopes=EVERY_SCOPE, client_id=name)


async def case(world: World) -> dict[str, str]:
    """Bring one case of FIRM and BANK_A to a covered drawdown, and a second application open; return all ids."""
    evaluation = await world.ready_firm()
    await world.contribute("CITY", 1_000 * WAN)
    await world.contribute("DISTRICT", 1_000 * WAN)
    consents = done(await world.firm().get("/v1/consents"))["items"]
    application = await world.apply(evaluation["id"])
    await world.approve(application["id"])
    loan = await world.sign(application["id"])
    drawdown = await world.draw(loan["id"])
    cover = done(await world.bank().post(f"/v1/drawdowns/{drawdown['id']}/cover"), 201)
    is_open = await world.apply(evaluation["id"], amount_fen=10 * WAN)
    receipt = {"file": ("receipt.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")}
    return {
        "evaluation_id": evaluation["id"],
        "document_id": done(await world.city.post("/v1/documents/finance", files=receipt), 201)["id"],
        "uscc": FIRM,
        "consent_id": next(one["id"] for one in consents if one["bank_uscc"] == BANK_A),
        "application_id": is_open["id"],
        "loan_id": loan["id"],
        "drawdown_id": drawdown["id"],
        "cover_id": cover["id"],
        "unit_id": UNIT,
        "kind": "LOAN_APPLICATION",
        "case_id": is_open["id"],
        "file_format": "csv",
    }


async def rows(world: World) -> dict[str, list[dict[str, Any]]]:
    """Return all that a request could have changed."""
    return {table: await world.service.rows(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES}


def operations(world: World) -> Iterator[tuple[str, str]]:
    """Yield (method, path) of every route of the business."""
    for path, methods in world.service.app.openapi()["paths"].items():
        if path.startswith("/v1/") and not (path == ACCOUNT or path.startswith(PASSED_OVER)):
            yield from ((method.upper(), path) for method in methods)


def body_for(world: World, path: str) -> Any:
    """Return the body that the rightful caller of a route would send."""
    last = ":" + path.rsplit(":", 1)[1] if ":" in path else path.rsplit("/", 1)[1]
    if last == ":sign":
        return world.contract(principal_fen=1 * WAN)
    if last == "drawdowns":
        return world.note(amount_fen=1 * WAN)
    if last == "contributions":
        evidence = {"level": "DOCUMENT", "issued_on": "2026-11-20", "official_no": "回单9"}
        sent = {"contributor": "CITY", "amount_fen": 1, "receipt_no": "F-9", "value_on": "2026-11-20"}
        return sent | {"evidence": evidence}
    if last == ":resubmit":
        return world.application_body("01900000-0000-7000-8000-000000000000")
    return BODIES[last]


async def test_no_stranger_reads_or_moves_anything_by_its_id(world: World) -> None:
    ids = await case(world)
    never = {"uscc": OTHER_FIRM, "unit_id": "500103", "kind": ids["kind"]}
    absent = dict.fromkeys(ids, "01900000-0000-7000-8000-000000000000") | never
    before, events = await rows(world), len(await world.service.events())
    tried = 0
    for method, path in operations(world):
        if "{" not in path or "{file_format}" in path:
            continue
        url, nowhere = path.format(**ids), path.format(**absent)
        for name, client in attackers(world):
            body = body_for(world, path) if method == "POST" else None
            answer = await client.request(method, url, json=body)
            tried += 1
            assert answer.status_code in {403, 404}, (name, method, path, answer.text)
            if answer.status_code == 404:
                # The same answer as for an id that never was: nothing tells that the case exists.
                other = await client.request(method, nowhere, json=body)
                assert told(answer) == told(other), (name, method, path)
            assert not any(secret in answer.text for secret in ("limit_fen", "grade", "示例科技"))
    assert tried > 150
    assert await rows(world) == before
    assert len(await world.service.events()) == events


def told(answer: httpx.Response) -> tuple[int, Any, Any]:
    problem = answer.json()
    return answer.status_code, problem["code"], problem.get("details")


async def test_lists_show_strangers_nothing(world: World) -> None:
    await case(world)
    for method, path in operations(world):
        if method != "GET" or "{" in path or path in PUBLIC:
            continue
        for name, client in attackers(world):
            if path.endswith("/counts"):
                told, rows_seen = await client.get(path), await client.get(path.removesuffix("/counts"))
                assert told.status_code == rows_seen.status_code, (name, path)
                if told.status_code == 200:  # a count is of the rows that the caller sees, and of no others
                    assert told.json()["total"] == len(rows_seen.json()["items"]), (name, path)
                continue
            for query in ({}, {"uscc": FIRM}, {"limit": "200"}):
                answer = await client.get(path, params=query)
                if answer.status_code == 200 and path != "/v1/fund-accounts":
                    own = [one for one in answer.json()["items"] if BANK_B not in one.values()]
                    assert own == [], (name, path, query)
                else:
                    assert answer.status_code in {200, 403, 404, 422}


async def test_exports_show_strangers_nothing(world: World) -> None:
    await case(world)
    tried = 0
    for _, path in operations(world):
        if "{file_format}" not in path or any(noun in path for noun in ("banks", "fund-accounts")):
            continue
        for name, client in attackers(world):
            answer = await client.get(path.format(file_format="csv"))
            assert answer.status_code in {200, 403}, (name, path)
            tried += answer.status_code == 200
            lines = [] if answer.status_code == 403 else answer.text.splitlines()[1:]
            assert [line for line in lines if "示例银行乙" not in line] == [], (name, path)
    assert tried > 30


async def test_each_role_does_only_what_is_its_own(world: World) -> None:
    ids = await case(world)
    before = await rows(world)
    entitled = {
        "credit.decision:write": Role.BANK,
        "credit.loan:write": Role.BANK,
        "fund.cover:write": Role.BANK,
        "fund.cover:decide": Role.FUND_MANAGER,
        "credit.application:write": Role.ENTERPRISE,
        "credit.consent:write": Role.ENTERPRISE,
        "fund.account:write": Role.CITY,
    }
    paths = world.service.app.openapi()["paths"]
    for method, path in operations(world):
        scope = paths[path][method.lower()].get("x-scope")
        if scope not in entitled or "{" not in path:
            continue
        for role, party in (
            (Role.CITY, None),
            (Role.AUDITOR, None),
            (Role.FUND_MANAGER, None),
            (Role.ENTERPRISE, FIRM),
            (Role.BANK, BANK_A),
        ):
            if role is entitled[scope]:
                continue
            client = world.service.client(role=role, party=party, scopes=EVERY_SCOPE, client_id=f"{role} as {path}")
            body = body_for(world, path) if method == "POST" else None
            answer = await client.request(method, path.format(**ids), json=body)
            assert answer.status_code in {403, 404}, (role, method, path, answer.text)
    assert await rows(world) == before


async def test_a_scope_that_is_missing_stops_the_rightful_caller_too(world: World) -> None:
    ids = await case(world)
    paths = world.service.app.openapi()["paths"]
    for method, path in operations(world):
        scope = paths[path][method.lower()]["x-scope"]
        others = [one for one in EVERY_SCOPE if one != scope]
        for role, party in ((Role.BANK, BANK_A), (Role.ENTERPRISE, FIRM), (Role.CITY, None)):
            client = world.service.client(role=role, party=party, scopes=others, client_id=f"{role} without {scope}")
            answer = await client.request(method, path.format(**ids), json={} if method == "POST" else None)
            refused(answer, "forbidden_scope", 403)


# What an answer shows and nobody may send: added to a body that would otherwise be taken.
FOREIGN: dict[str, Any] = {
    "id": "01900000-0000-7000-8000-000000000000",
    "status": "APPROVED",
    "bank_uscc_": BANK_A,
    "enterprise_uscc": OTHER_FIRM,
    "snapshot_limit_fen": 5_000 * WAN,
    "approved_fen": 5_000 * WAN,
    "limit_fen": 5_000 * WAN,
    "available_fen": 5_000 * WAN,
    "covered_fen": 5_000 * WAN,
    "score_milli": 100_000,
    "flag": None,
    "version": 9,
    "created_at": "2020-01-01T00:00:00Z",
    "case_no": "KC-2026-500107-999999",
}


@pytest.mark.parametrize("step", ["consent", "apply", "approve", "sign", "draw", "repay", "contribute"])
async def test_fields_of_an_answer_are_never_taken_from_a_body(world: World, step: str) -> None:
    ids = await case(world)
    application, loan, drawdown = (ids[name] for name in ("application_id", "loan_id", "drawdown_id"))
    text = done(await world.firm().get("/v1/consents/text"))
    client, url, body = {
        "consent": (
            world.firm(),
            "/v1/consents",
            {
                "bank_uscc": BANK_B,
                "scopes": ["EVALUATION_RESULT"],
                "signer_name": "示例人",
                "text_version": text["version"],
            },
        ),
        "apply": (world.firm(), "/v1/loan-applications", world.application_body(ids["evaluation_id"])),
        "approve": (world.bank(), f"/v1/loan-applications/{application}:approve", BODIES[":approve"]),
        "sign": (world.bank(), f"/v1/loan-applications/{application}:sign", world.contract()),
        "draw": (world.bank(), f"/v1/loans/{loan}/drawdowns", world.note(amount_fen=1)),
        "repay": (world.bank(), f"/v1/drawdowns/{drawdown}/repayments", BODIES["repayments"]),
        "contribute": (
            world.city,
            f"/v1/fund-accounts/{UNIT}/contributions",
            body_for(world, "/v1/fund-accounts/{unit_id}/contributions"),
        ),
    }[step]
    before = await rows(world)
    for name, value in FOREIGN.items():
        if name in body:
            continue
        problem = refused(await client.post(url, json=body | {name: value}), "field_invalid", 422)
        assert [error["pointer"] for error in problem["errors"]] == [f"/{name}"]
    assert await rows(world) == before


async def test_money_is_no_float_no_text_and_not_negative(world: World) -> None:
    ids = await case(world)
    before = await rows(world)
    for amount in (-1, 1.0, "1", True, None, 1e400, 2**63, 9_000_000_000_000_001, [1], {"fen": 1}):
        draw = await world.bank().post(
            f"/v1/loans/{ids['loan_id']}/drawdowns",
            content=json_of(world, amount),
            headers={"content-type": "application/json"},
        )
        assert draw.status_code in {400, 422}, (amount, draw.text)
    assert await rows(world) == before


def json_of(world: World, amount: object) -> bytes:
    """Return a drawdown with an amount that a JSON library would not write."""
    import orjson

    text = "1e400" if amount == float("inf") else repr(amount).lower()
    if isinstance(amount, (list, dict, str)) or amount is None or isinstance(amount, bool):
        text = orjson.dumps(amount).decode()
    body = orjson.dumps(world.note(amount_fen=123_456_789)).decode()
    return body.replace("123456789", text).encode()


async def test_two_banks_race_for_the_last_of_one_line(world: World) -> None:
    evaluation = await world.ready_firm()
    limit = (await world.line())["available_fen"]
    part = limit // 2 + 1
    loans = []
    for bank in (BANK_A, BANK_B):
        application = await world.apply(evaluation["id"], bank=bank, amount_fen=part)
        await world.approve(application["id"], bank=bank, amount_fen=part)
        loans.append((bank, application["id"]))
    answers = await asyncio.gather(
        *(
            world.bank(bank).post(f"/v1/loan-applications/{one}:sign", json=world.contract(principal_fen=part))
            for bank, one in loans
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [loser] = [answer for answer in answers if answer.status_code == 409]
    problem = refused(loser, "credit_line_exceeded")
    assert not any(secret in loser.text for secret in (BANK_A, BANK_B)), "the loser learns who won"
    assert problem["details"]["available_fen"] == limit - part


async def test_one_banks_key_and_reference_do_not_meet_anothers(world: World) -> None:
    evaluation = await world.ready_firm()
    headers = {"idempotency-key": "the-same-for-both"}
    for bank in (BANK_A, BANK_B):
        application = await world.apply(evaluation["id"], bank=bank)
        await world.step(application["id"], "accept", bank)
        body = {"amount_fen": 100 * WAN, "term_months": 12, "bank_ref": "REF-1"}
        url = f"/v1/loan-applications/{application['id']}:approve"
        answer = await world.bank(bank).post(url, json=body, headers=headers)
        assert done(answer)["bank_uscc"] == bank
        assert "idempotency-replayed" not in answer.headers


async def test_no_date_breaks_a_route(world: World) -> None:
    ids = await case(world)
    application, loan, drawdown = (ids[name] for name in ("application_id", "loan_id", "drawdown_id"))
    text = done(await world.firm().get("/v1/consents/text"))
    await world.step(application, "accept")
    consent = {"bank_uscc": BANK_A, "scopes": ["EVALUATION_RESULT"], "signer_name": "示例人"}
    consent["text_version"] = text["version"]
    approval = {"amount_fen": 1 * WAN, "term_months": 1, "bank_ref": "X-9"}
    contribution = body_for(world, "/v1/fund-accounts/{unit_id}/contributions")
    bank = {"uscc": BANK_B, "name": "示例银行乙", "agreement_from_on": "2024-01-01", "agreement_until_on": "2027-12-31"}
    for day in ("0001-01-01", "1900-01-01", "9999-12-31"):
        instants = (f"{day}T00:00:00Z", f"{day}T23:59:59+23:59", f"{day}T00:00:00-23:59")
        tries: list[tuple[httpx.AsyncClient, str, dict[str, Any]]] = [
            (world.bank(), f"/v1/loans/{loan}/drawdowns", world.note(amount_fen=1, starts_on=day)),
            (world.bank(), f"/v1/loans/{loan}/drawdowns", world.note(amount_fen=1, matures_on=day)),
            (world.bank(), f"/v1/drawdowns/{drawdown}/repayments", BODIES["repayments"] | {"value_on": day}),
            (world.bank(), f"/v1/loan-applications/{application}:approve", approval | {"valid_until_on": day}),
            (world.bank(), f"/v1/loan-applications/{application}:sign", world.contract(signed_on=day)),
            (world.city, f"/v1/fund-accounts/{UNIT}/contributions", contribution | {"value_on": day}),
            (world.city, "/v1/banks", bank | {"decision_no": "1", "agreement_from_on": day}),
            (world.city, "/v1/banks", bank | {"decision_no": "1", "agreement_until_on": day}),
            *((world.firm(), "/v1/consents", consent | {"expires_at": instant}) for instant in instants),
        ]
        for client, url, body in tries:
            answer = await client.post(url, json=body)
            assert answer.status_code < 500, (url, body, answer.text)
        assert (await world.city.get("/v1/lpr", params={"on": day})).status_code < 500
