"""The committed event schemas are what consumers were promised."""

import copy
import json
from pathlib import Path

import pytest

from shared.events.catalogue import CATALOGUE
from shared.events.schema import broken_promises, schema_of

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "contracts" / "events"


@pytest.mark.parametrize("subject", sorted(CATALOGUE))
def test_an_event_keeps_its_committed_promise(subject: str) -> None:
    golden = json.loads((FOLDER / f"{subject}.json").read_text(encoding="utf-8"))
    present = json.loads(json.dumps(schema_of(CATALOGUE[subject])))
    assert broken_promises(golden, present) == []
    assert golden == present, "additive change: write the schemas anew with `make contracts`"


def test_no_schema_is_left_of_an_event_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CATALOGUE)


def test_a_field_that_goes_or_changes_is_a_broken_promise_and_an_added_one_is_not() -> None:
    golden = schema_of(CATALOGUE["finance.loan.signed.v1"])
    added, gone, changed = (copy.deepcopy(golden) for _ in range(3))
    added["properties"]["note"] = {"type": "string"}
    del gone["properties"]["principal_fen"]
    changed["properties"]["principal_fen"]["type"] = "string"
    assert broken_promises(golden, added) == []
    assert broken_promises(golden, gone) == ["field principal_fen is gone"]
    assert broken_promises(golden, changed) == ["field principal_fen changed"]


def test_a_bound_that_is_added_breaks_nothing_and_one_that_goes_or_widens_does() -> None:
    bounded = schema_of(CATALOGUE["finance.loan.signed.v1"])
    free, wider = copy.deepcopy(bounded), copy.deepcopy(bounded)
    del free["properties"]["principal_fen"]["maximum"]
    wider["properties"]["principal_fen"]["maximum"] += 1
    assert broken_promises(free, bounded) == []
    assert broken_promises(bounded, free) == ["field principal_fen changed"]
    assert broken_promises(bounded, wider) == ["field principal_fen changed"]
