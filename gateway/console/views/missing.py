"""Stands where no page is: it has words and a frame, but nobody opens it."""

from gateway.console.page import Page
from gateway.console.words import mark

PAGE = Page(name="missing", path="/-", title=mark("There is no such page"), roles=frozenset())
