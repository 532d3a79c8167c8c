"""The embedded database for a command that needs it while no supervisor runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from deploy.embedded.holding import held, supervisor_pid
from deploy.embedded.launch_settings import SettingError
from deploy.embedded.process import Child, port_fault
from deploy.embedded.state_folder import StateFolder
from deploy.embedded.suite import Suite

_STOP_SECONDS = 60.0
"""Nobody waits for the command's end as for a stop: the last checkpoint and the archive may take their time."""


@contextmanager
def awake(suite: Suite) -> Iterator[None]:
    """Let the embedded database answer while the block lasts: that of the running suite, or one woken for it.

    Raises:
        SettingError: it cannot be started; the message says why.
        TimeoutError: it does not answer.
    """
    if supervisor_pid(suite.settings) is None:
        with woken(suite):
            yield
    else:
        suite.postgres.wait_until_ready()
        yield


@contextmanager
def woken(suite: Suite) -> Iterator[None]:
    """Let the embedded database answer while the block lasts, though no supervisor runs; the folder is held meanwhile.

    Raises:
        SettingError: it cannot be started; the message says why.
    """
    settings = suite.settings
    with held(settings), answering(suite):
        StateFolder(settings).refuse_missing_databases(suite.postgres.databases())
        suite.postgres.ensure_databases(suite.database_passwords, suite.owner_passwords)
        yield


@contextmanager
def answering(suite: Suite) -> Iterator[None]:
    """Run the embedded database while the block lasts; whoever calls holds the folder.

    Raises:
        SettingError: its port is taken.
    """
    port = suite.settings.ports["postgres"]
    if (fault := port_fault(port)) is not None:
        raise SettingError(f"Port {port} (postgres) cannot be used 端口 {port} 不可用: {fault}")
    suite.postgres.initialise()
    child = Child(replace(suite.postgres.program(), stop_seconds=_STOP_SECONDS))
    try:
        suite.postgres.wait_until_ready()
        yield
    finally:
        child.stop()
