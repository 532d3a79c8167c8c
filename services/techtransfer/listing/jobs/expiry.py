"""Ends published listings after their last day."""

from services.techtransfer.listing.usecases.listing import EXPIRED_AT_ONCE, expire_listings
from shared.bus.job import Job, JobContext


async def expire(context: JobContext) -> None:
    """End listings in transactions of bounded size until none is left."""
    while True:
        async with context.transaction() as tx:
            ended = await expire_listings(tx)
        if ended < EXPIRED_AT_ONCE:
            return


JOBS = [Job(name="expire_listings", interval_s=60, run=expire)]
