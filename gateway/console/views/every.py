"""All pages of the console, in one list: what is not listed here cannot be opened."""

from gateway.console.page import Pages
from gateway.console.views import components, language, missing, rules

PAGES = Pages([missing.PAGE, language.PAGE, components.PAGE, rules.CATALOGUE, rules.VERSION])
