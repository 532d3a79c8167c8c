"""Statements that change behind the relay's back whether events wait or were published."""


def waiting_again(where: str = "true") -> str:
    """Return what lets events wait again that were published, as a mark that a crash took back.

    Args:
        where: condition on `outbox_event`.
    """
    return f"""
    WITH back AS (
        DELETE FROM outbox_published
        WHERE position IN (SELECT position FROM outbox_event WHERE {where}) RETURNING position
    )
    INSERT INTO outbox_waiting (position, occurred_at)
    SELECT position, occurred_at FROM outbox_event JOIN back USING (position) ON CONFLICT DO NOTHING
    """


def published_unsent(where: str = "true", *, at: str = "now()") -> str:
    """Return what notes events as published that no stream was given.

    Args:
        where: condition on `outbox_event`.
        at: instant in SQL at which they were.
    """
    return f"""
    WITH gone AS (
        DELETE FROM outbox_waiting WHERE position IN (SELECT position FROM outbox_event WHERE {where})
    )
    INSERT INTO outbox_published (position, published_at)
    SELECT position, {at} FROM outbox_event WHERE {where}
    ON CONFLICT (position) DO UPDATE SET published_at = excluded.published_at
    """
