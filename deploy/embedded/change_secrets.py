"""`make change-secrets S=finance`: what a service is let in with, made anew after somebody else may have read it."""

import secrets
from datetime import timedelta

from deploy.embedded.event_key import EventKeyFiles
from deploy.embedded.holding import held
from deploy.embedded.launch_settings import LaunchSettings
from deploy.embedded.secret import write_private
from shared.events.key_files import make_key
from shared.kernel.clock import SystemClock

_BYTES = 16


def change_secrets(settings: LaunchSettings, process: str) -> list[str]:
    """Change the secrets by which a process is let in and its events are believed; return the names of the files.

    The servers take the new ones at the next start. The old event key ends at once: what the broker took before stays
    believed. The key of personal data stays, without it nobody could read what is kept.

    Args:
        settings: of the installation, which must not run: its servers would go on with the old ones.
        process: whose secrets; those of a server of one's own are its administrator's.

    Raises:
        RunningError: the suite runs.
        StateError: the state folder cannot be used.
    """
    with held(settings):
        names = [] if process in settings.nats_urls else [f"nats-{process}"]
        if process not in settings.database_urls:
            names += [f"postgres-{process}", f"postgres-{process}-owner"]
        for name in names:
            write_private(settings.secrets / name, secrets.token_hex(_BYTES))
        keys = EventKeyFiles(settings)
        private = keys.private(process)
        make_key(process, private, keys.public, SystemClock().now(), overlap=timedelta(0))
        return [*names, private.name]
