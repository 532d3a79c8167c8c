"""What already stands beside listings that are written: parties, open listings, rights, numbers; read once for many."""

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from services.techtransfer.listing.models.listing import ListingColumns
from services.techtransfer.listing.rules.ip_right import HeldRight, number_key
from services.techtransfer.listing.rules.party import RegisteredParty
from services.techtransfer.listing.store import ip_right as right_store
from services.techtransfer.listing.store import listing as store
from services.techtransfer.listing.store import party as party_store
from shared.db.case_no import CaseNumbers, CaseSeries
from shared.db.transaction import Transaction

TitleOfParty = tuple[str, str]
"""A party's code and the key of a title."""


@dataclass(slots=True)
class Standing:
    """What stands beside the listings of one kind that one transaction writes; it is kept current while they are.

    What was not read before is read when it is asked for, so that one listing needs no preparation.
    """

    tx: Transaction
    table: type[ListingColumns]
    numbers: CaseNumbers
    parties: dict[str, RegisteredParty | None] = field(default_factory=dict)
    titles: dict[TitleOfParty, dict[UUID, str]] = field(default_factory=dict)
    rights: dict[str, list[HeldRight]] = field(default_factory=dict)
    _freed: set[TitleOfParty] = field(default_factory=set)

    async def read(self, titles: Collection[TitleOfParty], right_nos: Collection[str] = ()) -> None:
        """Read the parties and open listings of these titles, and the rights under these numbers, as posters write."""
        parties = {uscc for uscc, _ in titles} - self.parties.keys()
        if parties:
            registered = await party_store.registered(self.tx, parties)
            self.parties |= {uscc: registered.get(uscc) for uscc in parties}
        unread = set(titles) - self.titles.keys()
        if unread:
            self.titles |= {title: {} for title in unread}
            for one in await store.open_under(self.tx, self.table, unread):
                self.titles[one.party_uscc, one.title_key][one.id] = one.case_no
        numbers = {number_key(number) for number in right_nos} - self.rights.keys()
        if numbers:
            self.rights |= {number: [] for number in numbers}
            for right in await right_store.of_numbers(self.tx, numbers):
                self.rights[right.right_no].append(right)

    async def party(self, uscc: str) -> RegisteredParty | None:
        """Return an enterprise as it is registered, or None for a code that is not."""
        if uscc not in self.parties:
            self.parties[uscc] = await party_store.find_registered(self.tx, uscc)
        return self.parties[uscc]

    async def twin(self, title: TitleOfParty, *, but: UUID | None) -> str | None:
        """Return the case number of the party's open listing under the same title, other than `but`."""
        await self.read([title])
        return next((case_no for listing_id, case_no in self.titles[title].items() if listing_id != but), None)

    async def rights_of(self, numbers: Collection[str]) -> list[HeldRight]:
        """Return the rights that ipr told of under some numbers, as posters write them."""
        await self.read([], numbers)
        return [right for key in {number_key(number) for number in numbers} for right in self.rights[key]]

    def open_under(self, title: TitleOfParty) -> Collection[UUID]:
        """Return the party's open listings under a title that was read, as they stand by now."""
        return self.titles[title].keys()

    async def make_free(self, title: TitleOfParty) -> None:
        """Write what has left a title, before another listing takes it: new rows would be written before changed."""
        if title in self._freed:
            await self.tx.session.flush()
            self._freed.clear()

    def opened(self, title: TitleOfParty, listing_id: UUID, case_no: str) -> None:
        """Keep that a listing is open under a title."""
        self.titles.setdefault(title, {})[listing_id] = case_no

    def left(self, title: TitleOfParty, listing_id: UUID) -> None:
        """Keep that a listing no longer stands under a title."""
        self.titles.get(title, {}).pop(listing_id, None)
        self._freed.add(title)


def standing_in(tx: Transaction, table: type[ListingColumns]) -> Standing:
    """Return what stands, nothing of it read yet; whoever posts with it calls `numbers.keep` at the end."""
    return Standing(tx, table, CaseNumbers(tx, CaseSeries.TECHTRANSFER))
