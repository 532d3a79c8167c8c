"""Portfolios, and the rights of firms as a summary sees them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import or_, select, text
from sqlmodel import col

from services.ipr.right.models.portfolio import Portfolio
from services.ipr.right.rules.portfolio import HeldRight
from services.ipr.right.rules.right import HighValueGround
from services.ipr.right.rules.right_kind import RightKind
from services.ipr.right.rules.right_status import LegalStatus
from shared.db.statement import Statement
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.evidence import EvidenceLevel
from shared.policy.rule_set import RuleSet

COUNTS = ("class_1_count", "class_2_count", "high_value_count", "blemished_count")


@dataclass(frozen=True, slots=True)
class ToldSummary:
    """A firm's summary as it was last told; `told_at` is None before the first time."""

    uscc: str
    class_1_count: int
    class_2_count: int
    high_value_count: int
    blemished_count: int
    kinds: list[dict[str, Any]]
    rule_set_sha256: str
    told_at: datetime | None


_MAKE = text("""
INSERT INTO ip_portfolio (uscc, as_of_on, class_1_count, class_2_count, high_value_count, blemished_count, kinds,
                          rule_set_version, rule_set_sha256, updated_at)
SELECT uscc, CAST(:today AS date), 0, 0, 0, 0, CAST('[]' AS jsonb), CAST(:version AS text), CAST(:sha256 AS text),
       CAST(:now AS timestamptz)
FROM jsonb_array_elements_text(CAST(:usccs AS jsonb)) AS uscc ORDER BY uscc ON CONFLICT (uscc) DO NOTHING
""")
# Whoever marks holds the row until its commit, marked before or not: no sum misses the rights that stand behind it.
_MARK = text("""
INSERT INTO ip_portfolio AS held (uscc, as_of_on, class_1_count, class_2_count, high_value_count, blemished_count,
                                  kinds, rule_set_version, rule_set_sha256, updated_at, stale_since)
SELECT uscc, CAST(:today AS date), 0, 0, 0, 0, CAST('[]' AS jsonb), CAST(:version AS text), CAST(:sha256 AS text),
       CAST(:now AS timestamptz), CAST(:now AS timestamptz)
FROM jsonb_array_elements_text(CAST(:usccs AS jsonb)) AS uscc ORDER BY uscc
ON CONFLICT (uscc) DO UPDATE SET stale_since = excluded.stale_since WHERE held.stale_since IS NULL
""")
_SAVE = text("""
UPDATE ip_portfolio AS held SET
    as_of_on = :today, updated_at = :now, rule_set_version = :version, rule_set_sha256 = :sha256,
    class_1_count = fresh.class_1_count, class_2_count = fresh.class_2_count,
    high_value_count = fresh.high_value_count, blemished_count = fresh.blemished_count, kinds = fresh.kinds,
    next_change_on = fresh.next_change_on, stale_since = NULL,
    told_at = CASE WHEN fresh.changed THEN :now ELSE held.told_at END
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS fresh (
    uscc text, class_1_count int, class_2_count int, high_value_count int, blemished_count int, kinds jsonb,
    next_change_on date, changed boolean)
WHERE held.uscc = fresh.uscc
""")


async def lock(tx: Transaction, usccs: Collection[str], rules: RuleSet) -> dict[str, ToldSummary]:
    """Return what was last told of these firms and hold their rows, in order of their codes; a missing row is made.

    The row is the firm's lock: two rights of one firm that change at once are summed one after the other.
    """
    if not usccs:
        return {}
    await tx.session.execute(_MAKE, _made(tx, usccs, rules))
    columns = (col(getattr(Portfolio, name)) for name in ("uscc", *COUNTS, "kinds", "rule_set_sha256", "told_at"))
    query = select(*columns).where(col(Portfolio.uscc).in_(usccs)).order_by(col(Portfolio.uscc)).with_for_update()
    return {row.uscc: ToldSummary(**row) for row in (await tx.session.execute(query)).mappings()}


async def mark_stale(tx: Transaction, usccs: Collection[str], rules: RuleSet) -> None:
    """Say that the rights of these firms changed, and hold the firms' rows, in order of their codes."""
    if usccs:
        await tx.session.execute(_MARK, _made(tx, usccs, rules))


async def lock_stale(tx: Transaction, limit: int) -> Sequence[str]:
    """Return firms that wait to be summed up, at most `limit`, by code, and hold their rows.

    Firms that another process holds are left to it; where there are no others, they are waited for: none is returned
    only if nobody holds one that is still stale.
    """
    query = select(col(Portfolio.uscc)).where(col(Portfolio.stale_since).is_not(None)).order_by(col(Portfolio.uscc))
    free = query.limit(limit).with_for_update(skip_locked=True)
    while not (firms := (await tx.session.execute(free)).scalars().all()):
        if (await tx.session.execute(query.limit(1))).first() is None:
            break
        await tx.session.execute(query.limit(1).with_for_update())
    return firms


