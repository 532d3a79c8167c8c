"""Acts on rights: what is offered is accepted by the whole rule, what is not offered is refused whatever the words."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from uuid import UUID

import pytest

from services.ipr.right.rules import blemish as blemish_rules
from services.ipr.right.rules import right as rules
from services.ipr.right.rules import right_act, right_term
from services.ipr.right.rules import right_owner as owner_rules
from services.ipr.right.rules import right_status as status_rules
from services.ipr.right.rules.blemish import BlemishClearance, BlemishKind, BlemishMark, OpenBlemish
from services.ipr.right.rules.right_act import RightStanding
from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_owner import OwnerPart, Transfer
from services.ipr.right.rules.right_status import LegalStatus, RecordedMove
from services.ipr.right.rules.right_term import TermFacts
from shared.kernel.action import actions
from shared.kernel.actor import Actor, Role
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from shared.kernel.role_scope import scopes_of
from tests.unit.ipr.builders import FIRM_A, FIRM_B, evidence
from tests.unit.ipr.rule_sets import book

TODAY = date(2026, 11, 23)
SINCE = date(2024, 1, 1)
BOOK = book()
POLICY = BOOK.pick(status_rules.POLICY, TODAY)
ROLES = [role for role in Role if role is not Role.SYSTEM]
EVERYTHING = frozenset(scope for role in ROLES for scope in scopes_of(role.value))
"""So that only the role decides: which scopes a client holds is told when it is onboarded."""
FIRST = RecordedMove(UUID(int=1), 1, LegalStatus.GRANTED, SINCE, SINCE)
CASES = [
    tuple(OpenBlemish(kind, SINCE) for kind in kinds)
    for kinds in ([], [BlemishKind.OWNERSHIP_DISPUTE], [BlemishKind.INVALIDATION_REQUEST], list(BlemishKind))
]
STANDINGS = [RightStanding(*one) for one in product(RightKind, LegalStatus, EvidenceLevel, CASES)]


def _attest(case: RightStanding) -> None:
    rules.attest(case.level, evidence(EvidenceLevel.AUTHORITY_FEED))


def _move(case: RightStanding) -> None:
    # The same status once more is taken in every state, without an effect.
    first = RecordedMove(UUID(int=1), 1, case.status, SINCE, SINCE)
    new = RecordedMove(UUID(int=2), 2, case.status, TODAY, TODAY)
    status_rules.move([first], new, kind=case.kind, rules=POLICY, today=TODAY)


def _correct(case: RightStanding) -> None:
    right = RecordedMove(UUID(int=2), 0, case.status, SINCE, SINCE)
    kind = RightKind.INVENTION
    status_rules.correct(
        [FIRST], FIRST.move_id, level=FIRST.level, replacement=right, kind=kind, rules=POLICY, today=TODAY
    )


def _transfer(case: RightStanding) -> None:
    draft = Transfer(owners=[OwnerPart(uscc=FIRM_B, share_ppm=1_000_000)], effective_on=TODAY, evidence=evidence())
    before = [OwnerPart(uscc=FIRM_A, share_ppm=1_000_000)]
    owner_rules.transfer(before, draft, status=case.status, last_on=None, rules=POLICY, today=TODAY)


def _extend(case: RightStanding) -> None:
    facts = TermFacts(
        kind=case.kind,
        filed_on=date(2016, 3, 1),
        published_on=None,
        granted_on=date(2018, 3, 1),
        commercialised_on=None,
        completed_on=None,
        woody=False,
        stated_ends_on=None,
        extended_until_on=None,
    )
    ends_on = right_term.last_day(BOOK, facts) or TODAY
    right_term.extend(BOOK, facts, ends_on + timedelta(days=360))


def _mark_high_value(case: RightStanding) -> None:
    rules.mark_high_value(case.kind, EvidenceLevel.DOCUMENT, POLICY)


def _of_any(done: Callable[[BlemishKind, OpenBlemish | None], object], case: RightStanding) -> None:
    """Do it for the first kind that it is not refused for; with the refusal of the last where there is none."""
    held = {one.kind: one for one in case.open_cases}
    for kind in BlemishKind:
        try:
            done(kind, held.get(kind))
        except Refusal:
            if kind is list(BlemishKind)[-1]:
                raise
        else:
            return


def _mark_blemish(case: RightStanding) -> None:
    def done(kind: BlemishKind, held: OpenBlemish | None) -> None:
        draft = BlemishMark(kind=kind, effective_on=TODAY, evidence=evidence())
        blemish_rules.mark(held, draft, status=case.status, rules=POLICY, today=TODAY)

    _of_any(done, case)


def _clear_blemish(case: RightStanding) -> None:
    def done(kind: BlemishKind, held: OpenBlemish | None) -> None:
        draft = BlemishClearance(kind=kind, effective_on=TODAY, evidence=evidence())
        blemish_rules.clear(held, draft, rules=POLICY, today=TODAY)

    _of_any(done, case)


RULES: dict[str, Callable[[RightStanding], object]] = {
    "attest": _attest,
    "move": _move,
    "correct": _correct,
    "transfer": _transfer,
    "extend": _extend,
    "mark-high-value": _mark_high_value,
    "mark-blemish": _mark_blemish,
    "clear-blemish": _clear_blemish,
}


def accepted(case: RightStanding) -> set[str]:
    """Return the acts that the whole rules take in this state."""
    found = set()
    for name, rule in RULES.items():
        try:
            rule(case)
        except Refusal:
            continue
        found.add(name)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_what_is_offered_is_accepted_by_the_rule_and_what_is_not_is_refused(role: Role) -> None:
    who = Actor("somebody", role, EVERYTHING, FIRM_A, "500107")
    offers = 0
    for case in STANDINGS:
        told = {one.name for one in actions(right_act.ACTS, case, who, right_act.BODIES)}
        # Whoever enters what the registering bodies say does so for every firm; its owner and a stranger do not.
        assert told == (accepted(case) if role in rules.REGISTRARS else set()), case
        offers += len(told)
    assert (offers > 0) == (role in {Role.IP_CENTRE, Role.CITY})


def test_every_act_is_held_against_its_rule() -> None:
    assert [one.name for one in right_act.ACTS] == list(RULES)


def test_each_act_is_offered_in_some_state_and_those_that_depend_on_it_not_in_every() -> None:
    found = [accepted(case) for case in STANDINGS]
    assert set().union(*found) == set(RULES)
    assert set.intersection(*found) == {"move", "correct"}


def test_a_client_that_may_only_read_is_offered_nothing() -> None:
    who = Actor("reader", Role.IP_CENTRE, frozenset({"ipr.right:read"}))
    assert [one for case in STANDINGS for one in actions(right_act.ACTS, case, who, right_act.BODIES)] == []
