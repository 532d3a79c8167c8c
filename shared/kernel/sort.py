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
