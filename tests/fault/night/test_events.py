"""G6: a poison event and a stuck break, typed out of the page after they were made on purpose."""

import asyncio
import re
from collections.abc import Callable

import httpx
import pytest

from deploy.demo.firm import STORY_FIRM
from tests.fault.night.forger import forge
from tests.fault.night.operator import Operator, change, names, register, rows
from tests.fault.test_restore import back_up, restore
from tests.support.journey import demo_body, eventually, made_up_code
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.fault("G6"), pytest.mark.timeout(900)]
_POISONED = made_up_code("PQXN")
_TRAP = f"""
CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.uscc = '{_POISONED}' THEN RAISE EXCEPTION 'this firm is poison'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON enterprise FOR EACH ROW EXECUTE FUNCTION trap();
"""


def letter_in(listed: str, subject: str) -> str:
    """Return the number of finance's letter of a subject, as the list prints it."""
    found = re.search(rf"^(\d+)\tfinance\t\S+\t{re.escape(subject)}\t", listed, re.MULTILINE)
    assert found, listed
    return found[1]


@pytest.mark.night("Poison event, dead letter", blocks=(0, 1), names=("dead_letters", "trouble_behind"))
def test_a_poison_event_is_replayed_when_its_reason_is_mended_and_a_forged_one_is_discarded(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    subject, forged = "registry.enterprise.changed.v1", "registry.filing.accepted.v1"
    change(suite, "finance", _TRAP)
    assert register(suite, _POISONED).status_code == httpx.codes.CREATED
    operator.sees("dead_letters", "finance")
    operator.sees("trouble_behind", "gateway")
    number = letter_in(operator.types(), subject)
    shown = operator.types({"…": number})
    assert _POISONED in shown
    assert "this firm is poison" not in shown, "what a database says may hold personal data"
    change(suite, "finance", "DROP TRIGGER trap ON enterprise; DROP FUNCTION trap()")
    assert "finance: 1 封已重放 replayed" in operator.types()
    assert rows(suite, "finance", f"SELECT 1 FROM enterprise WHERE uscc = '{_POISONED}'")
    operator.sees_no_longer("dead_letters", "finance")

    forge(suite, forged, signed=False, revenue_fen=900_000_000_000)
    operator.sees("dead_letters", "finance")
    number = letter_in(suite.make("kechuang", "ARGS=dead-letter list finance").stdout, forged)
    assert f"finance: {number} 已作废 discarded" in operator.types({"…": number})
    operator.sees_people_served()


def is_closed(suite: LaunchedSuite, service: str, path: str) -> bool:
    """Tell whether changes of a service are refused with the reason."""
    answer = demo_body(suite, "city" if service == "registry" else "enterprise-1").call("POST", path, {})
    return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and answer.json()["code"] == "history_regressed"


@pytest.mark.night("Stuck break", blocks=(1,), names=("history_regressed",))
def test_a_service_in_whose_name_somebody_spoke_opens_again_with_new_secrets_and_without_the_foreign_event(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    subject = "registry.enterprise.changed.v1"
    secret = suite.settings.secrets / "nats-registry"
    stolen, foreign = secret.read_text(), forge(suite, subject, signed=True, name="示例冒名有限公司")
    register(suite, made_up_code("AFTER01"))
    operator.sees("history_regressed", "registry")
    assert is_closed(suite, "registry", "/v1/enterprises")
    for _ in range(3):  # make stop, change-secrets, run
        operator.types()
    assert secret.read_text() != stolen
    listed = operator.types()
    assert foreign in listed
    assert "registry: open again 已恢复办理" in operator.types({"…": foreign})
    operator.sees_people_served()
    # The thief's secrets open nothing any more.
    with pytest.raises(Exception, match=r"(?i)authorization"):
        asyncio.run(asyncio.wait_for(entered(suite, stolen), 5))
    assert rows(suite, "finance", "SELECT 1 FROM enterprise WHERE name = '示例冒名有限公司'") == []
    # What took effect with others before it was discarded is named to whoever verifies, with the decision; all agrees.
    verified = suite.make("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    (told,) = [line for line in verified.stdout.splitlines() if foreign in line and line.startswith("finance: ")]
    assert "discarded after it took effect" in told
    assert "a secret was stolen 密钥被盗" in told


async def entered(suite: LaunchedSuite, password: str) -> None:
    """Enter the broker as the registry."""
    import nats

    address = f"nats://registry:{password}@127.0.0.1:{suite.ports['nats']}"
    client = await nats.connect(address, allow_reconnect=False, max_reconnect_attempts=0)
    await client.close()


@pytest.mark.night("Stuck break", blocks=(0,), names=("history_regressed",))
def test_a_service_that_was_set_back_to_an_older_backup_opens_again_when_that_is_accepted(
    night_suite: LaunchedSuite, at_night: Callable[[LaunchedSuite], Operator]
) -> None:
    suite, operator = night_suite, at_night(night_suite)
    firm = demo_body(suite, "enterprise-1")
    evaluated = "SELECT count(*) AS n FROM outbox_event WHERE subject = 'finance.evaluation.completed.v1'"
    back_up(suite)
    suite.wait_until_ready()
    body = {"uscc": STORY_FIRM.uscc}
    eventually(lambda: firm.call("POST", "/v1/kvc-evaluations", body).status_code, lambda code: code == 201)
    eventually(lambda: rows(suite, "finance", "SELECT 1 FROM outbox_waiting"), lambda waiting: waiting == [])
    (before,) = rows(suite, "finance", evaluated)
    restore(suite)
    operator.sees("history_regressed", "finance")
    assert is_closed(suite, "finance", "/v1/kvc-evaluations")
    listed = operator.types()
    assert "finance.evaluation.completed.v1" in listed
    assert "finance: open again 已恢复办理" in operator.types()
    operator.sees_people_served()
    eventually(lambda: firm.call("POST", "/v1/kvc-evaluations", body).status_code, lambda code: code == 201)
    (after,) = rows(suite, "finance", evaluated)
    assert after["n"] > before["n"]
    assert "history_regressed" not in names(suite, "finance")
