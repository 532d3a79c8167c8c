"""The dictionary in the description of a service: each field, parameter, value and group of routes says what it is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.dictionary.meaning import Dictionary, Meaning, with_unit

_METHODS = ("get", "put", "post", "patch", "delete")
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_SHOWN = {"example", "examples", "default"}
_DAYS = ("_on", "_at")
_BOUNDS = {"_from_on": ("，自该日起（含）", ", first day"), "_until_on": ("，至该日止（含）", ", last day")}


@dataclass(slots=True)
class Described:
    """What was looked up while a document was described.

    Attributes:
        missing: fields, parameters, values and groups that the dictionary does not know.
        used: entries of the dictionary that said something.
    """

    missing: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)


def describe(document: dict[str, Any], dictionary: Dictionary) -> Described:
    """Give every property, parameter, enumeration and tag of an OpenAPI document its meaning; older ones are replaced.

    Args:
        document: changed in place.
        dictionary: the meanings of the service.
    """
    return _Describer(dictionary).document(document)


class _Describer:
    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._found = Described()

    def document(self, document: dict[str, Any]) -> Described:
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            if "enum" in schema:
                self._values(schema, (name,))
            for field_name, described in schema.get("properties", {}).items():
                self._field(described, described, field_name, name)
        for operation in _operations(document):
            for parameter in operation.get("parameters", ()):
                self._parameter(parameter, operation["operationId"])
        for tag in document.get("tags", ()):
            self._tag(tag)
        _bound_integers({key: document[key] for key in ("components", "paths") if key in document})
        return self._found

    def _parameter(self, parameter: dict[str, Any], operation: str) -> None:
        """Describe a parameter; the first and last day of a period are told by the day they bound."""
        schema, name = parameter.get("schema", {}), parameter["name"]
        schema.pop("description", None)
        for end, (zh, en) in _BOUNDS.items():
            day = name.removesuffix(end)
            bounded = next((day + kind for kind in _DAYS if day + kind in self._dictionary.fields), None)
            if day != name and bounded is not None and name not in self._dictionary.fields:
                self._found.used.add(bounded)
                meaning = self._dictionary.fields[bounded]
                parameter["description"] = str(Meaning(meaning.zh + zh, meaning.en + en))
                return
        self._field(parameter, schema, name, operation)

    def _field(self, target: dict[str, Any], schema: dict[str, Any], name: str, within: str) -> None:
        """Describe one property or parameter; `schema` is where its type stands."""
        schema.pop("title", None)
        meaning = self._look(self._dictionary.fields, f"{within}.{name}", name)
        if meaning is not None:
            target["description"] = str(with_unit(name, meaning))
        for part in (schema, *schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
            if "enum" in part:
                self._values(part, (f"{within}.{name}", name))

    def _values(self, schema: dict[str, Any], names: tuple[str, ...]) -> None:
        held = next((name for name in names if name in self._dictionary.enumerations), None)
        if held is None:
            self._found.missing.add(f"enumeration {names[0]}")
            return
        meanings = self._dictionary.enumerations[held]
        self._found.missing.update(f"{held}.{value}" for value in schema["enum"] if value not in meanings)
        self._found.used.update(f"{held}.{value}" for value in schema["enum"])
        told = [(value, str(meanings[value])) for value in schema["enum"] if value in meanings]
        schema["x-enum-descriptions"] = [text for _, text in told]
        schema["description"] = "\n".join(f"- `{value}` {text}" for value, text in told)

    def _tag(self, tag: dict[str, Any]) -> None:
        meaning = self._look(self._dictionary.tags, tag["name"])
        if meaning is not None:
            tag["description"] = str(meaning)

    def _look(self, entries: Any, *names: str) -> Meaning | None:  # noqa: ANN401  # a mapping of meanings
        for name in names:
            if name in entries:
                self._found.used.add(name)
                meaning: Meaning = entries[name]
                return meaning
        self._found.missing.add(names[0])
        return None


def _bound_integers(part: Any) -> None:  # noqa: ANN401  # any part of a document
    """Give every integer its width and, where a tighter bound is not told, the bounds of that width."""
    if isinstance(part, list):
        for one in part:
            _bound_integers(one)
        return
    if not isinstance(part, dict):
        return
    if part.get("type") == "integer":
        part.setdefault("format", "int64")
        if "exclusiveMinimum" not in part:
            part.setdefault("minimum", _INT64_MIN)
        if "exclusiveMaximum" not in part:
            part.setdefault("maximum", _INT64_MAX)
    for key, one in part.items():
        if key not in _SHOWN:
            _bound_integers(one)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document.get("paths", {}).values():
        yield from (path[method] for method in _METHODS if method in path)
