"""What a listing is found by, and what two listings of one party are told apart by."""

from hashlib import sha256

from services.techtransfer.listing.rules.listing import ListingTerms
from shared.kernel.fold import search_key


def title_key(title: str) -> str:
    """Return a digest that two titles share if a search would not tell them apart.

    A digest, since normalising can make a title many times as long as an index takes.

    Source: T-LIST-05 (docs/rules/techtransfer.md).
    """
    return sha256(search_key(title).encode()).hexdigest()


def search_text(terms: ListingTerms) -> str:
    """Return what a listing is found by: the keys of its title and of its keywords, one a line.

    Source: T-LIST-07 (docs/rules/techtransfer.md).
    """
    return "\n".join(search_key(words) for words in (terms.title, *terms.keywords))
