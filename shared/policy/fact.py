"""A frozen input of a decision and where it came from."""

from dataclasses import dataclass

FactValue = int | bool | str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One frozen input and where it came from, such as `registry.filing.accepted/9150…/2025@v3`."""

    value: FactValue
    origin: str
