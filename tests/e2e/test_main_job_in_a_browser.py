"""The main job in a real browser, in both languages, with scripts and without: every screen is fit for everybody."""

import pytest

from tests.support.chromium import MISSING, Walker, chromium_path, running_chromium
from tests.support.main_job import lead_to_cover
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(chromium_path() is None, reason=MISSING)]


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize(("language", "scripts"), [("zh-CN", True), ("en-GB", False)])
async def test_from_sign_in_to_a_covered_drawdown(suite: LaunchedSuite, language: str, *, scripts: bool) -> None:
    screens: list[str] = []

    async def look(person: Walker, name: str) -> None:
        screens.append(name)
        assert await person.page.locator(".faults, .problem").count() == 0, f"{name}: {person.path}"
        if scripts:
            assert await person.violations() == [], name
            assert not await person.overflows(), name
        assert person.complaints == []

    async with running_chromium() as browser:
        await lead_to_cover(
            suite, browser, look, language=language, contract_no=f"HT-B-{language[:2]}", scripts=scripts
        )
    assert screens[-3:] == ["cover", "covered", "drawdown"]
