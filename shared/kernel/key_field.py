"""The seven key fields (重点领域) of the city's plan; enterprises, achievements and needs name one."""

from enum import StrEnum

from shared.dictionary import DICTIONARY


class KeyField(StrEnum):
    """A key field.

    Source: 渝府办发〔2022〕56号 第四条; the codes are our own.
    """

    NGIT = "NGIT"
    NEICV = "NEICV"
    EQUIP = "EQUIP"
    NEWMAT = "NEWMAT"
    NEWENERGY = "NEWENERGY"
    BIOMED = "BIOMED"
    CARBON = "CARBON"

    @property
    def title_zh(self) -> str:
        """The name in the plan."""
        return DICTIONARY.enumerations["KeyField"][self.value].zh

    @property
    def title_en(self) -> str:
        """The name in English."""
        return DICTIONARY.enumerations["KeyField"][self.value].en
