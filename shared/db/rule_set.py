"""Published rule sets: a version, once published, never changes; decisions name it by SHA-256."""

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

from sqlalchemy import text

from shared.db.lock import lock_transaction
from shared.db.transaction import Transaction
from shared.events.event import Event
from shared.policy.book import RuleBook
from shared.policy.header import Header
from shared.policy.rule_set import RuleSet


class PublishedRuleSetChanged(Exception):  # noqa: N818  # says what happened
    """A file differs from what was published under its version: give it a new version instead."""


_HELD = text("SELECT sha256 FROM rule_set_version WHERE policy = :policy AND version = :version")
_PUBLISH = text("""
INSERT INTO rule_set_version (policy, version, sha256, effective_from, effective_to, source_no, content, published_at)
VALUES (:policy, :version, :sha256, :effective_from, :effective_to, :source_no, :content, :now)
""")
_LOAD = text("SELECT content FROM rule_set_version WHERE sha256 = :sha256")
_LIST = text("""
SELECT policy, version, sha256, effective_from, effective_to, source_no, published_at
FROM rule_set_version ORDER BY policy, effective_from, version
""")

EventClass = Callable[..., Event]


async def publish_folder(tx: Transaction, folder: Path, event_class: EventClass) -> RuleBook:
    """Publish each file of `folder` that is not yet published, and return the book of all of them.

    Raises:
        PublishedRuleSetChanged: a file was changed after its version had been published.
        RuleSetInvalid: a file does not pass the checks; it names file, node and row.
    """
    book = RuleBook.from_folder(folder)
    await lock_transaction(tx.session, "publish_rule_sets")
    for rule_set in book.rule_sets:
        await _publish(tx, rule_set, event_class)
    return book


async def _publish(tx: Transaction, rule_set: RuleSet, event_class: EventClass) -> None:
    words = {"policy": rule_set.policy, "version": rule_set.version}
    held = (await tx.session.execute(_HELD, words)).scalar_one_or_none()
    if held == rule_set.sha256:
        return
    if held is not None:
        raise PublishedRuleSetChanged(
            f"{rule_set.policy} {rule_set.version} was published as {held[:12]}, the file is {rule_set.sha256[:12]}: "
            "a published version never changes, publish the change under a new version"
        )
    header = rule_set.header
    in_force: dict[str, date | None] = {
        "effective_from": header.effective_from,
        "effective_to": header.effective_to,
    }
    await tx.session.execute(
        _PUBLISH,
        {
            **words,
            **in_force,
            "sha256": rule_set.sha256,
            "source_no": header.source_no,
            "content": rule_set.content,
            "now": tx.now,
        },
    )
    tx.emit(
        event_class(
            **words,
            valid_from_on=header.effective_from,
            valid_until_on=header.effective_to,
            sha256=rule_set.sha256,
            source_no=header.source_no,
        )
    )


async def load(tx: Transaction, sha256: str) -> RuleSet | None:
    """Return the published rule set with this hash, parsed anew from the database, or None."""
    content = (await tx.session.execute(_LOAD, {"sha256": sha256})).scalar_one_or_none()
    return None if content is None else RuleSet.parse(bytes(content))


async def headers(tx: Transaction, book: RuleBook, sha256s: Collection[str]) -> dict[str, Header]:
    """Return the headers of rule sets by hash, each read once for a whole list; one that is not held is left out."""
    found = {one: book.by_sha256(one) or await load(tx, one) for one in set(sha256s)}
    return {sha256: rule_set.header for sha256, rule_set in found.items() if rule_set is not None}


async def published(tx: Transaction) -> list[dict[str, str | None]]:
    """Return what is published, for the version page."""
    return [
        {name: None if value is None else str(value) for name, value in row.items()}
        for row in (await tx.session.execute(_LIST)).mappings()
    ]
