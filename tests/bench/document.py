"""The page docs/benchmarks.md: a measured part between two marks, and notes written by hand around it."""

from collections.abc import Sequence

from tests.bench.pace import Pace
from tests.bench.table import Row, markdown

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_FRAME = f"""# Benchmarks

`make bench` measures and writes the part between the marks; the notes below it are written by hand.

{BEGIN}
{END}

## Notes
"""


class MarksMissingError(Exception):
    """The page has lost a mark: nothing is overwritten."""


def measured_part(
    rows: Sequence[Row], *, machine: Sequence[str], settings: Sequence[str], pace: Pace, states: Sequence[str]
) -> str:
    """Return the generated part.

    Args:
        rows: in the order of the table.
        machine: what it was measured on.
        settings: of the servers, as they told them.
        pace: sizes of the run.
        states: what must be known before anything is read from the table, such as that it was cut off.
    """
    lines = [f"**{state}**\n" for state in states]
    lines += [markdown(rows), ""]
    method = (
        f"Median of {pace.runs} runs (min–max); floor and ours in turn (A B A B) in the same run; "
        f"{pace.warm_s:g} s of load before each window of {pace.window_s:g} s; the ratio is the median of the ratios "
        "of each pair. A row whose messages do not agree (accepted = committed = published = consumed) says INVALID."
    )
    return "\n".join([*lines, method, "", *machine, *(f"- {one}" for one in settings)])


def with_measured(page: str, part: str) -> str:
    """Return the page with a new measured part; a page that does not exist yet gets a frame.

    Raises:
        MarksMissingError: the page has text, but not both marks.
    """
    page = page or _FRAME
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise MarksMissingError(f"the page needs the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{after}"
