"""Page × role: what is not for a role is not there for it, and nothing behind is asked; a stranger is asked in."""

import re

import pytest

from gateway.console.page import Page
from gateway.console.views.every import PAGES
from shared.kernel.actor import Role
from tests.service.gateway.test_sign_in import PASSWORD, Console, console, running

__all__ = ["console", "running"]
_CLOSED = [page for page in PAGES if page.roles]
_ROLES = [Role.ENTERPRISE, Role.BANK, Role.DISTRICT, Role.CITY, Role.FUND_MANAGER, Role.AUDITOR, Role.OPERATOR]


def _address(page: Page) -> str:
    return "/console" + re.sub(r"\{\w+\}", "01a22694-e241-75aa-970d-7cf29f86cef5", page.path)


async def test_a_stranger_is_asked_who_it_is_by_every_page_that_is_not_for_everybody(console: Console) -> None:
    async with console.browser() as browser:
        for page in _CLOSED:
            screen = await browser.open(_address(page))
            assert screen.path.startswith("/console/sign-in?to="), page.name
    assert console.echo.seen == []


@pytest.mark.parametrize("role", _ROLES)
async def test_a_page_of_another_role_is_not_there_to_be_opened_or_sent_to(console: Console, role: Role) -> None:
    person = await console.person(role)
    foreign = [page for page in _CLOSED if not page.is_open_to(role)]
    async with console.browser() as browser:
        token = (await browser.sign_in(person.login, PASSWORD)).fields("/console/language")["form_token"]
        console.echo.reset()
        for page in foreign:
            assert (await browser.open(_address(page))).status == 404, page.name
            answer = await browser.http.post(_address(page), data={"form_token": token})
            assert answer.status_code == 404, page.name
    assert foreign
    assert console.echo.seen == []
