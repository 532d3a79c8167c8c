"""Words of a list, compared without what a keyboard or a page left in them."""

from shared.kernel.fold import search_key


def folded_word(text: str) -> str:
    """Return a word in half width and lower case, without spaces, brackets, dashes and invisible marks.

    Source: K-TAB-06 (design).
    """
    if text.isascii() and text.isalpha():
        return text.lower()
    return "".join(mark for mark in search_key(text) if mark.isalnum())
