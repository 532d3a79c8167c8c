"""`make client-check`: a client generated from docs/contracts/openapi/gateway.json compiles and draws a loan.

openapi-generator (a PyPI package that carries the jar, run by Java) generates a Python client into a temporary folder;
it is compiled and type-checked, and then goes from a token to a drawdown against a suite launched for it. Nothing that
was generated is committed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.bootstrap import Sources, pip_configuration, uv_binary
from deploy.embedded.clients import BANK_A
from shared.kernel.clock import SystemClock, shanghai_date
from tests.support.contracts import FOLDER
from tests.support.journey import demo_body, grow_up, made_up_code, new_enterprise_client
from tests.support.source import ROOT
from tests.support.suite import LaunchedSuite, launched_suite

TOOLS = ROOT / ".client"
SOURCES = Path(__file__).parent / "client"
PACKAGE = "kechuang_client"
JAVA_MISSING = (
    "生成客户端需要 Java 11 或更新版本，本机没有；安装后再运行 make client-check\n"
    "Generating a client needs Java 11 or newer, which this machine lacks; install it and run again\n"
)


def environment() -> Path:
    """Return the Python of an environment with the generator and what its clients need, as the lock file says."""
    python, lock = TOOLS / "bin/python", SOURCES / "requirements.lock"
    stamp = TOOLS / "made-from"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return python
    sources = Sources(os.environ, pip_configuration(os.environ))
    settings = sources.uv_environment(os.environ)
    settings.pop("VIRTUAL_ENV", None)
    uv = str(uv_binary(sources))
    shutil.rmtree(TOOLS, ignore_errors=True)
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(TOOLS)], check=True, env=settings)
    sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--index-strategy", "unsafe-best-match"]
    subprocess.run([*sync, "--python", str(python), str(lock)], check=True, env=settings)
    stamp.write_bytes(lock.read_bytes())
    return python


def generate(python: Path, folder: Path) -> None:
    """Generate the client into `folder`; the generator's words are shown only if it fails."""
    (jar,) = TOOLS.glob("lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar")
    order = ["java", "-jar", str(jar), "generate", "-g", "python", "-i", str(FOLDER / "openapi/gateway.json")]
    ran = subprocess.run(
        [*order, "-o", str(folder), "--package-name", PACKAGE], check=False, capture_output=True, text=True
    )
    if ran.returncode:
        raise SystemExit(ran.stdout[-3000:] + ran.stderr[-3000:])
    shutil.copy(SOURCES / "draw_loan.py", folder)
    models = len(list((folder / PACKAGE / "models").glob("*.py"))) - 1
    print(f"generated: {models} models, {len(list((folder / PACKAGE / 'api').glob('*_api.py')))} groups of operations")
    subprocess.run([str(python), "-m", "compileall", "-q", PACKAGE, "draw_loan.py"], cwd=folder, check=True)
    types = [str(python), "-m", "mypy", "--config-file=", "--check-untyped-defs", "-p", PACKAGE]
    subprocess.run(types, cwd=folder, check=True)
    subprocess.run(
        [str(python), "-m", "mypy", "--config-file=", "--strict", "--implicit-reexport", "draw_loan.py"],
        cwd=folder,
        check=True,
    )


def draw(suite: LaunchedSuite, python: Path, folder: Path) -> None:
    """Let the generated client draw a loan for a firm that grew up in `suite`."""
    today = shanghai_date(SystemClock().now())
    uscc = made_up_code("CXA1")
    firm = new_enterprise_client(suite, "generated-client", uscc)
    grow_up(suite, firm, uscc, serial=7001, today=today)
    clients = {one["client_id"]: one["secret"] for one in json.loads(suite.settings.demo_clients.read_text("utf-8"))}
    assert demo_body(suite, "bank-a").get("/v1/banks")["items"]
    case = {
        "url": suite.gateway_url,
        "uscc": uscc,
        "firm": firm.client_id,
        "firm_secret": firm.secret,
        "bank": "bank-a",
        "bank_secret": clients["bank-a"],
        "bank_uscc": BANK_A,
        "today": today.isoformat(),
    }
    settings = {**os.environ, "CLIENT_CASE": json.dumps(case), "NO_PROXY": "*", "PYTHONPATH": str(folder)}
    subprocess.run([str(python), "draw_loan.py"], cwd=folder, env=settings, check=True)


def main() -> int:
    """Generate, compile, type-check and use the client."""
    if shutil.which("java") is None:
        sys.stderr.write(JAVA_MISSING)
        return 2
    python = environment()
    with tempfile.TemporaryDirectory(prefix="kechuang-client-") as name:
        folder = Path(name)
        try:
            generate(python, folder)
            with launched_suite("client") as suite:
                suite.start()
                draw(suite, python, folder)
        except subprocess.CalledProcessError as failed:
            return failed.returncode
    print("生成的客户端可用 the generated client draws a loan")
    return 0


if __name__ == "__main__":
    sys.exit(main())
