"""What happened with a loan in the order of its days, and what is still ahead, as the timeline shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.console.format import day, money
from gateway.console.words import Words

Row = Mapping[str, Any]
Entry = dict[str, Any]
_PAID_OUT = "DISBURSED"


def loan_story(
    loan: Row, drawdowns: Sequence[Row], repayments: Sequence[Row], covers: Sequence[Row], words: Words
) -> list[Entry]:
    """Return the entries of the timeline, oldest first, what is ahead last.

    Args:
        loan: as the API tells it.
        drawdowns: under it.
        repayments: of its drawdowns.
        covers: of its drawdowns.
        words: of the reader.
    """
    _ = words.gettext
    notes = {one["id"]: one["note_no"] for one in drawdowns}
    done = [(loan["signed_on"], _("Signed"), money(words, loan["principal_fen"]))]
    ahead = []
    for one in drawdowns:
        done.append((one["starts_on"], _("Paid out"), f"{one['note_no']}, {money(words, one['amount_fen'])}"))
        if one["status"] == _PAID_OUT:
            owed = f"{one['note_no']}, {money(words, one['outstanding_fen'])}"
            ahead.append((one["matures_on"], _("To be repaid"), owed))
    done.extend(
        (one["value_on"], _("Repaid"), f"{one['note_no']}, {money(words, one['amount_fen'])}") for one in repayments
    )
    for one in covers:
        note = notes.get(one["drawdown_id"], "")
        done.append((one["filed_on"], _("Filed for cover"), note))
        if one["decided_at"]:
            done.append((one["decided_at"], words.value("CoverStatus", _decided(one)), note))
    if loan["undrawn_fen"]:
        ahead.append((loan["draw_until_on"], _("Drawing ends"), money(words, loan["undrawn_fen"])))
    return [*_told(done, words, is_done=True), *_told(ahead, words, is_done=False)]


def _decided(cover: Row) -> str:
    """Return what was decided: cover that was released since had been given."""
    return "REFUSED" if cover["status"] == "REFUSED" else "COVERED"


def _told(entries: Sequence[tuple[str, str, str]], words: Words, *, is_done: bool) -> list[Entry]:
    ordered = sorted(entries, key=lambda one: one[0][:10])
    return [{"at": day(words, at), "title": title, "text": text, "done": is_done} for at, title, text in ordered]
