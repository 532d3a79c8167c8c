"""The orders in which lists are shown: a closed set, one name each over all lists."""

from enum import StrEnum


class Sort(StrEnum):
    """An order; each list takes some of these."""

    NEWEST = "NEWEST"
    OLDEST = "OLDEST"
    DUE = "DUE"
    LARGEST = "LARGEST"
    SMALLEST = "SMALLEST"
    NAME = "NAME"
    CODE = "CODE"

    @property
    def title_zh(self) -> str:
        """What comes first, in Chinese."""
        return _TITLES[self][0]

    @property
    def title_en(self) -> str:
        """What comes first, in English."""
        return _TITLES[self][1]


_TITLES = {
    Sort.NEWEST: ("最新在前", "newest first"),
    Sort.OLDEST: ("最早在前", "oldest first"),
    Sort.DUE: ("最先到期在前", "due soonest first"),
    Sort.LARGEST: ("金额或数值从大到小", "largest first"),
    Sort.SMALLEST: ("金额或数值从小到大", "smallest first"),
    Sort.NAME: ("按名称", "by name"),
    Sort.CODE: ("按代码", "by code"),
}
