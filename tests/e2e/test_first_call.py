"""The page for a bank's engineer works as it is printed."""

import re
import subprocess
from pathlib import Path

import pytest

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
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    metadata, listed, dossier, refused, answered = (part.strip() for part in done.stdout.split("--\n"))
    assert '"token_endpoint"' in metadata
    assert listed == ""
    assert '"credit_file"' in dossier
    assert '"idempotency_key_missing"' in refused
    assert '"status":"BANK_REVIEW"' in answered or '"application_state_conflict"' in answered
