"""The pictures of the README, made anew: `make pictures` launches a suite and does the main job in a browser."""

import asyncio
import sys

from tests.support.chromium import MISSING, chromium_path, running_chromium
from tests.support.main_job import keep_pictures, lead_to_cover
from tests.support.postgres import REPOSITORY
from tests.support.suite import LaunchedSuite, launched_suite

FOLDER = REPOSITORY / "docs" / "pictures"


async def _draw(suite: LaunchedSuite) -> None:
    async with running_chromium() as browser:
        await lead_to_cover(suite, browser, keep_pictures(FOLDER), language="zh-CN", contract_no="HT-2026-0001")


def main() -> int:
    """Make the pictures; 1 where there is no Chromium."""
    if chromium_path() is None:
        print(MISSING, file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with launched_suite("pictures") as suite:
        suite.printed = suite.start()
        asyncio.run(_draw(suite))
    for picture in sorted(FOLDER.glob("*.png")):
        print(picture.relative_to(REPOSITORY))
    return 0


if __name__ == "__main__":
    sys.exit(main())
