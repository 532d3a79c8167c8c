"""`make verify` counts anew what the registry computed: each wrong number is found by its own question."""

from services.registry.app import LEDGERS
from tests.service.registry.test_qualification import SME
from tests.service.registry.test_register_application import applied
from tests.service.registry.world import World, made_up_code
from tests.support.ledger import each_is_found

PLANTED = {
    "the unit of each firm": "UPDATE unit_stay SET unit_id = '500103'",
    "what was told last of each firm": "UPDATE enterprise SET industry_code = 'C3913'",
    "what was told last of each filing": "UPDATE filing SET staff = staff + 1",
    "a firm was told a title": "UPDATE qualification SET status = 'EXPIRED'",
    "each size class": "UPDATE enterprise SET size_class = 'LARGE'",
    "each range of a run": """
        INSERT INTO population_range (run_id, number, first_uscc, last_uscc, firms, finished_at)
        VALUES (gen_random_uuid(), 1, '0', 'Z', 7, now())
    """,
    "the verdicts that a run tells": """
        INSERT INTO operation (id, kind, state, client_id, role, input, result, causation_id, created_at, updated_at)
        VALUES (gen_random_uuid(), 'population_run', 'DONE', 'c', 'city', '{}',
                '{"verdicts": {"srdi_conditions": {"MET": 2}}}', gen_random_uuid(), now(), now())
    """,
    "of a run that was cleared": """
        WITH told AS (
            INSERT INTO population_clearing (run_id, kept, begun_at, finished_at)
            VALUES (gen_random_uuid(), 1, now(), now()) RETURNING run_id
        )
        INSERT INTO population_range (run_id, number, first_uscc, last_uscc) SELECT run_id, 1, '0', 'Z' FROM told
    """,
    "each evaluation": "UPDATE tech_sme_evaluation SET score_milli = score_milli - 1",
    "each check is due": "UPDATE register_application SET check_due_on = check_due_on + 1",
    "counters of case numbers": "UPDATE case_number SET value = value - 1",
}


async def test_a_wrong_unit_class_or_count_is_found_by_its_own_question(world: World) -> None:
    await applied(world)
    entered = await world.city.post(f"/v1/enterprises/{made_up_code(1)}/qualifications", json=SME)
    assert entered.status_code == 201, entered.text
    made = await world.enterprise().post("/v1/tech-sme-evaluations", json={"uscc": made_up_code(1)})
    assert made.status_code == 201, made.text
    await each_is_found(world.service, LEDGERS, PLANTED)
