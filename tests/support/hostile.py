"""What no caller should send: bodies, fields, paths, queries and headers that break careless readers."""

import copy
import json
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]

FIELDS: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    2**53,
    2**64,
    "",
    "\x00",
    "\ud800",
    "字" * 5_000,
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "0001-01-01T00:00:00Z",
    [],
    {},
    [None],
)
BODIES = (
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"{",
    b'{"a":1e400}',
    b'{"a":NaN}',
    b'{"a":1,"a":2}',
    b"\xff\xfe{\x00}\x00",
    b"[" * 5_000,
    b'{"\\ud800":1}',
)
WORDS = (
    "x",
    "%00",
    "%ff",
    "9" * 300,
    "00000000-0000-0000-0000-000000000000",
    "91500107MA5XTE8T03",
    "0001-01-01",
    "9999-12-31",
    "-1",
)
EDGES = ("0001-01-01", "9999-12-31", "\x00")
HEADERS = (
    ("accept-language", b"\xff"),
    ("accept-language", b"zh;q=x," * 300),
    ("if-match", b'"v99999999999999999999999"'),
    ("idempotency-key", b"\xff" * 300),
    ("content-type", b"application/json; charset=utf-16"),
    ("content-type", b"multipart/form-data"),
    ("x-request-id", b"\xff\x00"),
    ("traceparent", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"),
)
_BY_FORMAT = {"date": "2026-01-02", "date-time": "2026-01-02T00:00:00Z", "uuid": "01890000-0000-7000-8000-000000000000"}
_BY_NAME = {
    "uscc": "91500107MA5XTE8T03",
    "unit_id": "500107",
    "sha256": "a" * 64,
    "right_no": "202210123456.1",
    "industry_code": "I6510",
}


def sample(schema: Document, document: Document, name: str = "") -> Any:
    """Return a value that fits a schema of an OpenAPI document well enough to reach behind the reading of forms."""
    if "$ref" in schema:
        return sample(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, name)
    if "anyOf" in schema:
        return sample(next(one for one in schema["anyOf"] if one.get("type") != "null"), document, name)
    fixed = [schema[given] for given in ("const", "default") if schema.get(given) is not None] + schema.get("enum", [])
    return fixed[0] if fixed else _of_type(schema, document, name)


def _of_type(schema: Document, document: Document, name: str) -> Any:
    match schema.get("type"):
        case "object":
            return {key: sample(one, document, key) for key, one in schema.get("properties", {}).items()}
        case "array":
            return [sample(schema.get("items", {}), document, name)]
        case "integer" | "number":
            return max(1, int(schema.get("minimum", 1)))
        case "boolean":
            return True
    known = (value for word, value in _BY_NAME.items() if name.endswith(word))
    return _BY_FORMAT.get(schema.get("format", ""), next(known, "示例"))


def changed(body: Document) -> Iterator[bytes]:
    """Yield copies of a body with one field hostile, missing or too many."""
    for name in body:
        for value in FIELDS:
            yield json.dumps(body | {name: value}).encode()
        less = copy.deepcopy(body)
        del less[name]
        yield json.dumps(less).encode()
    yield json.dumps(body | {"nobody_knows_me": 1}).encode()
