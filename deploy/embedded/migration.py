"""Bring the databases of all processes to their newest version, in one process: the imports are paid once."""

import asyncio
import os
import sys

from shared.db.migrate import migrate


async def main(services: list[str]) -> None:
    """Migrate `services`; each address comes from `<SERVICE>_DATABASE_URL`."""
    for service in services:
        await migrate(os.environ[f"{service.upper()}_DATABASE_URL"], service)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
