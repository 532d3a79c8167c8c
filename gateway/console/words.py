"""The texts of the pages in both languages: English stands in templates and views, Chinese in `locale/zh.po`.

What a field or a value is called comes from the product's one dictionary, for both.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from shared.dictionary import DICTIONARY
from shared.dictionary.meaning import Meaning
from shared.kernel.unit import UNITS, units_on
from shared.web.language import Language

LOCALE = Path(__file__).parent / "locale"
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says in one language.

    Attributes:
        language: of the page.
        said: the translations.
    """

    language: Language
    said: NullTranslations

    def gettext(self, message: str, **values: object) -> str:
        """Return a text of a page with its values put in; a value that is missing is a fault of the view."""
        found = self.said.gettext(message)
        return found % values if values else found

    def ngettext(self, one: str, many: str, number: int, **values: object) -> str:
        """Return a text that counts; `%(num)s` is the number."""
        return self.said.ngettext(one, many, number) % {"num": number, **values}

    def field(self, name: str, within: str = "") -> str:
        """Return what people call a field of the API; the name itself where the dictionary is silent."""
        return self._of(DICTIONARY.of_field(name, within=within), name)

    def value(self, enumeration: str, value: str | None) -> str:
        """Return what a value of an enumeration means; the value itself where the dictionary is silent."""
        return "" if value is None else self._of(DICTIONARY.of_value(enumeration, value), value)

    def values(self, enumeration: str) -> list[tuple[str, str]]:
        """Return every value of an enumeration with its meaning, as choices of a form or a filter."""
        return [(value, self._of(meaning, value)) for value, meaning in DICTIONARY.of_values(enumeration).items()]

    def unit(self, unit_id: str) -> str:
        """Return what a reporting unit is called, by its last name; the id itself where it never was one."""
        found = [one for one in UNITS if one.unit_id == unit_id]
        if not found:
            return unit_id
        return found[-1].name_zh if self.language == "zh" else found[-1].name_en

    def units(self, on: date) -> list[tuple[str, str]]:
        """Return the reporting units of a day, as choices of a form or a filter."""
        return [(one.unit_id, self.unit(one.unit_id)) for one in units_on(on)]

    def _of(self, meaning: Meaning | None, name: str) -> str:
        if meaning is None:
            return name
        if self.language == "zh":
            return meaning.zh
        return meaning.en[:1].upper() + meaning.en[1:]


@cache
def words_of(language: Language) -> Words:
    """Return the texts of one language, read once in a process."""
    if language == "en":
        return Words("en", NullTranslations())
    with (LOCALE / "zh.po").open("rb") as file:
        catalogue = read_po(file, locale="zh")
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Words("zh", Translations(compiled))


def mark(message: str) -> str:
    """Mark a text outside of a call for the translators and return it as it is."""
    return message
