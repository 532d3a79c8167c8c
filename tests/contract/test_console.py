"""Pages and the API: a page uses operations that exist and that its readers may call; every link leads to a page."""

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from gateway.console.render import TEMPLATES
from gateway.console.views.every import PAGES
from gateway.rules.account_act import ADMINISTRATION
from shared.kernel.role_scope import scopes_of
from tests.support.contracts import described
from tests.support.postgres import REPOSITORY

_USED = [(page.name, operation) for page in PAGES for operation in page.uses]


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    paths = described()["openapi/gateway.json"]["paths"]
    return {f"{method.upper()} {path}": told for path, item in paths.items() for method, told in item.items()}


@pytest.mark.parametrize(("name", "operation"), _USED)
def test_a_page_uses_operations_that_exist_and_that_one_of_its_readers_may_call(
    operations: dict[str, dict[str, Any]], name: str, operation: str
) -> None:
    scope = operations[operation].get("x-scope")
    readers = PAGES[name].roles
    assert scope is None or (readers and any(scope in scopes_of(role.value) for role in readers))


def test_every_reader_of_a_page_may_call_the_operation_that_it_is_about(operations: dict[str, dict[str, Any]]) -> None:
    looked = 0
    for page in PAGES:
        for role in (page.roles or ()) if page.uses else ():
            scope = operations[page.uses[0]].get("x-scope")
            looked += 1
            # Administration is given to single people, whatever their role.
            given = {*scopes_of(role.value), *(ADMINISTRATION if page.scope in ADMINISTRATION else ())}
            assert scope is None or scope in given, f"{page.name} is no page for {role.value}"
    assert looked > 30


def test_every_link_of_a_template_leads_to_a_page_and_every_page_is_reached_from_one() -> None:
    sources = [*TEMPLATES.rglob("*.html"), *TEMPLATES.parent.rglob("*.py")]
    text = "\n".join(path.read_text("utf-8") for path in sources)
    # A name that ends in a hyphen is put together with that of a list.
    linked = set(re.findall(r"""link\(["']([\w-]+)["']""", text))
    names = {page.name for page in PAGES}
    assert {one for one in linked - names if not one.endswith("-")} == set()
    # Acts are reached by the name of their case's page with the act behind it, codes by signing in, the rest by itself.
    by_itself = {"missing", "home", "components", "sign-in-code", "sign-in-issuer-back", "authorize"}
    by_itself |= {one for one in names if one.endswith("-act")}
    # Lists that are imported or exported are linked by the name of the list, documents by that of their keeper.
    by_itself |= {one for one in names if one.startswith(("import-", "export-", "document-"))}
    in_menu = {page.name for page in PAGES if page.menu is not None}
    assert names - linked - in_menu - by_itself == set()


def _left_out() -> list[str]:
    """Return the operations that the page about the console names as without a page, with `*` for any words."""
    page = (REPOSITORY / "docs" / "console.md").read_text("utf-8")
    return re.findall(r"^\| `([A-Z]+ [^`]+)` \|", page, flags=re.MULTILINE)


def test_every_operation_is_reached_from_a_page_or_a_list_says_why_not(operations: dict[str, dict[str, Any]]) -> None:
    used = {operation for page in PAGES for operation in page.uses}
    without = sorted(set(operations) - used)
    named = _left_out()
    assert [one for one in without if not any(fnmatchcase(one, pattern) for pattern in named)] == []
    idle = [pattern for pattern in named if not any(fnmatchcase(one, pattern) for one in without)]
    assert idle == [], "the list speaks of an operation that has a page, or of none"
