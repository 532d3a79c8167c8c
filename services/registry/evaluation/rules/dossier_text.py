"""Integrity marks and titles as a line of text each: so they are frozen with a decision, so they are read back."""

from datetime import date

from services.registry.enterprise.rules.enterprise import IntegrityKind, OpenMark
from services.registry.enterprise.rules.qualification import HeldTitle, QualificationKind
from shared.kernel.evidence import EvidenceLevel

_OPEN = "-"
_BETWEEN = " "


def mark_text(mark: OpenMark) -> str:
    """Return a mark as `<kind> <opened> <cleared>`, `-` for what is still open.

    Source: R-TSE-01 (design: a decision keeps its frozen facts).
    """
    return _BETWEEN.join((mark.kind.value, mark.opened_on.isoformat(), _text(mark.cleared_on)))


def mark_of(text: str) -> OpenMark:
    """Return the mark that a line says.

    Source: R-TSE-01 (design: a decision keeps its frozen facts).
    """
    kind, opened, cleared = text.split(_BETWEEN)
    return OpenMark(IntegrityKind(kind), date.fromisoformat(opened), _date(cleared))


def title_text(title: HeldTitle) -> str:
    """Return a title as `<kind> <from> <until> <revoked> <rank>`; the rank is that of its kind.

    Source: R-TSE-01 (design: a decision keeps its frozen facts).
    """
    rank = title.drafting_rank if title.kind is QualificationKind.STANDARD_LEAD else title.award_rank
    days = (title.valid_from_on, title.valid_until_on, title.revoked_on)
    return _BETWEEN.join((title.kind.value, *map(_text, days), _OPEN if rank is None else str(rank)))


def title_of(text: str, number: str) -> HeldTitle:
    """Return the title that a line says.

    Source: R-TSE-01 (design: a decision keeps its frozen facts).
    """
    kind_text, start, until, revoked, rank_text = text.split(_BETWEEN)
    kind = QualificationKind(kind_text)
    rank = None if rank_text == _OPEN else int(rank_text)
    led = kind is QualificationKind.STANDARD_LEAD
    return HeldTitle(
        kind=kind,
        number=number,
        valid_from_on=date.fromisoformat(start),
        valid_until_on=_date(until),
        revoked_on=_date(revoked),
        evidence_level=EvidenceLevel.DOCUMENT,
        award_rank=None if led else rank,
        drafting_rank=rank if led else None,
    )


def _text(day: date | None) -> str:
    return _OPEN if day is None else day.isoformat()


def _date(text: str) -> date | None:
    return None if text == _OPEN else date.fromisoformat(text)
