"""The bases of every field list: a table, a request and an answer inherit the same shape."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from sqlmodel import SQLModel


class Shape(SQLModel):
    """A list of fields without a table; unknown fields are refused.

    Rows of a table are built only by `Model.model_validate(...)` or from a shape that was validated before: SQLModel
    does not validate a table on construction or assignment.
    """

    # Class keywords (`class Shape(SQLModel, extra="forbid")`) are silently ignored by SQLModel, hence the attribute.
    model_config = ConfigDict(extra="forbid")  # type: ignore[assignment]  # SQLModel narrows the type

    @classmethod
    def of_row(cls, row: object) -> Self:
        """Return these fields of a row that has them beside others, judged anew as on their way in.

        Raises:
            AttributeError: the row lacks a field.
            pydantic.ValidationError: a field would not be taken.
        """
        return cls.model_validate(values_of(cls.model_fields, row, {}))


def values_of(fields: Mapping[str, object], row: object, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value for each of `fields`: what `words` says, else the attribute of `row` that has this name.

    Raises:
        AttributeError: the row lacks a field.
        TypeError: a word names no field.
    """
    if not words.keys() <= fields.keys():
        raise TypeError(f"no such field: {', '.join(sorted(words.keys() - fields.keys()))}")
    return {name: words[name] if name in words else getattr(row, name) for name in fields}


class Read(BaseModel):
    """What an answer tells of something; beside the terms that it inherits: `class LoanRead(LoanTerms, Read)`.

    Every field is told, and a later version may tell more, so its contract is open while that of a request is closed.
    """

    model_config = ConfigDict(extra="ignore", json_schema_serialization_defaults_required=True)

    @classmethod
    def of(cls, row: object, /, **words: Any) -> Self:  # noqa: ANN401  # any field
        """Return what is told of `row`; what is stored was judged on its way in and is told as it is.

        A row that a rule made later would not take any more must not close the list that it stands in, so nothing is
        judged here.

        Args:
            row: a table's row or a decision; each field that no keyword names is its attribute of that name.
            words: fields that the row lacks, or tells in another way.

        Raises:
            AttributeError: the row lacks a field.
            TypeError: a keyword names no field.
        """
        values = values_of(cls.__pydantic_fields__, row, words)
        # As `model_construct` does, without its search for aliases and defaults: there is a value for every field.
        made = cls.__new__(cls)
        for slot, value in (
            ("__dict__", values),
            ("__pydantic_fields_set__", set(values)),
            ("__pydantic_extra__", None),
            ("__pydantic_private__", None),
        ):
            object.__setattr__(made, slot, value)
        return made
