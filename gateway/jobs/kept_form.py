"""The loop that deletes what has served: forms that nobody came back for, questions that were answered."""

from datetime import timedelta

from gateway.store.authorization import forget_before as forget_grants_before
from gateway.store.kept_form import forget_before
from gateway.store.passkey import forget_challenges_before
from shared.bus.job import Job, JobContext

_EVERY_S = 300.0
_LONGEST_SESSION = timedelta(hours=168)
"""As long as the settings let any session live."""


async def _run(ctx: JobContext) -> None:
    async with ctx.transaction() as tx:
        await forget_before(tx, tx.now)
        await forget_challenges_before(tx, tx.now)
        await forget_grants_before(tx, tx.now - _LONGEST_SESSION)


FORGET_KEPT_FORMS = Job("forget_kept_forms", _EVERY_S, _run)
