"""Writing lists of achievements and needs: new ones become drafts, known ones are changed as long as they may be."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from services.techtransfer.listing.models.achievement import Achievement
from services.techtransfer.listing.models.listing import ListingColumns
from services.techtransfer.listing.models.need import Need
from services.techtransfer.listing.rules import listing as listing_rules
from services.techtransfer.listing.rules import listing_import as rules
from services.techtransfer.listing.rules import party as party_rules
from services.techtransfer.listing.rules.achievement import AchievementTerms
from services.techtransfer.listing.rules.listing import ListingTerms
from services.techtransfer.listing.rules.listing_import import ListingLine
from services.techtransfer.listing.rules.listing_list import ACHIEVEMENTS, NEEDS
from services.techtransfer.listing.rules.need import NeedTerms
from services.techtransfer.listing.store import listing as store
from services.techtransfer.listing.store.listing import Listing
from services.techtransfer.listing.usecases import achievement as achievements
from services.techtransfer.listing.usecases import listing as listings
from services.techtransfer.listing.usecases import need as needs
from services.techtransfer.listing.usecases.standing import Standing, standing_in
from shared.db.transaction import Transaction
from shared.db.turns import in_turns
from shared.kernel.actor import left_to
from shared.kernel.errors import Refusal
from shared.kernel.ids import new_id
from shared.policy.book import RuleBook
from shared.policy.rule_set import RuleSet
from shared.table.column import ListForm
from shared.table.finding import RowOutcome
from shared.table.row import CREATED, UNCHANGED, ReadRow, Written, refused

Terms = TypeVar("Terms", bound=ListingTerms)


@dataclass(frozen=True, slots=True)
class _Noun(Generic[Listing, Terms]):
    """How one of both nouns is written."""

    table: type[Listing]
    terms: type[Terms]
    form: ListForm
    post: Callable[[Transaction, Terms, RuleSet, Standing], Awaitable[Listing]]
    change: Callable[[Transaction, Listing, Terms, RuleSet, Standing], Awaitable[Listing]]


async def write_achievements(tx: Transaction, rows: Sequence[ReadRow[ListingLine]], book: RuleBook) -> list[Written]:
    """Write a batch of achievements in this transaction."""
    return await _write(
        tx,
        rows,
        book.pick(listing_rules.POLICY, tx.today),
        _Noun(
            Achievement,
            AchievementTerms,
            ACHIEVEMENTS,
            lambda tx, terms, rules, standing: achievements.post_achievement(
                tx, terms, achievement_id=new_id(), rule_set=rules, standing=standing
            ),
            lambda tx, held, terms, rules, standing: achievements.change_achievement(
                tx, held, terms, rule_set=rules, standing=standing
            ),
        ),
    )


async def write_needs(tx: Transaction, rows: Sequence[ReadRow[ListingLine]], book: RuleBook) -> list[Written]:
    """Write a batch of needs in this transaction."""
    return await _write(
        tx,
        rows,
        book.pick(listing_rules.POLICY, tx.today),
        _Noun(
            Need,
            NeedTerms,
            NEEDS,
            lambda tx, terms, rules, standing: needs.post_need(
                tx, terms, need_id=new_id(), rule_set=rules, standing=standing
            ),
            lambda tx, held, terms, rules, standing: needs.change_need(
                tx, held, terms, rule_set=rules, standing=standing
            ),
        ),
    )


async def _write(
    tx: Transaction, rows: Sequence[ReadRow[ListingLine]], rule_set: RuleSet, noun: _Noun[Any, Any]
) -> list[Written]:
    case_nos = [row.value.case_no for row in rows if row.value.case_no is not None]
    keys = [row.value.title_key for row in rows if row.value.case_no is None]
    known = await store.lock_known(tx, noun.table, case_nos=case_nos, title_keys=keys)
    by_case = {one.case_no: one for one in known}
    by_id = {one.id: one for one in known}
    seen = await store.seen_among(tx, noun.table, set(case_nos) - by_case.keys())
    standing = standing_in(tx, noun.table)
    said = [row.value.said for row in rows]
    titles = {
        (line["party_uscc"], row.value.title_key)
        for row, line in zip(rows, said, strict=True)
        if "party_uscc" in line  # else its case number names the party
    }
    await standing.read(
        titles | {(one.party_uscc, one.title_key) for one in known},
        {number for line in said for number in line.get("ip_right_nos", ())},
    )
    await standing.numbers.hold(_units_of_new(rows, standing))
    written = []
    async for row in in_turns(rows):
        line = row.value
        if line.case_no is not None:
            held = by_case.get(line.case_no)
            if held is None:
                written.append(refused(rules.not_to_change(row.cells, line.case_no, seen=line.case_no in seen)))
                continue
        else:
            # Asked line by line: one before may have given a listing this title, or taken it away.
            under = standing.open_under((line.said["party_uscc"], line.title_key))
            held = next((by_id[listing_id] for listing_id in under if listing_id in by_id), None)
        try:
            written.append(await _take(tx, row, held, rule_set, noun, standing))
        except Refusal as refusal:  # nothing of the line was written yet
            written.append(refused(rules.refused_by(refusal, row.cells)))
    await standing.numbers.keep()
    return written


def _units_of_new(rows: Sequence[ReadRow[ListingLine]], standing: Standing) -> set[str]:
    """Return the units whose numbers these lines may need."""
    return {
        line.said["unit_id"]
        for line in (row.value for row in rows)
        if line.case_no is None
        and "unit_id" in line.said
        and not standing.open_under((line.said["party_uscc"], line.title_key))
    }


async def _take(
    tx: Transaction,
    row: ReadRow[ListingLine],
    held: ListingColumns | None,
    rule_set: RuleSet,
    noun: _Noun[Any, Any],
    standing: Standing,
) -> Written:
    """Post, change or leave one listing.

    Raises:
        Refusal: what posting or changing it refuses.
    """
    line, cells = row.value, row.cells
    if held is None:
        terms, wrong = rules.terms_of(noun.terms, line.said, cells, noun.form)
        if terms is None:
            return refused(*wrong)
        await noun.post(tx, terms, rule_set, standing)
        return CREATED
    before = held.model_dump(include=set(noun.terms.model_fields))
    changes = rules.changes_of(line, before)
    if not changes:
        return UNCHANGED
    if not listing_rules.may_manage(listings.held(held), tx.actor):
        raise left_to(*party_rules.MAY_POST)
    terms, wrong = rules.terms_of(noun.terms, {**before, **changes}, cells, noun.form)
    if terms is None:
        return refused(*wrong)
    await noun.change(tx, held, terms, rule_set, standing)
    return Written(RowOutcome.UPDATED, rules.retitled(cells, before["title"], changes))
