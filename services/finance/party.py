"""Names beside the codes of firms and banks, for lists and exports; each stands in the table of its owner."""

from sqlalchemy import ColumnElement, String, literal_column


def named(code: str, first: str = "enterprise", second: str = "bank") -> ColumnElement[str | None]:
    """Return the name of a firm or a bank, None where it is not known here, as a part of the statement of its row.

    Args:
        code: the column of the row that holds the code, such as `loan.bank_uscc`.
        first: the table of names that is asked.
        second: the table that is asked where the first does not know the code.
    """
    either = (f"(SELECT name FROM {table} WHERE {table}.uscc = {code})" for table in (first, second))  # noqa: S608  # constant text
    return literal_column(f"coalesce({', '.join(either)})", String)


NAMES = ("enterprise_name", "bank_name")
"""What `labelled` reads, in its order."""


def labelled(table: str) -> tuple[ColumnElement[str | None], ...]:
    """Return the names of the firm and the bank of a row, as further columns of the read of that row."""
    return tuple(one.label(name) for name, one in both_named(table).items())


def both_named(table: str) -> dict[str, ColumnElement[str | None]]:
    """Return the names of the firm and the bank of a row, to stand beside it in a list."""
    return {
        "enterprise_name": named(f"{table}.enterprise_uscc"),
        "bank_name": named(f"{table}.bank_uscc", "bank", "enterprise"),
    }
