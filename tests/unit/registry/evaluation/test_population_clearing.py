"""Which runs are kept: the newest of each policy, those that have not ended, those that something rests on."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.registry.evaluation.rules.population_clearing import StandingRun, to_clear
from services.registry.evaluation.rules.population_decision import PopulationPolicy

SME, SIZE, REGISTER = PopulationPolicy.TECH_SME, PopulationPolicy.SIZE_CLASS, PopulationPolicy.REGISTER


def run(number: int, *policies: PopulationPolicy, state: str = "DONE", is_referred_to: bool = False) -> StandingRun:
    """Return a run; a larger number is a newer one."""
    return StandingRun(UUID(int=number), policies or (SME,), state, is_referred_to)


def cleared(*runs: StandingRun, kept: int = 2) -> list[int]:
    return [one.int for one in to_clear(runs, kept=kept)]


def test_the_newest_runs_stay_and_the_oldest_goes_first() -> None:
    assert cleared(run(3), run(1), run(4), run(2)) == [1, 2]


def test_as_many_runs_as_are_kept_stay() -> None:
    assert cleared(run(1), run(2)) == []


def test_each_policy_keeps_its_own_newest_runs() -> None:
    assert cleared(run(1, SIZE), run(2), run(3), run(4)) == [2]


def test_a_run_of_several_policies_stays_for_any_of_them() -> None:
    assert cleared(run(1, SME, SIZE), run(2, SME, REGISTER), run(3), run(4)) == []
    assert cleared(run(1, SME, SIZE), run(2, SIZE), run(3, SIZE), run(4), run(5)) == [1]


def test_a_run_that_waits_or_goes_on_stays_and_takes_no_other_place() -> None:
    assert cleared(run(1, state="QUEUED"), run(2, state="RUNNING"), run(3), run(4)) == []


def test_failed_and_cancelled_runs_push_no_run_out_that_was_done() -> None:
    ended = [run(5, state="FAILED"), run(6, state="CANCELLED"), run(7, state="FAILED")]
    assert cleared(run(1), run(2), *ended) == [5]


def test_a_run_that_something_rests_on_stays_however_old() -> None:
    assert cleared(run(1, is_referred_to=True), run(2), run(3), run(4)) == [2]


@given(
    st.lists(
        st.builds(
            run,
            st.integers(1, 10_000),
            st.sampled_from([SME, SIZE, REGISTER]),
            state=st.sampled_from(["QUEUED", "RUNNING", "DONE", "FAILED", "CANCELLED"]),
            is_referred_to=st.booleans(),
        ),
        unique_by=lambda one: one.run_id,
        max_size=40,
    ),
    st.integers(1, 5),
)
def test_no_policy_is_ever_left_with_fewer_done_runs_than_are_kept(runs: list[StandingRun], kept: int) -> None:
    gone = set(to_clear(runs, kept=kept))
    for policy in PopulationPolicy:
        done = [one for one in runs if policy in one.policies and one.state == "DONE"]
        left = [one for one in done if one.run_id not in gone]
        assert len(left) >= min(kept, len(done))
        assert sorted(done, key=lambda one: one.run_id)[-kept:] == sorted(left, key=lambda one: one.run_id)[-kept:]
    assert not [one for one in runs if one.run_id in gone and one.state in {"QUEUED", "RUNNING"}]
    assert to_clear([one for one in runs if one.run_id not in gone], kept=kept) == []
