"""Every text of the pages stands in both languages."""

import string

from gateway.console.words import words_of
from shared.kernel.actor import Role
from tests.support import console_texts


def _placeholders(text: str) -> set[str]:
    return {part.split(")")[0] for part in text.split("%(")[1:]}


def test_every_text_of_the_pages_has_its_chinese_and_no_translation_is_left_over() -> None:
    said, held = console_texts.said(), console_texts.held()
    wanted = {message.id for message in said if message.id}
    assert len(wanted) > 100, "no text was read"
    assert wanted == {message.id for message in held if message.id}, "run `make texts`"
    waiting = [message.id for message in held if message.id and not any(console_texts._forms(message.string))]
    assert waiting == []


def test_a_translation_puts_in_the_same_values_as_the_text() -> None:
    for message in console_texts.held():
        if not message.id:
            continue
        texts = message.id if isinstance(message.id, tuple) else (message.id,)
        for form in console_texts._forms(message.string):
            assert _placeholders(form) == _placeholders(texts[-1]), texts


def test_chinese_texts_hold_chinese_and_no_english_word() -> None:
    allowed = {"Excel", "CSV", "GB", "XLSX", "PDF", "TOTP", "LPR", "USCC", "num", "name", "day"}
    for message in console_texts.held():
        for form in console_texts._forms(message.string) if message.id else []:
            if form == "/":
                continue
            plain = form.replace("%(", " ").replace(")s", " ")
            words = "".join(one if one in string.ascii_letters else " " for one in plain)
            said = {word for word in words.split() if len(word) > 1}
            holes = _placeholders(form)
            assert said - allowed - {part for hole in holes for part in hole.split("_")} == set(), form
            assert any("\u4e00" <= one <= "\u9fff" for one in form), form


def test_every_role_has_a_name_in_both_languages() -> None:
    for role in set(Role) - {Role.SYSTEM}:
        assert words_of("zh").value("Role", role.value) != role.value
        assert words_of("en").value("Role", role.value) != role.value
