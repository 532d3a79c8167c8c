import re

import pytest

from services.techtransfer.listing.rules import words
from shared.kernel.key_field import KeyField

NAMED = [*words.ListingStatus, *words.CooperationMode, *words.ResultStage, *KeyField]


@pytest.mark.parametrize("word", NAMED)
def test_every_word_of_a_table_has_both_names(word: words.ListingStatus) -> None:
    chinese, _, english = words.in_words(word).partition(" ")
    assert re.fullmatch(r"[\u4e00-\u9fff]+", chinese)
    assert re.fullmatch(r"[a-z -]+", english)


def test_a_word_without_a_name_stays_as_it_is() -> None:
    assert words.in_words(words.Noun.NEED) == "NEED"
