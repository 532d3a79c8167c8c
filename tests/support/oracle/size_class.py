"""Size classes computed a second time, written from the table of 国统字〔2017〕213号 alone (domain reference, 10.5).

X staff, Y revenue and Z assets in 万元: (large, medium, small), lower bounds included.
"""

INDUSTRY = {"X": (1_000, 300, 20), "Y": (40_000, 2_000, 300)}
LODGING = {"X": (300, 100, 10), "Y": (10_000, 2_000, 100)}
OTHER = {"X": (300, 100, 10)}
TABLE: tuple[tuple[frozenset[str], dict[str, tuple[int, int, int]]], ...] = (
    (frozenset({"01", "02", "03", "04", "05"}), {"Y": (20_000, 500, 50)}),
    (frozenset(f"{number:02d}" for number in range(6, 47)), INDUSTRY),
    (frozenset({"47", "48", "49", "50"}), {"Y": (80_000, 6_000, 300), "Z": (80_000, 5_000, 300)}),
    (frozenset({"51"}), {"X": (200, 20, 5), "Y": (40_000, 5_000, 1_000)}),
    (frozenset({"52"}), {"X": (300, 50, 10), "Y": (20_000, 500, 100)}),
    (frozenset({"54", "55", "56", "57", "58"}), {"X": (1_000, 300, 20), "Y": (30_000, 3_000, 200)}),
    (frozenset({"59"}), {"X": (200, 100, 20), "Y": (30_000, 1_000, 100)}),
    (frozenset({"60"}), {"X": (1_000, 300, 20), "Y": (30_000, 2_000, 100)}),
    (frozenset({"61", "62"}), LODGING),
    (frozenset({"63", "64"}), {"X": (2_000, 100, 10), "Y": (100_000, 1_000, 100)}),
    (frozenset({"65"}), {"X": (300, 100, 10), "Y": (10_000, 1_000, 50)}),
    (frozenset({"701"}), {"Y": (200_000, 1_000, 100), "Z": (10_000, 5_000, 2_000)}),
    (frozenset({"702"}), {"X": (1_000, 300, 100), "Y": (5_000, 1_000, 500)}),
    (frozenset({"71", "72"}), {"X": (300, 100, 10), "Z": (120_000, 8_000, 100)}),
    (frozenset({"703", "709", "85"}), OTHER),
    (frozenset(f"{number:02d}" for number in (*range(73, 83), *range(86, 91))), OTHER),
)
NAMES = ("LARGE", "MEDIUM", "SMALL")


def row_of(digits: str) -> dict[str, tuple[int, int, int]] | None:
    """Return the bounds of a four-digit class of GB/T 4754-2017; None where the notice has none."""
    return next((row for codes, row in TABLE if digits[:2] in codes or digits[:3] in codes), None)


def size_of(digits: str, *, staff: int, revenue_wan: int, assets_wan: int) -> str | None:
    """Return the class: each level needs all listed indicators, micro is what is left."""
    row = row_of(digits)
    if row is None:
        return None
    values = {"X": staff, "Y": revenue_wan, "Z": assets_wan}
    for level, name in enumerate(NAMES):
        if all(values[indicator] >= bounds[level] for indicator, bounds in row.items()):
            return name
    return "MICRO"
