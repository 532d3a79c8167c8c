"""The page for the operator works as it is printed, and what it does is audited in the operator's name."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from deploy.embedded.patience import crowd
from tests.support.curl import with_curl
from tests.support.postgres import REPOSITORY
from tests.support.suite import LaunchedSuite

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def pasted(script: str, suite: LaunchedSuite, folder: Path) -> list[str]:
    """Run a script as a person who pastes it, and return what stood between its dashes."""
    done = subprocess.run(
        ["bash", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=with_curl(suite.environment, folder),
        timeout=150 * crowd(),
    )
    assert done.returncode == 0, done.stderr
    return [part.strip() for part in done.stdout.split("--\n")]


async def test_every_command_of_the_operators_page_can_be_pasted(suite: LaunchedSuite, tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "operator.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) >= 4
    script = "set -eu\n" + "\necho '--'\n".join(blocks) + '\necho "--"; echo "$SECRET"\n'
    told = pasted(script, suite, tmp_path)
    onboarded, people, suspended, keys, rates, _broker, holidays, signers, letters, *_, secret = told
    assert "credit.decision:write" in onboarded
    assert re.search(r"^bank-c\tbank\tACTIVE\t91500000DEMBANKA1R", onboarded, re.MULTILINE)
    assert re.search(r"^zhang.san\tbank\tACTIVE\t91500000DEMBANKA1R", people, re.MULTILINE)
    assert people.splitlines()[-1] == "zhang.san SUSPENDED"
    assert suspended.splitlines() == ["bank-c SUSPENDED", "bank-c ACTIVE"]
    assert sorted(re.findall(r"\t(ANNOUNCED|SIGNING)\t", keys)) == ["ANNOUNCED", "SIGNING", "SIGNING"]
    assert rates.splitlines()[-1] == "试运行：已核对，未保存 dry run: checked, nothing was saved"
    assert holidays.splitlines()[-1] == rates.splitlines()[-1]
    assert "signs from" in signers
    assert "finance: 0 封已重放 replayed" in letters
    asked = {"grant_type": "client_credentials", "client_id": "bank-c", "client_secret": secret}
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{suite.gateway_url}/oauth2/token", data=asked)
    assert answer.status_code == 200, answer.text
    assert "credit.decision:write" in answer.json()["scope"]
    rows = await suite.rows(
        "gateway",
        "SELECT action, detail FROM audit_entry WHERE client_id = 'operator:zhang.operations' ORDER BY position",
    )
    assert [row["action"] for row in rows] == [
        "client.registered",
        "account.registered",
        "account.suspended",
        "client.secret_renewed",
        "client.suspended",
        "client.active",
        "signing_key.made",
    ]
    assert json.loads(rows[-1]["detail"])["reason"] == "yearly change"


def test_a_refusal_of_the_command_line_is_told_in_both_languages(suite: LaunchedSuite) -> None:
    refused = suite.make("kechuang", "ARGS=client suspend nobody")
    assert refused.returncode != 0
    assert "客户端" in refused.stderr
    assert "client" in refused.stderr
    assert "Traceback" not in refused.stderr
