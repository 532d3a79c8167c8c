"""Made-up values for documents: a JSON schema and named values become one example that fits the schema.

One noun has one name here, so one value per name is enough: no document keeps a copy of its own.
"""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
Examples = Mapping[str, Any]
"""Field name, or `Shape.field` where a shape means something else by the name, → value."""

_MAX_DEPTH = 12
_NOTHING: Any = object()


class ExampleMissing(LookupError):  # noqa: N818  # says what is missing
    """No value is named for a field; the message names shape and field."""


def example_of(schema: Schema, examples: Examples, definitions: Mapping[str, Schema], *, name: str = "") -> Any:  # noqa: ANN401  # any JSON value
    """Return one value that `schema` describes.

    A field takes, in this order: the value for `Shape.field`, the schema's own example, the value for its name if that
    fits, the first of its possible values. Objects and lists without a value are made of their parts.

    Args:
        schema: a JSON schema; references point into `definitions` by their last part.
        examples: values by name of the field.
        definitions: named schemas.
        name: name of the shape, where the schema has one.

    Raises:
        ExampleMissing: a field that none of these tells.
    """
    return _Composer(examples, definitions).value(schema, shape=name, field="", depth=0)


def inherited(examples: Examples, shapes: Mapping[str, str]) -> dict[str, Any]:
    """Return the examples of shapes under the names of shapes that have all their fields: child → parent."""
    return {
        f"{child}.{field.partition('.')[2]}": value
        for child, parent in shapes.items()
        for field, value in examples.items()
        if field.startswith(f"{parent}.")
    }


class _Composer:
    def __init__(self, examples: Examples, definitions: Mapping[str, Schema]) -> None:
        self._examples = examples
        self._definitions = definitions

    def value(self, schema: Schema, *, shape: str, field: str, depth: int) -> Any:  # noqa: ANN401
        if depth > _MAX_DEPTH:
            raise ExampleMissing(f"{shape}.{field} is nested too deep")
        for told in (self._example(f"{shape}.{field}"), self._own(schema)):
            if told is not _NOTHING:
                return told
        if "$ref" in schema:
            target = str(schema["$ref"]).rpartition("/")[2]
            found = self._definitions[target]
            if "properties" in found:
                return self.value(found, shape=target, field="", depth=depth + 1)
            return self.value(found, shape=shape, field=field, depth=depth + 1)
        value = self._example(field)
        if value is not _NOTHING and fits(schema, value, self._definitions):
            return value
        return self._composed(schema, shape, field, depth)

    def _composed(self, schema: Schema, shape: str, field: str, depth: int) -> Any:  # noqa: ANN401
        if "enum" in schema:
            return schema["enum"][0]
        for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            return self.value(part, shape=shape, field=field, depth=depth + 1)
        if "properties" in schema:
            return {
                name: self.value(child, shape=shape, field=name, depth=depth + 1)
                for name, child in schema["properties"].items()
            }
        if schema.get("type") == "array":
            item = self.value(schema.get("items", {}), shape=shape, field=field, depth=depth + 1)
            return [item]
        if schema.get("type") == "boolean":
            return False
        if schema.get("type") == "null":
            return None
        raise ExampleMissing(f"no value for {shape}.{field}")

    def _example(self, name: str) -> Any:  # noqa: ANN401
        return self._examples.get(name, _NOTHING)

    def _own(self, schema: Schema) -> Any:  # noqa: ANN401
        if "const" in schema:
            return schema["const"]
        if "example" in schema:
            return schema["example"]
        return schema["examples"][0] if schema.get("examples") else _NOTHING


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def fits(schema: Schema, value: Any, definitions: Mapping[str, Schema]) -> bool:  # noqa: ANN401  # any JSON value
    """Tell whether a value is of the kind that the schema takes: one name may be a text here and a list there."""
    if "$ref" in schema:
        return fits(definitions[str(schema["$ref"]).rpartition("/")[2]], value, definitions)
    if "enum" in schema:
        return value in schema["enum"]
    parts = (*schema.get("anyOf", ()), *schema.get("oneOf", ()))
    if parts:
        return any(fits(part, value, definitions) for part in parts)
    kind = schema.get("type")
    kinds = [kind] if isinstance(kind, str) else kind or []
    if isinstance(value, bool) and "boolean" not in kinds and kinds:
        return False
    return not kinds or any(isinstance(value, _TYPES[one]) for one in kinds)
