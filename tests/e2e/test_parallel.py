"""Many at once, over HTTP through the gateway, with two finance processes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import httpx
import pytest

from deploy.embedded.clients import BANK_A
from shared.kernel.clock import SystemClock, shanghai_date
from shared.kernel.ids import new_id
from tests.support import journey
from tests.support.journey import WAN, Body, demo_body
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
TODAY: date = shanghai_date(SystemClock().now())


@pytest.fixture(scope="module")
def firm(suite: LaunchedSuite) -> Body:
    return journey.new_enterprise_client(suite, "enterprise-par", journey.made_up_code("PAR"))


async def test_fifty_parallel_signatures_on_one_limit_through_two_processes_never_exceed_it(
    suite: LaunchedSuite, firm: Body
) -> None:
    assert {"finance-1", "finance-2"} <= set(suite.pids())
    uscc = journey.made_up_code("PAR")
    evaluation = journey.grow_up(suite, firm, uscc, serial=5500, today=TODAY)
    journey.consent(firm, BANK_A)
    bank, limit = demo_body(suite, "bank-a"), evaluation["limit_fen"]
    tenth = limit // 10
    applications = []
    for number in range(50):
        body = journey.application(BANK_A, evaluation, tenth, f"并发签约（示例）{number}")
        path = f"/v1/loan-applications/{firm.post('/v1/loan-applications', body)['id']}"
        bank.post(f"{path}:accept")
        bank.post(f"{path}:approve", {"amount_fen": tenth, "term_months": 12, "bank_ref": f"PAR-{number}"})
        applications.append(path)
    rate = bank.get("/v1/lpr")["rate_ppm"]

    def sign(number: int) -> httpx.Response:
        terms = {
            "contract_no": f"示例合同-PAR-{number}",
            "principal_fen": tenth,
            "rate_ppm": rate,
            "term_months": 12,
            "signed_on": TODAY.isoformat(),
        }
        while True:
            answer = bank.call("POST", f"{applications[number]}:sign", terms)
            if answer.status_code != 503:  # the row was busy too long: the client tries again
                return answer

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(sign, range(50)))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 40
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"credit_line_exceeded"}
    line = firm.get(f"/v1/credit-limits/{uscc}")
    assert (line["reserved_fen"], line["available_fen"]) == (tenth * 10, limit - tenth * 10)
    ledger = await suite.rows(
        "finance",
        f"SELECT kind, sum(amount_fen)::bigint AS fen, max(reserved_after_fen + drawn_after_fen) AS most"
        f" FROM credit_movement WHERE uscc = '{uscc}' AND kind = 'RESERVE' GROUP BY kind",
    )
    assert [dict(row) for row in ledger] == [{"kind": "RESERVE", "fen": tenth * 10, "most": tenth * 10}]


async def test_sixty_four_parallel_requests_with_one_key_have_one_effect(suite: LaunchedSuite, firm: Body) -> None:
    uscc, key = journey.made_up_code("PAR"), str(new_id())
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda _: firm.call("POST", "/v1/kvc-evaluations", {"uscc": uscc}, key=key), range(64)))
    created = [answer for answer in answers if answer.status_code == 201]
    assert created
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in created}) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency_key_running"}
    (count,) = await suite.rows(
        "finance", f"SELECT count(*) AS n FROM kv_evaluation WHERE id = '{created[0].json()['id']}'"
    )
    assert count["n"] == 1
    keys = await suite.rows("finance", f"SELECT count(*) AS n FROM idempotency_key WHERE key = '{key}'")
    assert keys[0]["n"] == 1
    other = firm.call("POST", "/v1/kvc-evaluations", {"uscc": journey.made_up_code("J1")}, key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    missing = firm.http.post("/v1/kvc-evaluations", json={"uscc": uscc})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")


def test_rubbish_never_gives_a_five_hundred(suite: LaunchedSuite, firm: Body) -> None:
    paths = ["/v1/kvc-evaluations", "/v1/loan-applications", "/v1/consents", "/v1/register-applications", "/v1/needs"]
    bodies = [b"", b"{", b"[]", b"null", b'{"uscc": NaN}', b'{"uscc": 1e400}', b'{"a":1,"a":2}', b"\xff\xfe{\x00}\x00"]
    bodies += [b'{"uscc":"\\ud800"}', b'{"uscc":"\\u0000"}', b"[" * 10_000, b'{"uscc":"' + b"x" * 2_000_000 + b'"}']
    for path in paths:
        for body in bodies:
            answer = firm.http.post(
                path, content=body, headers={"idempotency-key": str(new_id()), "content-type": "application/json"}
            )
            assert 400 <= answer.status_code < 500, (path, body[:40], answer.text)
            assert answer.headers["content-type"].startswith("application/problem+json"), (path, body[:40])
    for query in ("?limit=0", "?limit=abc", "?cursor=%00", "?cursor=xx", "?limit=99999999999999999999", "?%ff=1"):
        answer = firm.http.get(f"/v1/loan-applications{query}")
        assert answer.status_code < 500, (query, answer.text)
    english = firm.http.get("/v1/loan-applications?limit=0", headers={"accept-language": "en"}).json()
    chinese = firm.http.get("/v1/loan-applications?limit=0").json()
    assert english["title"] != chinese["title"]
    assert english["errors"][0]["pointer"]


def test_money_is_whole_fen_and_a_float_is_refused(firm: Body) -> None:
    body = {
        "bank_uscc": BANK_A,
        "amount_fen": 10.5 * WAN,
        "term_months": 12,
        "purpose": "x",
        "evaluation_id": str(new_id()),
    }
    answer = firm.call("POST", "/v1/loan-applications", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/amount_fen"
