"""The page for a bank's engineer works as it is printed."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from deploy.demo.firm import APPLYING_FIRM, CITY_FIRMS, STORY_FIRM
from deploy.embedded.clients import BANK_A, BANK_B
from deploy.embedded.patience import crowd
from tests.support.curl import with_curl
from tests.support.postgres import REPOSITORY
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_every_line_of_the_first_call_can_be_pasted(suite: LaunchedSuite, tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "first-call.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL)
    script = "set -eu\n" + "\necho; echo '--'\n".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**with_curl(suite.environment, tmp_path), "API": suite.gateway_url},
        timeout=60 * crowd(),
    )
    assert done.returncode == 0, done.stderr
    said = [part.strip() for part in done.stdout.split("--\n")]
    metadata, listed, dossier, refused, accepted, approved, signed, drawn, covered = said
    assert '"token_endpoint"' in metadata
    assert listed == ""
    assert json.loads(dossier)["parts"]["credit_file"]["data"]
    assert json.loads(refused)["code"] == "idempotency_key_missing"
    assert json.loads(accepted)["status"] == "BANK_REVIEW"
    assert json.loads(approved)["status"] == "APPROVED"
    assert signed == ""
    drawdown = json.loads(drawn)
    assert drawdown["outstanding_fen"] == drawdown["amount_fen"] == json.loads(approved)["approved_fen"]
    assert json.loads(covered)["status"] == "FILED"


def test_an_application_waits_for_each_demo_bank_and_every_firm_has_its_districts_client(suite: LaunchedSuite) -> None:
    steps = {step["step"]: step["answer"] for step in suite.answers()}
    for bank, uscc in (("bank-a", BANK_A), ("bank-b", BANK_B)):
        waited = steps[f"waiting/{bank}/1"]
        assert (waited["status"], waited["bank_uscc"]) == ("SUBMITTED", uscc)
    clients = json.loads(suite.settings.demo_clients.read_text(encoding="utf-8"))
    units = {client["unit_id"] for client in clients if client["role"] == "district"}
    firms = (*CITY_FIRMS, STORY_FIRM, APPLYING_FIRM)
    assert {firm.unit_id for firm in firms} == units
    for unit in units:
        with suite.client(f"district-{unit}") as http:
            seen = {item["uscc"] for item in http.get("/v1/enterprises").json()["items"]}
        assert seen == {firm.uscc for firm in firms if firm.unit_id == unit}
