"""The seven key fields (重点领域) of the city's plan; enterprises, achievements and needs name one."""

from enum import StrEnum


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
        return _TITLES[self][0]

    @property
    def title_en(self) -> str:
        """The name in English."""
        return _TITLES[self][1]


_TITLES = {
    KeyField.NGIT: ("新一代信息技术", "next-generation information technology"),
    KeyField.NEICV: ("新能源智能网联汽车", "new-energy intelligent connected vehicles"),
    KeyField.EQUIP: ("装备制造", "equipment manufacturing"),
    KeyField.NEWMAT: ("新材料", "new materials"),
    KeyField.NEWENERGY: ("新能源", "new energy"),
    KeyField.BIOMED: ("生物医药", "biomedicine"),
    KeyField.CARBON: ("碳达峰碳中和", "carbon peaking and carbon neutrality"),
}
