"""Whatever decides by a dated rule set is decided anew from what was kept, or says why no record of it can be."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.source import ROOT, SERVICES, files_below, text_of, tree_of

PICKS = {"pick", "policies_of"}
ANEW = {
    "finance/evaluation": {"finance/evaluation/usecases/ledger.py"},
    "finance/fund": {"finance/lending/usecases/ledger.py"},
    "finance/lending": {"finance/lending/usecases/ledger.py"},
    "finance/partner": {"finance/partner/usecases/ledger.py"},
    "registry/enterprise": {"registry/enterprise/usecases/ledger.py"},
    "registry/evaluation": {"registry/evaluation/usecases/ledger.py"},
    "registry/ladder": {"registry/ladder/usecases/ledger.py"},
    "ipr/right": {"ipr/right/usecases/ledger.py"},
}
"""Where the decisions of a sub-domain are decided anew: a question of `make verify`."""
NOTHING_KEPT = {
    "ipr/sheet": "a sheet is counted at each reading by the rules of that day, which the record of the reading names",
    "techtransfer/listing": "the checks of an entry leave no number behind; the act names its rule set",
}
TABLE = "docs/decisions/50-acts-name-the-rules-that-decided.md"


def picks(tree: ast.AST) -> bool:
    """Return whether a file asks for the rule set of a day."""
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PICKS
        for node in ast.walk(tree)
    )


def deciding(files: Iterable[Path]) -> set[str]:
    """Return the sub-domains whose use cases, routes or jobs ask for the rule set of a day."""
    found = set()
    for path in files:
        service, part, room, *_ = path.relative_to(ROOT / "services").parts
        if room in {"usecases", "api", "jobs", "handlers"} and path.name != "ledger.py" and picks(tree_of(path)):
            found.add(f"{service}/{part}")
    return found


def own_files() -> list[Path]:
    """Return the files of all sub-domains' rooms."""
    files = [path for service in SERVICES for path in files_below(f"services/{service}", "*.py")]
    return [path for path in files if len(path.relative_to(ROOT / "services").parts) >= 4]


def policies() -> set[str]:
    """Return the names of all policies that the services hold."""
    return {
        path.name.rpartition("-")[0]
        for service in SERVICES
        for path in files_below(f"services/{service}/policies", "*.json")
    }


@pytest.mark.planted
def test_a_file_that_picks_a_rule_set_is_found() -> None:
    assert picks(ast.parse("async def one(tx, book):\n    return book.pick(POLICY, tx.today)"))
    assert not picks(ast.parse("def one(book):\n    return book.version(POLICY, '1')"))


def test_every_part_that_decides_by_a_dated_rule_set_is_decided_anew_or_keeps_nothing() -> None:
    assert deciding(own_files()) == ANEW.keys() | NOTHING_KEPT.keys()


def test_every_question_that_decides_anew_is_there_and_asked_by_its_service() -> None:
    for paths in ANEW.values():
        for path in paths:
            text = text_of(ROOT / "services" / path)
            assert "LEDGERS" in text, path
            assert "book" in text.lower(), path
            service, part, *_ = path.split("/")
            app = text_of(ROOT / "services" / service / "app.py")
            assert f"services.{service}.{part}.usecases" in app, path


def test_every_policy_stands_in_the_table_of_what_is_kept_and_decided_anew() -> None:
    told = (ROOT / TABLE).read_text("utf-8")
    assert {name for name in policies() if f"`{name}`" not in told} == set()
