"""Named instants at which a process may be made to fail; the product has the names only, never a way to fail.

A fault test arms a hook before the application starts; what the hook then does stands with the tests.
"""

from collections.abc import Callable

Hook = Callable[[str], None]

_hook: Hook | None = None


def arm(hook: Hook | None) -> None:
    """Let `hook` hear each instant of this process as `<service>.<point>`; None disarms."""
    global _hook  # noqa: PLW0603  # one process, one hook
    _hook = hook


def reached(service: str, point: str) -> None:
    """Say that `service` has come to `point`; nothing happens unless a hook is armed."""
    if _hook is not None:
        _hook(f"{service}.{point}")
