"""The loop that makes the next signing key in time and shows every process the keys of all."""

from gateway.settings import GatewaySettings
from gateway.usecases.signing_key import Keyring, KeySeal, refresh
from shared.bus.job import Job, JobContext

_EVERY_S = 20.0


def keep_keys(ring: Keyring, seal: KeySeal) -> Job:
    """Return the job that keeps `ring` as the database says."""

    async def run(ctx: JobContext) -> None:
        settings = ctx.settings
        if not isinstance(settings, GatewaySettings):
            raise TypeError("the gateway's jobs run with the gateway's settings")
        async with ctx.transaction() as tx:
            await refresh(tx, ring, seal, days=settings.key_days)

    return Job("keep_keys", _EVERY_S, run)
