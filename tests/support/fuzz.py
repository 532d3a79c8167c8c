"""`make fuzz`: schemathesis calls every service and the gateway as their documents say, and as they do not.

The suite is launched for it with the made-up city inside; requests go to each service and to the gateway, in all four
phases (examples, coverage of boundary values, random, stateful chains), good and bad data alike, by a fixed seed.
S names one service, N how many requests at most for one operation, SEED another seed.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.embedded.clients import BANK_A
from deploy.embedded.launch_settings import PROCESSES
from shared.kernel.clock import SystemClock, shanghai_date
from tests.support import journey
from tests.support.source import ROOT
from tests.support.suite import LaunchedSuite, launched_suite

SEED = "20221123"
EXAMPLES = "100"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
LONGEST_S = 3_600


def lend(suite: LaunchedSuite) -> None:
    """Leave an application in each state at bank A: chance alone hardly ever grows a firm that may apply."""
    today, bank = shanghai_date(SystemClock().now()), journey.demo_body(suite, "bank-a")
    for number in range(4):
        uscc = journey.made_up_code(f"F{number:04d}")
        firm = journey.new_enterprise_client(suite, f"enterprise-fuzz-{number}", uscc)
        evaluation = journey.grow_up(suite, firm, uscc, serial=8_100 + number, today=today)
        journey.consent(firm, BANK_A)
        amount = evaluation["limit_fen"]
        applied = firm.post("/v1/loan-applications", journey.application(BANK_A, evaluation, amount))
        journey.lend(bank, applied["id"], amount, f"FUZZ-{number}", today, verbs=number)


def fuzz(suite: LaunchedSuite, service: str, reports: Path) -> bool:
    """Fuzz one service, print what was found, and tell whether nothing was."""
    url = suite.url_of(service)
    order = [str(ROOT / ".venv/bin/schemathesis"), "run", f"{url}/openapi.json", "--url", url]
    order += ["--seed", os.environ.get("SEED") or SEED, "--max-examples", os.environ.get("N") or EXAMPLES]
    order += ["--checks", ",".join(CHECKS), "--continue-on-failure", "--warnings", "off", "--no-color"]
    settings = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.support.fuzz_hooks",
        "PYTHONPATH": str(ROOT),
        "FUZZ_CLIENTS": str(suite.settings.demo_clients),
        "FUZZ_GATEWAY": suite.gateway_url,
    }
    began = time.monotonic()
    ran = subprocess.run(
        order, check=False, capture_output=True, text=True, env=settings, cwd=reports, timeout=LONGEST_S
    )
    told = ran.stdout + ran.stderr
    cases = re.search(r"([0-9]+) generated", told)
    print(
        f"{service}: {cases.group(1) if cases else '?'} 个请求 requests, {time.monotonic() - began:.0f} s, "
        f"{'无发现 nothing found' if ran.returncode == 0 else '有发现 FOUND:'}",
        flush=True,
    )
    if ran.returncode:
        print(told)
    return ran.returncode == 0


def main() -> int:
    """Fuzz the service named by S, or all."""
    chosen = os.environ.get("S")
    if chosen and chosen not in PROCESSES:
        sys.stderr.write(f"S 应为其一 S is one of: {', '.join(PROCESSES)}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="kechuang-fuzz-") as reports, launched_suite("fuzz") as suite:
        suite.start()
        lend(suite)
        fine = [fuzz(suite, service, Path(reports)) for service in ([chosen] if chosen else PROCESSES)]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
