"""The base of every field list: a table, a request and a response inherit the same shape."""

from pydantic import ConfigDict
from sqlmodel import SQLModel


class Shape(SQLModel):
    """A list of fields without a table; unknown fields are refused.

    Rows of a table are built only by `Model.model_validate(...)` or from a shape that was validated before: SQLModel
    does not validate a table on construction or assignment.
    """

    # Class keywords (`class Shape(SQLModel, extra="forbid")`) are silently ignored by SQLModel, hence the attribute.
    model_config = ConfigDict(extra="forbid")  # type: ignore[assignment]  # SQLModel narrows the type
