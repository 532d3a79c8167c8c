"""The trace of a call that no span object stands for."""

import re

import pytest

from shared.telemetry import continue_trace, current_traceparent, provider_of, traceparent_below

CALLERS = f"00-{'a1' * 16}-{'b2' * 8}-01"


@pytest.mark.parametrize(
    "given", ["", CALLERS, f"00-{'0' * 32}-{'b2' * 8}-01", f"01-{'a1' * 16}-{'b2' * 8}-01-x", "ff", "00-é"]
)
def test_a_trace_goes_on_as_the_library_has_it_or_is_left_to_it(given: str) -> None:
    with continue_trace("nobody", given or None, "x"):
        librarys = current_traceparent()
    own = traceparent_below("nobody", given.encode("latin-1"))
    assert librarys is not None
    if own is not None:
        same = slice(0, 36) if given else slice(0, 3)
        assert (own[same], own[-3:]) == (librarys[same], librarys[-3:])
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", own)
        assert own[36:52] != CALLERS[36:52]
    assert (own is not None) is (given in {"", CALLERS})


def test_a_service_whose_spans_are_recorded_goes_the_long_way() -> None:
    provider_of("recorded in a test")
    assert traceparent_below("recorded in a test", b"") is None
