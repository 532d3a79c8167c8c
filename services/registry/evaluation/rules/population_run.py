"""Runs over all enterprises: who may ask for one, of which rule sets, and how much is decided at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from services.registry.enterprise.rules.enterprise import check_role
from services.registry.evaluation.rules.population_decision import Decide, Decided, PopulationPolicy, decider
from shared.kernel.actor import Role
from shared.kernel.errors import Refusal, RefusalCode
from shared.policy.problem import RuleSetInvalid
from shared.policy.rule_set import RuleSet

OPERATION = "population_run"
RANGE_FIRMS = 2_500
"""Firms of one range, decided and stored in one transaction: what a killed process has to do again."""

NOT_IN_COLUMNS = RefusalCode(
    "rule_set_not_in_columns",
    409,
    "规则 {policy} {version} 不能批量测算：{problem}",
    "The rule set {policy} {version} cannot be decided for all enterprises at once: {problem}",
    "请改用单户评价，或由运维核对规则文件。",
    "Evaluate enterprises one by one, or have the rule file looked at.",
)
RUN_ENDED = RefusalCode(
    "population_run_ended",
    409,
    "批量测算已结束，不能取消",
    "The run has ended and cannot be cancelled",
    "请查看测算结果；如需重新测算，请新建一次。",
    "Read its results, or start another run.",
)
RUNNING = frozenset({Role.CITY})
"""Who asks for runs and ends them."""
READING = frozenset({Role.CITY, Role.AUDITOR})
"""Who looks at all enterprises at once."""


def check_runner(role: Role) -> None:
    """Refuse asking for a run, or ending one, to any but the city, whatever its scopes.

    Raises:
        Refusal: `forbidden_role`.

    Source: R-POP-04 (design: a run decides every enterprise, so it belongs to who answers for every one).
    """
    check_role(role, RUNNING)


def check_reader(role: Role) -> None:
    """Refuse a look at a run to who does not see every enterprise, whatever its scopes.

    Raises:
        Refusal: `forbidden_role`.

    Source: R-POP-04 (design: a run shows every enterprise, so it is read by those who see every one).
    """
    check_role(role, READING)


def policies_of(asked: Sequence[PopulationPolicy]) -> tuple[PopulationPolicy, ...]:
    """Return the policies of a run, each once: those that were asked for, all that can be decided where none was.

    Source: R-POP-04 (design: a run decides the rule sets of its day).
    """
    return tuple(policy for policy in PopulationPolicy if not asked or policy in asked)


def counted(before: Mapping[str, Mapping[str, int]], decided: Mapping[PopulationPolicy, Decided]) -> dict[str, Any]:
    """Return how many firms have each verdict, by policy: those of earlier ranges and those of one range more.

    Source: R-POP-04 (design: a run decides the rule sets of its day).
    """
    return {
        policy.value: dict(sorted((Counter(before.get(policy.value, {})) + Counter(said.verdicts.tolist())).items()))
        for policy, said in decided.items()
    }


def decider_of(rule_set: RuleSet) -> Decide:
    """Return what decides a rule set for all enterprises.

    Raises:
        Refusal: `rule_set_not_in_columns`, saying what is not known.

    Source: R-POP-02 (design: what columns do not know is refused in words).
    """
    try:
        return decider(rule_set)
    except RuleSetInvalid as problem:
        raise Refusal(
            NOT_IN_COLUMNS, policy=rule_set.policy, version=rule_set.version, problem=str(problem)
        ) from problem
