"""How long and how often: the full run, and a short one that only shows that the bench itself works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Sizes of one run of the bench.

    Attributes:
        runs: of each side of each figure, in turn.
        warm_s: load before the window that counts.
        window_s: the window that counts.
        paced_s: window of the figures at a fixed rate.
        relayed: events of one relay run.
        peer_events: events of one run of the relay that we are compared with.
        backlog: events of one drain in batches.
        singles: events of one drain one by one.
        imported: rows of one import.
        firms: firms of a run over the population.
        population_runs: of it; one run is long enough to be told apart from the noise.
        views: composed answers of one run.
        settle_s: rest before idle memory is read.
    """

    runs: int
    warm_s: float
    window_s: float
    paced_s: float
    relayed: int
    peer_events: int
    backlog: int
    singles: int
    imported: int
    firms: int
    population_runs: int
    views: int
    settle_s: float


FULL = Pace(3, 1.0, 4.0, 8.0, 40_000, 3_000, 100_000, 8_000, 100_000, 600_000, 1, 200, 15.0)
QUICK = Pace(1, 0.2, 0.6, 1.5, 2_000, 300, 5_000, 500, 2_000, 3_000, 1, 15, 1.0)
