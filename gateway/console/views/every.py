"""All pages of the console, in one list: what is not listed here cannot be opened."""

from gateway.console.page import Pages
from gateway.console.views import (
    account,
    components,
    covers,
    drawdowns,
    home,
    language,
    loan_applications,
    loans,
    missing,
    rules,
    sign_in,
)

PAGES = Pages(
    [
        missing.PAGE,
        home.HOME,
        language.PAGE,
        sign_in.SIGN_IN,
        sign_in.CODE,
        sign_in.SIGN_OUT,
        account.SESSIONS,
        account.END_ALL,
        account.END,
        account.PASSWORD,
        account.FACTOR,
        loan_applications.LIST,
        loan_applications.ONE,
        loan_applications.ACT,
        loans.LIST,
        loans.ONE,
        loans.ACT,
        drawdowns.ONE,
        drawdowns.ACT,
        covers.LIST,
        covers.ONE,
        covers.ACT,
        components.PAGE,
        rules.CATALOGUE,
        rules.VERSION,
    ]
)
