import asyncio
import subprocess
import sys
from datetime import date
from uuid import UUID

import orjson

from shared.events.finance import EvaluationCompleted
from tests.service.registry.world import EVIDENCE, World, code_of, made_up_code
from tests.support.source import ROOT

PATH = "/v1/tech-sme-evaluations"
REPLAY = """
import sys
from datetime import date
from services.registry.evaluation.rules.tech_sme_evaluation import evaluate
from shared.policy.decision import canonical, open_record
from shared.policy.rule_set import RuleSet
stored = sys.stdin.buffer.read()
rules = RuleSet.parse(open(sys.argv[1], "rb").read())
record = open_record(stored)
sys.stdout.buffer.write(canonical(evaluate(rules, record.facts, as_of=record.as_of)))
"""


async def evaluated(world: World, number: int = 1) -> dict[str, object]:
    """Evaluate a filed firm."""
    answer = await world.enterprise(number).post(PATH, json={"uscc": made_up_code(number)})
    assert answer.status_code == 201, answer.text
    read: dict[str, object] = answer.json()
    return read


async def test_an_evaluation_explains_every_point_and_the_points_add_up(world: World) -> None:
    await world.registered()
    await world.filed()
    await world.with_portfolio(class_2=2)
    read = await evaluated(world)
    decision = read["decision"]
    assert isinstance(decision, dict)
    # 30 of 100 science staff: 20; R&D 6 % of sales: 50; two class II rights: 12.
    assert (read["verdict"], read["score_milli"]) == ("QUALIFIED", 82_000)
    counted = decision["result"]["counted"]
    lines = {line["indicator"]: line for line in decision["lines"]}
    assert sum(lines[name]["points_milli"] for name in counted) == 82_000
    assert lines["class_2_rights"]["next_tier"]["needs"] == 3
    assert lines["class_2_rights"]["next_tier"]["distance"] == 1
    assert all(line["article"] and line["source"] and line["confidence"] for line in lines.values())
    assert (read["window"]["status"], read["window"]["closes_on"]) == ("CLOSED", "2026-08-31")
    assert "FIRST_TIME" in {one["ground"] for one in read["site_checks"]}
    assert {"standard_rank_max", "opens_on"} <= {one["name"] for one in read["numbers"]}
    assert [gate["open"] for gate in decision["gates"]] == [True] * 5
    assert decision["facts"]["class_2_count"]["origin"] == f"ipr.portfolio.changed/{made_up_code(1)}@v1"
    assert decision["facts"]["staff"]["origin"].startswith("registry.filing.accepted/")
    steps = decision["result"]["cheapest_to_tier"]
    assert [(step["indicator"], step["to_value"]) for step in steps] == [("class_2_count", 3)]


async def test_the_indicators_of_rights_come_from_the_newest_portfolio_only(world: World) -> None:
    await world.registered()
    await world.filed()
    assert (await evaluated(world))["score_milli"] == 70_000
    await world.with_portfolio(class_1=1, version=5)
    await world.with_portfolio(class_1=0, version=4)
    assert (await evaluated(world))["score_milli"] == 100_000
    page = (await world.enterprise().get(f"/v1/enterprises/{made_up_code(1)}")).json()
    assert (page["portfolio"]["class_1_count"], page["portfolio"]["version"]) == (1, 5)


async def test_a_high_tech_certificate_confirms_directly(world: World) -> None:
    code = await world.registered()
    await world.filed(rd_expense_fen=0, super_deduction_fen=None, science_staff=20)
    assert (await evaluated(world))["verdict"] == "NOT_QUALIFIED"
    hnte = {"kind": "HNTE", "number": "GR202551100001", "valid_from_on": "2025-10-01", "evidence": EVIDENCE}
    assert (await world.city.post(f"/v1/enterprises/{code}/qualifications", json=hnte)).status_code == 201
    assert (await evaluated(world))["verdict"] == "QUALIFIED_DIRECT"


async def test_a_replay_gives_the_same_bytes_also_in_another_process_and_a_changed_fact_does_not(world: World) -> None:
    await world.registered()
    await world.filed()
    read = await evaluated(world)
    path = f"{PATH}/{read['id']}:replay"
    replay = (await world.enterprise().post(path)).json()
    assert (replay["same"], replay["replayed_sha256"]) == (True, read["record_sha256"])
    (stored,) = await world.service.rows("SELECT record FROM tech_sme_evaluation")
    rules = ROOT / "services" / "registry" / "policies" / "tech_sme_evaluation-2017.3.json"
    again = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", REPLAY, str(rules)],
        input=stored["record"].encode(),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    assert again.stdout == stored["record"].encode()
    document = orjson.loads(stored["record"])
    document["facts"]["science_staff"]["value"] = 24
    await world.service.tamper("UPDATE tech_sme_evaluation SET record = $1", orjson.dumps(document).decode())
    forged = (await world.enterprise().post(path)).json()
    assert forged["same"] is False


async def test_an_evaluation_is_immutable_and_a_changed_fact_makes_a_new_one(world: World) -> None:
    await world.registered()
    await world.filed()
    first = await evaluated(world)
    await world.filed(rd_expense_fen=200_000_000, super_deduction_fen=None)
    second = await evaluated(world)
    assert (first["score_milli"], second["score_milli"]) == (70_000, 50_000)
    assert (await world.enterprise().get(f"{PATH}/{first['id']}")).json() == first
    listed = (await world.enterprise().get(PATH)).json()["items"]
    assert [row["id"] for row in listed] == [first["id"], second["id"]]


async def test_without_last_years_filing_nothing_is_evaluated_and_another_firm_is_not_found(world: World) -> None:
    code = await world.registered()
    missing = await world.enterprise().post(PATH, json={"uscc": code})
    assert (missing.status_code, code_of(missing)) == (409, "evaluation_filing_missing")
    await world.filed()
    read = await evaluated(world)
    assert (await world.enterprise(2).get(f"{PATH}/{read['id']}")).status_code == 404
    assert (await world.enterprise(2).post(PATH, json={"uscc": code})).status_code == 404
    assert (await world.city.get(PATH, params={"uscc": code})).json()["items"][0]["id"] == read["id"]


async def test_extreme_amounts_are_evaluated_and_break_nothing(world: World) -> None:
    await world.registered()
    await world.filed(revenue_fen=1, cost_expense_fen=1, rd_expense_fen=9_000_000_000_000_000, staff=0,
                      science_staff=0, rd_staff=0, senior_title_staff=0)  # fmt: skip
    read = await evaluated(world)
    assert (read["verdict"], read["score_milli"]) == ("NOT_QUALIFIED", 50_000)


async def test_the_page_of_an_enterprise_shows_what_finance_told_last(world: World) -> None:
    code = await world.registered()
    told = EvaluationCompleted(
        uscc=code, evaluation_id=UUID(int=1), supersedes_id=None, grade="B", score_milli=70_000,
        limit_fen=400_000_000, uplift_fen=0, as_of_on=date(2026, 11, 23), valid_until_on=date(2027, 11, 22),
        rule_set_version="2022.1", rule_set_sha256="0" * 64,
    )  # fmt: skip
    await world.service.deliver(told, version=2)
    await world.service.deliver(told.model_copy(update={"grade": "A"}), version=1)
    page = (await world.city.get(f"/v1/enterprises/{code}")).json()
    assert (page["credit_standing"]["grade"], page["credit_standing"]["limit_fen"]) == ("B", 400_000_000)
