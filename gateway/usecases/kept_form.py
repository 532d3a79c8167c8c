"""What somebody typed when their session ended: kept sealed for a while, for the same person and page alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson

from gateway.models import KeptForm
from gateway.store import account as accounts
from gateway.store import kept_form as store
from gateway.usecases.sign_in import token_hash
from shared.db.transaction import Transaction
from shared.kernel.ids import new_id
from shared.kernel.personal import Personal

LARGEST_BYTES = 200_000
"""A larger form is not kept; what is as long as that comes as a file."""
_PATH_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed.

    Attributes:
        fields: field → values.
        had_files: whether a file was chosen, which is not kept.
    """

    fields: Mapping[str, list[str]]
    had_files: bool


async def keep(tx: Transaction, token: str, path: str, typed: Typed, *, for_: timedelta) -> UUID | None:
    """Keep what was typed for whoever the ended session of a browser was of; None where that cannot be done.

    Args:
        tx: the transaction.
        token: of the session, as the browser still holds it.
        path: of the page on which it stands again.
        typed: what was typed.
        for_: how long it is kept.
    """
    content = orjson.dumps({"fields": dict(typed.fields), "had_files": typed.had_files})
    session = await accounts.session_of(tx, token_hash(token))
    if session is None or session.waits_for_code or len(content) > LARGEST_BYTES or len(path) > _PATH_LENGTH:
        return None
    kept = KeptForm(
        id=new_id(),
        account_id=session.account_id,
        path=path,
        typed=Personal(content.decode()),
        kept_until_at=tx.now + for_,
    )
    tx.session.add(kept)
    tx.audit("form.kept", subject=f"account/{session.account_id}", detail={"path": path})
    return kept.id


async def find(tx: Transaction, kept_id: UUID, account_id: UUID, path: str) -> Typed | None:
    """Return what a person typed on a page, None if nothing of theirs is kept for it."""
    held = await store.find(tx, kept_id, account_id, path)
    if held is None:
        return None
    told = orjson.loads(held.typed.reveal())
    return Typed(told["fields"], told["had_files"])
