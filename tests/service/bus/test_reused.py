"""An owner that gives a number twice is found out by those who listen; what is merely late is not."""

import pytest
from prometheus_client import REGISTRY

from shared.bus.subscription import Mode, Subscription
from shared.db.inbox import NumberReused
from shared.db.transaction import Transaction
from shared.events.envelope import Envelope
from shared.events.registry import EnterpriseChanged
from tests.support.bus import deliver, on_wire, wrap
from tests.support.lab import scalar
from tests.support.pair import Pair, count, marked, named, reaches

DEAD = "SELECT count(*) FROM dead_letter WHERE reason LIKE 'NumberReused:%'"


async def test_what_comes_under_a_taken_number_is_kept_counted_and_stops_nothing(pair: Pair) -> None:
    first, second = named("firm-1", "first"), marked("firm-1")
    async with pair.running():
        await pair.emit(first, second, second)
        await reaches(pair.listener, "SELECT count(*) FROM inbox_entry", 3)
        await pair.inject(on_wire(named("firm-1", "other"), version=1, sequence=1))
        await pair.inject(on_wire(second, version=9, sequence=1), subject=second.subject)
        await pair.inject(on_wire(second, version=9, sequence=2), subject=second.subject)
        await reaches(pair.listener, DEAD, 3)
        await pair.emit(named("firm-2", "next"), second)
        await reaches(pair.listener, "SELECT count(*) FROM inbox_entry", 5)
    assert await scalar(pair.listener, "SELECT name FROM enterprise_name WHERE uscc = 'firm-1'") == "first"
    assert pair.handlers.happened == [("firm-1", number) for number in (1, 2, 3)]
    reasons = str(await scalar(pair.listener, "SELECT string_agg(reason, '|') FROM dead_letter"))
    assert "version 1 of enterprise_name firm-1 belongs to another event" in reasons
    assert "sequence 2 of registry.integrity.changed.v1 firm-1 belongs to another event" in reasons
    assert await count(pair.listener, "SELECT max(deliveries) FROM dead_letter") == 1
    for handler in ("finance.enterprise", "finance.integrity"):
        words = {"service": "finance", "handler": handler}
        counted = REGISTRY.get_sample_value("kechuang_inbox_number_reused_total", words)
        assert counted is not None
        assert counted >= 1


async def test_a_state_that_is_late_or_comes_again_is_skipped_in_silence(pair: Pair) -> None:
    subscription, _ = pair.handlers.subscriptions()
    newest, older = wrap(named("firm-1", "new"), version=5), wrap(named("firm-1", "old"), version=3)
    for one in (newest, older, newest, older):
        await deliver(pair.listener, subscription, one)
    assert await scalar(pair.listener, "SELECT name FROM enterprise_name") == "new"


async def test_two_events_of_one_version_in_one_batch_are_found_out(pair: Pair) -> None:
    subscription, _ = pair.handlers.subscriptions()
    with pytest.raises(NumberReused):
        await deliver(pair.listener, subscription, named("firm-1", "one"), named("firm-1", "two"), version=4)


async def test_a_state_that_is_handled_singly_is_judged_by_its_last_version(pair: Pair) -> None:
    async def ignore(_tx: Transaction, _event: Envelope[EnterpriseChanged]) -> None:
        """Do nothing."""

    subscription = Subscription("finance.single", EnterpriseChanged, ignore, Mode.SINGLE)
    first = wrap(named("firm-1", "one"), version=4)
    for one in (first, wrap(named("firm-1", "older"), version=3), first):
        await deliver(pair.listener, subscription, one)
    with pytest.raises(NumberReused):
        await deliver(pair.listener, subscription, named("firm-1", "two"), version=4)
