"""Addresses of pages: each leads to the page that it was made for."""

import re

from gateway.console.views.every import PAGES


def test_no_page_hides_behind_another_one_with_a_wider_address() -> None:
    for page in PAGES:
        if page.roles == frozenset():
            continue
        found = PAGES.find(re.sub(r"\{\w+\}", "01a22694-e241-75aa-970d-7cf29f86cef5", page.path))
        assert found is not None
        assert found[0].name == page.name, f"{page.path} is taken by {found[0].path}"
