"""Bring the databases of all processes to their newest version, in one process: the imports are paid once."""

import asyncio
import os
import sys

from shared.db.migrate import migrate
from shared.db.pooler import OwnerBehindPooler
from shared.db.role import role_in


async def main(services: list[str]) -> None:
    """Migrate `services` as their owners; `<SERVICE>_DATABASE_URL` names who is given rights."""
    for service in services:
        owner, runner = (os.environ[f"{service.upper()}_{part}"] for part in ("OWNER_DATABASE_URL", "DATABASE_URL"))
        await migrate(owner, service, runner=role_in(runner))


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1:]))
    except OwnerBehindPooler as fault:
        sys.exit(str(fault))
