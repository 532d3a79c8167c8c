import re

import pytest

from services.techtransfer.listing.rules import vocabulary
from shared.kernel.key_field import KeyField

NAMED = [*vocabulary.ListingStatus, *vocabulary.CooperationMode, *vocabulary.ResultStage, *KeyField]


@pytest.mark.parametrize("word", NAMED)
def test_every_word_of_a_table_has_both_names(word: vocabulary.ListingStatus) -> None:
    chinese, _, english = vocabulary.in_words(word).partition(" ")
    assert re.fullmatch(r"[\u4e00-\u9fff]+", chinese)
    assert re.fullmatch(r"[a-z -]+", english)


def test_a_word_without_a_name_stays_as_it_is() -> None:
    assert vocabulary.in_words(vocabulary.Noun.NEED) == "NEED"
