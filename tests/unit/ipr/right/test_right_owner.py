"""Owners hold the whole of a right, always."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ipr.right.rules.right_owner import OwnerPart, Transfer, check_owners, equal_shares, transfer
from services.ipr.right.rules.right_status import LegalStatus
from shared.kernel.errors import Refusal
from shared.kernel.evidence import EvidenceLevel
from tests.unit.ipr.builders import FIRM_A, FIRM_B, evidence, firm
from tests.unit.ipr.rule_sets import book

TODAY = date(2026, 11, 23)
RULES = book().pick("right_status", TODAY)
WHOLE = [OwnerPart(uscc=FIRM_A, share_ppm=1_000_000)]


def to(*parts: tuple[str, int], on: date = date(2026, 5, 1), level: EvidenceLevel = EvidenceLevel.DOCUMENT) -> Transfer:
    owners = [OwnerPart(uscc=uscc, share_ppm=share) for uscc, share in parts]
    return Transfer(owners=owners, effective_on=on, evidence=evidence(level))


def passed(draft: Transfer, *, status: LegalStatus = LegalStatus.GRANTED, last_on: date | None = None) -> None:
    transfer(WHOLE, draft, status=status, last_on=last_on, rules=RULES, today=TODAY)


@given(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=6))
def test_shares_are_the_whole_or_refused(shares: list[int]) -> None:
    owners = [OwnerPart(uscc=firm(number), share_ppm=share) for number, share in enumerate(shares)]
    if sum(shares) == 1_000_000:
        check_owners(owners)
    else:
        with pytest.raises(Refusal) as refusal:
            check_owners(owners)
        assert refusal.value.details == {"sum_ppm": sum(shares)}


@given(st.integers(1, 50))
def test_equal_shares_differ_by_one_part_at_most_and_are_the_whole(count: int) -> None:
    shares = [one.share_ppm for one in equal_shares([firm(number) for number in range(count)])]
    assert sum(shares) == 1_000_000
    assert max(shares) - min(shares) <= 1


def test_an_owner_is_named_once() -> None:
    with pytest.raises(Refusal) as refusal:
        check_owners([OwnerPart(uscc=FIRM_A, share_ppm=500_000)] * 2)
    assert (refusal.value.code.code, refusal.value.pointer) == ("owner_twice", "/owners/1/uscc")


def test_a_right_passes_to_all_owners_named() -> None:
    passed(to((FIRM_A, 400_000), (FIRM_B, 600_000)))
    passed(to((FIRM_B, 1_000_000)), last_on=date(2026, 5, 1))


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (to((FIRM_A, 1_000_000)), "transfer_changes_nothing"),
        (to((FIRM_B, 999_999)), "owner_shares_not_whole"),
        (to((FIRM_B, 1_000_000), on=date(2026, 11, 24)), "status_move_in_future"),
        (to((FIRM_B, 1_000_000), level=EvidenceLevel.DECLARED), "status_evidence_too_weak"),
        (to((FIRM_B, 1_000_000), on=date(2026, 4, 30)), "transfer_before_last"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused(draft: Transfer, code: str) -> None:
    with pytest.raises(Refusal, match=code):
        passed(draft, last_on=date(2026, 5, 1))


@pytest.mark.parametrize("status", LegalStatus)
def test_a_right_that_is_gone_does_not_pass_to_anybody(status: LegalStatus) -> None:
    living = {"FILED", "PUBLISHED", "UNDER_EXAM", "GRANTED", "RESTORED", "INVALID_PART", "INVALIDATION_DECIDED"}
    if status.value in living:
        passed(to((FIRM_B, 1_000_000)), status=status)
    else:
        with pytest.raises(Refusal, match="right_not_transferable"):
            passed(to((FIRM_B, 1_000_000)), status=status)
