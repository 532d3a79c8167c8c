import pytest
from pydantic import ValidationError, create_model

from shared.kernel import types
from shared.kernel.shape import Shape

NULLABLE = [name for name in dir(types) if name.endswith("OrNone")]


@pytest.mark.parametrize("name", NULLABLE)
def test_a_type_that_allows_none_takes_an_explicit_null(name: str) -> None:
    shape = create_model("Probe", __base__=Shape, value=(getattr(types, name), None))
    assert shape.model_validate({"value": None}).model_dump() == {"value": None}


@pytest.mark.parametrize(("name", "longest"), [("ShortTextOrNone", 200), ("LongTextOrNone", 4000)])
def test_a_text_that_may_be_absent_keeps_its_limit(name: str, longest: int) -> None:
    shape = create_model("Probe", __base__=Shape, value=(getattr(types, name), None))
    assert shape.model_validate({"value": "字" * longest})
    with pytest.raises(ValidationError):
        shape.model_validate({"value": "字" * (longest + 1)})
