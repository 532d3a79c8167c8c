"""What `make run` prints: a story whose every figure was answered, and a table that works when pasted."""

import json
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.kernel.money import yuan_text
from tests.support.curl import with_curl
from tests.support.suite import LaunchedSuite

pytestmark = pytest.mark.e2e
FIGURE = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)")
TRUST = {"official", "reported", "assumed"}
SCALES = (1, 100, 1_000, 10_000, 1_000_000)


def story_lines(printed: str) -> list[str]:
    """Return the told lines: from the first chapter to the table."""
    lines = printed.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("■"))
    last = next(number for number, line in enumerate(lines) if line.startswith("Kechuang is ready"))
    return lines[first:last]


def numbers_in(value: Any) -> set[Decimal]:
    """Return every number of a JSON value, also those inside its texts."""
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int):
        return {Decimal(value)}
    if isinstance(value, str):
        return {Decimal(found.replace(",", "")) for found in FIGURE.findall(value)}
    items = value.values() if isinstance(value, dict) else value
    return set().union(*(numbers_in(item) for item in items))


def is_known(figure: str, known: set[Decimal]) -> bool:
    """Tell whether a printed figure is an answered number, in fen, thousandths or parts per million or as it is."""
    return any(Decimal(figure.replace(",", "")) * scale in known for scale in SCALES)


def test_every_figure_of_the_story_occurs_in_a_recorded_answer(suite: LaunchedSuite) -> None:
    answers = [step["answer"] for step in suite.answers()]
    known = numbers_in(answers)
    told = [(figure, line) for line in story_lines(suite.printed) for figure in FIGURE.findall(line)]
    assert len(told) > 40
    assert [(figure, line) for figure, line in told if not is_known(figure, known)] == []


def test_a_figure_that_no_answer_holds_is_noticed(suite: LaunchedSuite) -> None:
    known = numbers_in([step["answer"] for step in suite.answers()])
    for step in ("evaluation", "first/sign", "cover/decide"):
        answer = {one["step"]: one["answer"] for one in suite.answers()}[step]
        for name, value in answer.items():
            if name.endswith("_fen") and value:
                assert is_known(yuan_text(value).removesuffix(" 元"), known)
                assert not is_known(yuan_text(value + 1).removesuffix(" 元"), known)


def test_the_story_ends_with_a_covered_loan_and_a_fallen_limit(suite: LaunchedSuite) -> None:
    steps = {step["step"]: step["answer"] for step in suite.answers()}
    assert steps["cover/decide"]["status"] == "COVERED"
    assert steps["evaluation/after"]["limit_fen"] < steps["evaluation"]["limit_fen"]
    assert steps["second/flagged"]["flag"] == "evaluation_superseded"
    assert steps["second/approve"]["status"] == "APPROVED"
    line = steps["end/line"]
    assert line["drawn_fen"] == steps["draw"]["amount_fen"]
    assert line["available_fen"] == max(0, line["limit_fen"] - line["reserved_fen"] - line["drawn_fen"])


def test_the_points_of_the_evaluation_add_up_and_the_replay_is_the_same(suite: LaunchedSuite) -> None:
    steps = {step["step"]: step["answer"] for step in suite.answers()}
    assert steps["evaluation"]["uplift_fen"] > 0
    assert steps["replay"]["same"] is True
    assert all(
        line["article"] and line["confidence"] in {"official", "reported", "assumed"}
        for line in steps["evaluation"]["lines"]
    )


def test_the_story_is_told_in_chinese_and_english(suite: LaunchedSuite) -> None:
    chapters = [line for line in story_lines(suite.printed) if line.startswith("■")]
    assert len(chapters) >= 9
    assert all(re.search(r"[\u4e00-\u9fff]", line) and re.search(r"[A-Za-z]{4}", line) for line in chapters)


def test_the_line_to_paste_works_when_pasted(suite: LaunchedSuite, tmp_path: Path) -> None:
    (line,) = [line.strip() for line in suite.printed.splitlines() if line.strip().startswith("curl ")]
    pasted = subprocess.run(
        ["/bin/sh", "-c", line],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
        env=with_curl(suite.environment, tmp_path),
    )
    items = json.loads(pasted.stdout)["items"]
    assert {item["bank_uscc"] for item in items} == {"91500000DEMBANKA1R"}


def test_the_table_names_addresses_documentation_and_clients(suite: LaunchedSuite) -> None:
    for address in (
        suite.gateway_url,
        *(suite.url_of(name) for name in ("registry", "finance", "techtransfer", "ipr")),
    ):
        assert f"{address}/docs" in suite.printed
        with suite.client("city") as http:
            assert http.get(f"{address}/docs").status_code == 200
    for client in (
        "city",
        "district-500107",
        "bank-a",
        "enterprise-1",
        "agency-1",
        "fund-manager",
        "ip-centre",
        "auditor",
    ):
        assert re.search(rf"^  {client} ", suite.printed, re.MULTILINE)


def test_no_secret_stands_in_a_log_or_on_the_terminal(suite: LaunchedSuite) -> None:
    secrets = [path.read_text() for path in suite.settings.secrets.iterdir() if path.suffix != ".json"]
    secrets += [client["secret"] for client in json.loads(suite.settings.demo_clients.read_text())]
    said = suite.printed + "".join(path.read_text(errors="replace") for path in suite.settings.logs.iterdir())
    assert len(secrets) > 20
    assert [secret for secret in secrets if secret in said] == []


def test_what_the_story_decided_is_decided_anew_with_the_same_end_and_without_reading_a_person(
    suite: LaunchedSuite,
) -> None:
    walked = suite.make("verify")  # the command has no key of personal data, and needs none
    lines = (walked.stdout + walked.stderr).splitlines()
    anew = [line for line in lines if " anew" in line]
    assert len(anew) >= 8, walked.stderr[-2_000:]
    assert [line for line in anew if not line.endswith("相符 agrees")] == []
    assert len([line for line in lines if "the audit chain is whole" in line]) == 5