async def save(tx: Transaction, rows: Sequence[dict[str, Any]], rules: RuleSet) -> None:
    """Keep the summaries of firms whose rows are held; `changed` marks those that are told in this transaction."""
    if rows:
        given = {"today": tx.today, "now": tx.now, "version": rules.version, "sha256": rules.sha256}
        await tx.session.execute(_SAVE, {"rows": orjson.dumps(list(rows)).decode(), **given})


_OWN = """
SELECT owner.uscc, owner.share_ppm, ip_right.kind, ip_right.legal_status, ip_right.evidence_level, ip_right.filed_on,
       ip_right.granted_on, ip_right.ends_on,
       (SELECT jsonb_agg(ground) FROM ip_right_ground WHERE ip_right_ground.right_id = ip_right.id) AS grounds,
       EXISTS (SELECT FROM ip_blemish WHERE ip_blemish.right_id = ip_right.id AND cleared_on IS NULL) AS blemished
FROM ip_right_owner AS owner JOIN ip_right ON ip_right.id = owner.right_id
WHERE owner.uscc = {firms}
"""
_HELD = Statement(_OWN.format(firms="ANY(CAST(:usccs AS varchar[]))"))
_SEEN = Statement(f"""
SELECT firm.uscc IS NOT NULL AS registered, firm.name,
       EXISTS (SELECT FROM ip_portfolio WHERE ip_portfolio.uscc = :uscc) AS summed_up,
       (SELECT jsonb_agg(to_jsonb(own)) FROM ({_OWN.format(firms=":uscc")}) AS own) AS rights
FROM (VALUES (1)) AS one LEFT JOIN enterprise AS firm ON firm.uscc = :uscc
    AND (CAST(:sees_all AS boolean) OR firm.uscc = :party OR firm.unit_id = :unit_id)
""")  # noqa: S608  # constant text


@dataclass(frozen=True, slots=True)
class SeenFirm:
    """A firm as the caller of its summary sees it.

    Attributes:
        registered: whether the registry told of it, and the caller may see what it told.
        name: the name that it told.
        summed_up: whether its rights were ever summed up, whoever asks.
        rights: its rights, whoever asks.
    """

    registered: bool
    name: str | None
    summed_up: bool
    rights: list[HeldRight]


async def seen_firm(tx: Transaction, uscc: str, *, sees_all: bool) -> SeenFirm:
    """Return a firm with its rights; what the registry told is seen by itself, its unit, and who sees all."""
    actor = tx.actor
    values = {
        "uscc": uscc,
        "sees_all": sees_all,
        "party": actor.party if actor.role is Role.ENTERPRISE else None,
        "unit_id": actor.unit_id if actor.role is Role.DISTRICT else None,
    }
    row = (await _SEEN.execute(tx.session, values)).one()
    return SeenFirm(row.registered, row.name, row.summed_up, [_held(one) for one in row.rights or ()])


async def held_rights(tx: Transaction, usccs: Collection[str]) -> dict[str, list[HeldRight]]:
    """Return the rights of each firm with its share, grounds and open blemishes, in one statement."""
    found: dict[str, list[HeldRight]] = {uscc: [] for uscc in usccs}
    for row in (await _HELD.execute(tx.session, {"usccs": list(usccs)})).mappings():
        found[row["uscc"]].append(_held(row))
    return found


def _held(row: Any) -> HeldRight:  # noqa: ANN401  # a row, or the same as JSON
    return HeldRight(
        kind=RightKind(row["kind"]),
        status=LegalStatus(row["legal_status"]),
        level=EvidenceLevel(row["evidence_level"]),
        share_ppm=row["share_ppm"],
        filed_on=_day(row["filed_on"]),
        granted_on=_day(row["granted_on"]),
        ends_on=_day(row["ends_on"]),
        grounds=frozenset(HighValueGround(ground) for ground in row["grounds"] or ()),
        blemished=row["blemished"],
    )


def _day(told: date | str | None) -> date | None:
    """Return a day, which is a text where it stood in JSON."""
    return date.fromisoformat(told) if isinstance(told, str) else told


async def due(tx: Transaction, today: date, rules: RuleSet, limit: int, after: str) -> Sequence[str]:
    """Return firms whose summary time or a new rule set may have changed, by code, from behind `after` on."""
    query = select(col(Portfolio.uscc)).where(
        or_(col(Portfolio.next_change_on) <= today, col(Portfolio.rule_set_sha256) != rules.sha256),
        col(Portfolio.uscc) > after,
    )
    return (await tx.session.execute(query.order_by(col(Portfolio.uscc)).limit(limit))).scalars().all()


def _made(tx: Transaction, usccs: Collection[str], rules: RuleSet) -> dict[str, object]:
    codes = orjson.dumps(sorted(usccs)).decode()
    return {"usccs": codes, "today": tx.today, "now": tx.now, "version": rules.version, "sha256": rules.sha256}
