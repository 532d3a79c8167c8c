"""What may be written of an exception: what a database or a validator adds to its message are the values it refused."""

import re

_VALUES_FOLLOW = re.compile(r"\n|DETAIL:|\[SQL|\[parameters|input_value|Failing row")
_LONGEST = 500
# Classes of SQLSTATE whose messages name values: data, constraints, what a trigger raises. Others name states alone.
_NAMES_VALUES = ("21", "22", "23", "27", "44", "P0")
_NAMED = ("constraint_name", "table_name", "column_name")


def fault_words(fault: BaseException) -> str:
    """Return class and circumstances of an exception without the values that brought it about."""
    origin = getattr(fault, "orig", None)
    if isinstance(origin, BaseException):  # SQLAlchemy's, around the driver's
        return f"{type(fault).__name__}: {fault_words(origin.__cause__ or origin)}"
    state, name = getattr(fault, "sqlstate", None), type(fault).__name__
    if state is not None or type(fault).__module__.startswith(("asyncpg", "sqlalchemy.dialects")):
        return _of_database(fault, str(state or ""), name)
    errors = getattr(fault, "errors", None)
    if type(fault).__module__.startswith("pydantic") and callable(errors):
        told = errors(include_url=False, include_context=False, include_input=False)
        places = (f"{'/'.join(map(str, one['loc']))} {one['type']}" for one in told)
        return f"{name}: {', '.join(places)}"[:_LONGEST]
    return f"{name}: {_VALUES_FOLLOW.split(str(fault), maxsplit=1)[0]}"[:_LONGEST].removesuffix(": ")


def _of_database(fault: BaseException, state: str, name: str) -> str:
    where = ", ".join(
        f"{word.removesuffix('_name')} {value}" for word in _NAMED if (value := getattr(fault, word, None)) is not None
    )
    if state.startswith(_NAMES_VALUES) or isinstance(fault, ValueError):
        return " ".join(part for part in (f"{name}:", f"SQLSTATE {state}" if state else "", where) if part)
    return f"{name}: {_VALUES_FOLLOW.split(str(fault), maxsplit=1)[0]}"[:_LONGEST]
