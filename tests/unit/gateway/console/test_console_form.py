"""Forms are ours, their faults stand beside their fields, and a page leads to no other site."""

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from gateway.console.form import Fault, Form, faults_of, form_token, is_our_form
from gateway.console.own_api import address
from gateway.console.site_names import own_target

_SECRETS = st.binary(min_size=16, max_size=64)


@given(_SECRETS)
def test_a_form_of_the_session_is_known_again_and_its_token_is_never_the_same_twice(secret: bytes) -> None:
    first, second = form_token(secret), form_token(secret)
    assert is_our_form(secret, first)
    assert is_our_form(secret, second)
    assert first != second


@given(_SECRETS, _SECRETS, st.text(max_size=80))
def test_the_form_of_another_session_and_rubbish_are_refused(secret: bytes, other: bytes, rubbish: str) -> None:
    assert not is_our_form(secret, rubbish)
    if secret != other:
        assert not is_our_form(secret, form_token(other))


@given(st.text(max_size=60))
def test_whatever_a_link_says_the_browser_stays_on_the_console(to: str) -> None:
    target = own_target(to)
    parts = urlsplit(target)
    assert (parts.scheme, parts.netloc) == ("", "")
    assert parts.path == "/console" or parts.path.startswith("/console/")


def test_a_link_to_another_site_leads_to_the_first_page() -> None:
    for to in (
        "https://evil.example/console/",
        "//evil.example/console",
        "/\\evil.example",
        "/console\\..//evil.example",
        "/console//evil.example",
        "/consolex",
        "javascript:alert(1)",
        "/console/a\r\nset-cookie: x=y",
    ):
        assert own_target(to) == "/console"
    assert own_target("/console/loans/1?state=OPEN") == "/console/loans/1?state=OPEN"


@given(st.text(max_size=40))
def test_a_value_of_an_address_never_leads_to_another_address(value: str) -> None:
    made = address("/v1/loans/{loan_id}/drawdowns", {"loan_id": value})
    words = made.split("/")
    assert len(words) == 5
    assert words[4] == "drawdowns"
    assert unquote(words[3]) == value
    assert "?" not in made
    assert "#" not in made


def test_a_fault_stands_beside_the_field_that_the_interface_names() -> None:
    problem = {
        "title": "输入有误",
        "errors": [
            {"pointer": "/amount_fen", "message": "太大"},
            {"pointer": "/terms/0/x", "message": "不识别"},
            {"pointer": "", "message": "整体"},
        ],
    }
    found = faults_of(problem, {"/amount_fen": "amount"}, known={"amount", "reason"})
    assert found == [Fault("amount", "太大"), Fault("", "不识别"), Fault("", "整体")]
    assert faults_of({"title": "已办结"}, {}, known=()) == [Fault("", "已办结")]


def test_what_was_typed_is_given_back_without_the_space_around_it() -> None:
    form = Form({"name": [" 甲 "], "several": ["a", " ", "b"]})
    assert form.text("name") == "甲"
    assert form.text("none") == ""
    assert form.all("several") == ["a", "b"]
