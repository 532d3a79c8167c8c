"""The checker bites: each wrong row that is planted in a whole suite is found, under its own letter."""

import json

import pytest

from tests.fault.checker import Checker
from tests.fault.world import World

pytestmark = [pytest.mark.timeout(300), pytest.mark.fault("K0")]
# letter, service, what is done to it behind its back, how that is put right
WRONGS = (
    (
        "K1",
        "finance",
        "UPDATE credit_line SET drawn_fen = drawn_fen + 1",
        "UPDATE credit_line SET drawn_fen = drawn_fen - 1",
    ),
    # A balance and its ledger that go astray together agree with each other, and with nothing that was paid.
    (
        "K1",
        "finance",
        """
        WITH line AS (UPDATE credit_line SET drawn_fen = drawn_fen + 1)
        UPDATE credit_movement SET drawn_after_fen = drawn_after_fen + 1
        """,
        """
        WITH line AS (UPDATE credit_line SET drawn_fen = drawn_fen - 1)
        UPDATE credit_movement SET drawn_after_fen = drawn_after_fen - 1
        """,
    ),
    (
        "K2",
        "finance",
        """
        WITH account AS (UPDATE fund_account SET paid_in_city_fen = paid_in_city_fen + 1)
        UPDATE fund_posting SET paid_in_city_after_fen = paid_in_city_after_fen + 1
        """,
        """
        WITH account AS (UPDATE fund_account SET paid_in_city_fen = paid_in_city_fen - 1)
        UPDATE fund_posting SET paid_in_city_after_fen = paid_in_city_after_fen - 1
        """,
    ),
    (
        "K2",
        "finance",
        "UPDATE cover SET released_fen = released_fen + 1 WHERE status = 'COVERED'",
        "UPDATE cover SET released_fen = released_fen - 1 WHERE status = 'COVERED'",
    ),
    (
        "K3",
        "finance",
        "UPDATE loan_application SET status = 'APPROVED', note = 'signed' WHERE status = 'SIGNED'",
        "UPDATE loan_application SET status = 'SIGNED', note = NULL WHERE note = 'signed'",
    ),
    (
        "K3",
        "finance",
        "UPDATE loan SET drawn_fen = drawn_fen - 1 WHERE contract_no = 'FAULT-1'",
        "UPDATE loan SET drawn_fen = drawn_fen + 1 WHERE contract_no = 'FAULT-1'",
    ),
    (
        "K5",
        "ipr",
        "UPDATE inbox_entry SET handler = handler || '?'",
        "UPDATE inbox_entry SET handler = rtrim(handler, '?')",
    ),
    (
        "K5",
        "registry",
        """
        INSERT INTO enterprise
        SELECT (jsonb_populate_record(one, '{"uscc": "91500107MA5XTE8T03",
                                             "id": "00000000-0000-7000-8000-000000000000"}')).*
        FROM enterprise AS one LIMIT 1
        """,
        "DELETE FROM enterprise WHERE uscc = '91500107MA5XTE8T03'",
    ),
    (
        "K7",
        "finance",
        "UPDATE audit_entry SET client_id = client_id || '?' WHERE seal_no = 1",
        "UPDATE audit_entry SET client_id = rtrim(client_id, '?') WHERE seal_no = 1",
    ),
    ("K10", "finance", "UPDATE enterprise SET name = name || '?'", "UPDATE enterprise SET name = rtrim(name, '?')"),
)


def test_a_thousand_probes_across_tenants_find_nothing(world: World) -> None:
    world.begin()
    assert Checker(world).findings(probes=1_000) == []


@pytest.mark.parametrize(
    ("letter", "service", "wrong", "right"), WRONGS, ids=[f"{letter} of {service}" for letter, service, *_ in WRONGS]
)
async def test_a_wrong_row_is_found(
    world: World, letter: str, service: str, wrong: str, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fault.checker.SETTLE_SECONDS", 0.5)
    world.begin()
    checker = Checker(world)
    await world.suite.tamper(service, wrong)
    found = await checker._all()
    await world.suite.tamper(service, right)
    assert {line.partition(":")[0] for line in found} == {letter}, found


def test_an_act_that_was_told_otherwise_than_it_stands_is_found(world: World) -> None:
    journal = world.begin()
    journal.begin("draw", "N-NEVER").state = "ok"
    journal.begin("draw", "N-FIRST").state = "refused"
    journal.begin("sign", "FAULT-1", 5).state = "ok"
    told = Checker(world).findings(probes=1)
    assert told[:2] == [
        "K4: draw N-NEVER was ok and stands 0 times",
        "K4: draw N-FIRST was refused and stands 1 times",
    ]
    assert told[2].startswith("K4: sign FAULT-1 was for 5 fen and stands with ")
    assert len(told) == 3


def test_an_undocumented_answer_is_found(world: World) -> None:
    journal = world.begin()
    journal.saw("GET", "/v1/loans/{loan_id}", 418, "text/plain", 0.0)
    found = Checker(world).findings(probes=1)
    assert [line.partition(":")[0] for line in found] == ["K9", "K9"], found


def test_an_error_of_ours_is_told_with_what_was_logged(world: World) -> None:
    raised = {"exc_type": "KeyError", "exc_value": "planted", "frames": [{"filename": "money.py", "lineno": 7}]}
    log = world.suite.state / "logs" / "planted.log"
    log.write_text(json.dumps({"event": "unforeseen", "path": "/v1/loans", "exception": [raised]}) + "\n")
    try:
        world.begin().saw("GET", "/v1/loans/{loan_id}", 500, "application/problem+json", 0.0)
        found = Checker(world).findings(probes=1)
    finally:
        log.unlink()
    assert "K9: logged by planted.log /v1/loans: KeyError planted at ['money.py:7']" in found


def test_a_row_that_a_stranger_may_see_is_found(world: World) -> None:
    journal = world.begin()
    world.clients["bank-b"] = world.client("bank-a")
    found = Checker(world)._k8(5)
    del world.clients["bank-b"]
    assert len(found) == 5, journal.answers
