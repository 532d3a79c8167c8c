"""Which documents a case of the registry names: titles and integrity marks of the enterprises that the caller sees."""

from sqlalchemy import Select, or_, select
from sqlmodel import col

from services.registry.enterprise.models.enterprise import Enterprise, IntegrityMark
from services.registry.enterprise.models.qualification import Qualification
from services.registry.enterprise.store.scope import visible
from shared.db.document import Document, cites
from shared.db.transaction import Transaction


async def is_in_sight(tx: Transaction, document: Document) -> bool:
    """Tell whether the evidence of a title or of a mark that the caller may see names `document`."""
    seen = visible(tx.actor)
    titles = _of_a_firm(Qualification).where(
        seen,
        or_(
            cites(col(Qualification.evidence), col(Qualification.entered_by), document),
            cites(col(Qualification.revocation_evidence), col(Qualification.entered_by), document),
        ),
    )
    marks = _of_a_firm(IntegrityMark).where(
        seen,
        or_(
            cites(col(IntegrityMark.opened_evidence), col(IntegrityMark.entered_by), document),
            cites(col(IntegrityMark.cleared_evidence), col(IntegrityMark.entered_by), document),
        ),
    )
    return bool((await tx.session.execute(select(or_(titles.exists(), marks.exists())))).scalar_one())


def _of_a_firm(table: type[Qualification | IntegrityMark]) -> Select[str]:
    """Return the firms of a table's rows, joined by name: a role that sees none makes every condition vanish."""
    return select(col(table.uscc)).join_from(table, Enterprise, col(table.uscc) == col(Enterprise.uscc))
