"""Rights that an achievement claims: each number is told as it stands."""

from datetime import date

import pytest

from services.techtransfer.listing.rules.ip_right import (
    ClaimFinding,
    HeldRight,
    check_claims,
    number_key,
    require_claims,
)
from shared.kernel.errors import Refusal

TODAY, OWN, OTHER = date(2026, 11, 23), "91500107MA0000001M", "91500107MA0000002K"
NUMBER = "2021101234567"


def right(status: str = "GRANTED", owner: str = OWN, ends_on: date | None = date(2041, 1, 1)) -> HeldRight:
    """Return a right as ipr told it."""
    return HeldRight(NUMBER, status, (owner,), ends_on)


@pytest.mark.parametrize(
    ("held", "finding"),
    [
        ([], "UNKNOWN"),
        ([right()], "VALID"),
        ([right("UNDER_EXAM", ends_on=None)], "PENDING"),
        ([right("LAPSED_FEE")], "LAPSED"),
        ([right(ends_on=date(2026, 11, 22))], "LAPSED"),
        ([right(ends_on=TODAY)], "VALID"),
        ([right(owner=OTHER)], "OF_OTHERS"),
        ([right("LAPSED_FEE", owner=OTHER), right()], "VALID"),
    ],
)
def test_each_number_is_told_as_it_stands(held: list[HeldRight], finding: str) -> None:
    (check,) = check_claims(["ZL 202110123456.7"], held, party_uscc=OWN, today=TODAY)
    assert (check.right_no, check.finding) == ("ZL 202110123456.7", finding)


@pytest.mark.parametrize(
    "written", ["ZL202110123456.7", "cn202110123456.7", "２０２１１０１２３４５６７", " 202110123456.7"]
)
def test_a_number_is_known_however_it_is_written(written: str) -> None:
    assert number_key(written) == NUMBER


def test_only_an_ended_right_and_anothers_without_authority_are_refused() -> None:
    def refused(held: HeldRight, *, has_authority: bool = False) -> None:
        require_claims(check_claims([NUMBER], [held], party_uscc=OWN, today=TODAY), has_authority=has_authority)

    with pytest.raises(Refusal, match="claimed_right_lapsed"):
        refused(right("INVALID_FULL"), has_authority=True)
    with pytest.raises(Refusal, match="claimed_right_of_others") as caught:
        refused(right(owner=OTHER))
    assert caught.value.pointer == "/ip_right_nos/0"
    refused(right(owner=OTHER), has_authority=True)
    refused(right())
    assert ClaimFinding.UNKNOWN in ClaimFinding
