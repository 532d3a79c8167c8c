"""Ending a loop although somebody below swallowed its cancellation."""

import asyncio


def end_if_cancelled() -> None:
    """Raise CancelledError if this task was asked to end, at the head of each loop of the bus.

    The NATS client turns a cancellation into an error of its own in places (`publish_async`, a flush under way), and
    `asyncio.wait_for` of Python 3.11 loses one that meets a result; the count of requests stays. A loop that went
    on would keep its process from stopping.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
