"""Who holds a state folder: one supervisor at a time, or a command that needs the servers while no supervisor runs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.embedded.launch_settings import LaunchSettings, SettingError
from deploy.embedded.state_folder import StateFolder


class RunningError(SettingError):
    """Another supervisor holds this state folder."""

    def __init__(self, settings: LaunchSettings) -> None:
        """Say where, and how to end it."""
        super().__init__(
            f"Already running on {settings.home} at {settings.url}; `make stop` ends it 已在运行，可用 make stop 停止"
        )


@contextmanager
def held(settings: LaunchSettings, *, restoring: bool = False) -> Iterator[None]:
    """Hold the state folder: one supervisor at a time.

    Args:
        settings: of the installation.
        restoring: whether missing pieces are about to be put back, so that they are no reason to refuse.

    Raises:
        RunningError: another supervisor holds it.
        StateError: it cannot be used.
    """
    if supervisor_pid(settings) is not None:
        raise RunningError(settings)
    state = StateFolder(settings)
    state.open(restoring=restoring)
    with (settings.home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise RunningError(settings) from taken
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            state.give_to_owner()


def supervisor_pid(settings: LaunchSettings) -> int | None:
    """Return the process that holds the state folder, or None."""
    try:
        with (settings.home / "lock").open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0) or None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        pass  # who may not look is told so by the state folder
    return None
