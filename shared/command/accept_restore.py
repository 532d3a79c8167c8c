"""The way out after a restored backup: `python -m shared.command.accept_restore list finance`, then `accept finance`.

`list` writes what the stream holds and the database does not: the facts that were lost. `accept` takes them into the
record for a reason, numbers on above them, tells the restored states again and opens the service.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path
from uuid import UUID

from shared.bus.restore import run
from shared.command.run import operator
from shared.db.restore import Decided
from shared.events.catalogue import PUBLISHERS
from shared.events.trust import PUBLIC_KEYS_SETTING


def main(arguments: list[str]) -> int:
    """Run the command line; addresses come from `<SERVICE>_OWNER_DATABASE_URL` and `<SERVICE>_NATS_URL`.

    What was never published is taken out and put in again above the lost numbers: only the owner of the tables may.
    """
    parser = argparse.ArgumentParser(prog="python -m shared.command.accept_restore", description=__doc__)
    parser.add_argument("verb", choices=("list", "accept"))
    parser.add_argument("service", choices=PUBLISHERS)
    parser.add_argument("--reason", default="", help="why the backup was restored; kept in the audit")
    parser.add_argument("--discard", nargs="*", default=[], type=UUID, help="ids of events that the service never told")
    parser.add_argument("--folder", default=os.environ.get("KECHUANG_HOME", "."), type=Path, help="for the list")
    given = parser.parse_args(arguments)
    names = [*(f"{given.service.upper()}_{part}" for part in ("OWNER_DATABASE_URL", "NATS_URL")), PUBLIC_KEYS_SETTING]
    database_url, nats_url, keys_file = (os.environ.get(name) for name in names)
    if database_url is None or nats_url is None or keys_file is None:
        parser.error(f"set {' and '.join(names)}")
    decided = Decided(given.reason.strip(), frozenset(given.discard)) if given.verb == "accept" else None
    if decided is not None and not decided.reason:
        parser.error("accepting needs a reason 确认须写明原因")
    return asyncio.run(
        run(given.service, (database_url, nats_url), decided=decided, folder=given.folder, actor=operator())
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
