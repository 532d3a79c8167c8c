"""The table of nouns in docs/map.md, written from the tree: `python -m tests.support.noun_table`."""

import ast
import sys

from tests.support.source import NOUN_ROOMS, ROOT, SERVICES, python_files, sub_domains, tree_of

MAP = ROOT / "docs" / "map.md"
BEGIN, END = "<!-- nouns: written by `make map` -->", "<!-- end of nouns -->"
NO_NOUN = {"__init__"}


def nouns_of(service: str, sub_domain: str) -> dict[str, dict[str, str]]:
    """Return noun → room → first line of the file there, in the order of the rooms."""
    found: dict[str, dict[str, str]] = {}
    for room in NOUN_ROOMS:
        folder = f"services/{service}/{sub_domain}/{room}"
        for path in python_files(folder) if (ROOT / folder).is_dir() else ():
            if path.stem not in NO_NOUN:
                sign = (ast.get_docstring(tree_of(path)) or "").partition("\n")[0]
                found.setdefault(path.stem, {})[room] = sign
    assert found, f"{service}/{sub_domain} has no noun"
    return dict(sorted(found.items()))


def table() -> str:
    """Return the table: each noun with its sub-domain, what its lowest file says it is, and the rooms it needs."""
    lines = ["| service | sub-domain | noun | what it is | rooms |", "|---|---|---|---|---|"]
    for service in SERVICES:
        for sub_domain in sub_domains(service):
            for noun, rooms in nouns_of(service, sub_domain).items():
                what = next(iter(rooms.values())).rstrip(".").replace("|", "\\|")
                lines.append(f"| {service} | {sub_domain} | `{noun}` | {what} | {' '.join(rooms)} |")
    return "\n".join(lines)


def renewed(text: str) -> str:
    """Return the map with the table of nouns as the tree is now."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


if __name__ == "__main__":
    MAP.write_text(renewed(MAP.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{MAP.relative_to(ROOT)}\n")
