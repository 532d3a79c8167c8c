"""Rule sets are noted where they are picked, for the block that decides and for no other."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from shared.policy.basis import named, noted, noting
from shared.policy.book import RuleBook

POLICIES = Path(__file__).parents[3] / "services" / "finance" / "policies"
DAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return RuleBook.from_folder(POLICIES)


def test_what_is_picked_is_noted_once_and_in_order(book: RuleBook) -> None:
    with noting():
        assert noted() == []
        terms = book.pick("loan_terms", DAY)
        book.pick("lpr_1y", DAY)
        book.pick("loan_terms", DAY)
        assert noted() == [named(terms), named(book.pick("lpr_1y", DAY))]


def test_a_block_within_another_notes_for_itself(book: RuleBook) -> None:
    with noting():
        book.pick("loan_terms", DAY)
        with noting():
            assert noted() == []
            book.pick("lpr_1y", DAY)
            assert [name.split()[0] for name in noted()] == ["lpr_1y"]
        assert [name.split()[0] for name in noted()] == ["loan_terms"]


def test_outside_of_a_block_nothing_is_noted(book: RuleBook) -> None:
    book.pick("loan_terms", DAY)
    assert noted() == []


async def test_two_calls_at_once_note_apart(book: RuleBook) -> None:
    both_began = asyncio.Barrier(2)

    async def decide(policy: str) -> list[str]:
        with noting():
            await both_began.wait()
            book.pick(policy, DAY)
            await both_began.wait()
            return [name.split()[0] for name in noted()]

    assert await asyncio.gather(decide("loan_terms"), decide("lpr_1y")) == [["loan_terms"], ["lpr_1y"]]


def test_a_book_picks_what_a_decision_names_and_the_rest_by_the_day(book: RuleBook) -> None:
    earlier = book.version("loan_terms", "2022.1")
    assert earlier is not None
    again = book.naming([named(earlier)])
    assert again.pick("loan_terms", DAY).version == "2022.1" != book.pick("loan_terms", DAY).version
    assert again.pick("lpr_1y", DAY) is book.pick("lpr_1y", DAY)


def test_a_name_that_is_not_held_or_has_other_content_is_no_decision(book: RuleBook) -> None:
    name = named(book.pick("loan_terms", DAY))
    for wrong in ("loan_terms 1999.1 0000000000000000", name[:-1] + ("0" if name[-1] != "0" else "1")):
        with pytest.raises(LookupError, match="loan_terms"):
            book.naming([wrong])
