"""`make client-check`: clients generated from docs/contracts/openapi compile, type-check and draw a loan.

Two generators, for they stumble over different things: openapi-generator (a PyPI package that carries the jar, run by
Java), whose Python client is made of pydantic models, and openapi-python-client, whose client is made of attrs classes
and which counts each piece of a document that it would leave out. Both make theirs from the gateway's document into a
temporary folder, and both clients go from a token to a drawdown against one suite launched for them; the second
generator reads the documents of the services as well. Nothing that was generated is committed.
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
from tests.support.contracts import FOLDER, SERVICES
from tests.support.journey import demo_body, grow_up, made_up_code, new_enterprise_client
from tests.support.source import ROOT
from tests.support.suite import LaunchedSuite, launched_suite

TOOLS = ROOT / ".client"
SOURCES = Path(__file__).parent / "client"
PYDANTIC = "kechuang_client"
ATTRS = "kechuang_attrs_client"
IMPORT_ALL = """
import importlib, pkgutil, sys
root = importlib.import_module(sys.argv[1])
print(len([importlib.import_module(one.name) for one in pkgutil.walk_packages(root.__path__, root.__name__ + ".")]))
"""
PROGRAMS = {PYDANTIC: "draw_loan_pydantic.py", ATTRS: "draw_loan_attrs.py"}
JAVA_MISSING = (
    "生成客户端需要 Java 11 或更新版本，本机没有；安装后再运行 make client-check\n"
    "Generating a client needs Java 11 or newer, which this machine lacks; install it and run again\n"
)


def environment() -> Path:
    """Return the Python of an environment with the generators and what their clients need, as the lock file says."""
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


def generate_pydantic(python: Path, folder: Path) -> None:
    """Let openapi-generator make its client in `folder`; the generator's words are shown only if it fails."""
    (jar,) = TOOLS.glob("lib/python*/site-packages/openapi_generator_cli/openapi-generator.jar")
    order = ["java", "-jar", str(jar), "generate", "-g", "python", "-i", str(FOLDER / "openapi/gateway.json")]
    _told([*order, "-o", str(folder), "--package-name", PYDANTIC], folder)
    models = len(list((folder / PYDANTIC / "models").glob("*.py"))) - 1
    print(f"generated: {models} models, {len(list((folder / PYDANTIC / 'api').glob('*_api.py')))} groups of operations")
    subprocess.run([str(python), "-m", "compileall", "-q", PYDANTIC], cwd=folder, check=True)
    _types(python, folder, "--check-untyped-defs", "-p", PYDANTIC)


def generate_attrs(python: Path, folder: Path) -> None:
    """Let openapi-python-client make its client in `folder`, and try every service's document.

    A warning fails: it is the word for a schema or an operation that was left out. Each generated module is imported.
    """
    for name in (*SERVICES, "gateway"):
        package = ATTRS if name == "gateway" else f"{ATTRS}_of_{name}"
        settings = folder / "generator.json"
        settings.write_text(json.dumps({"package_name_override": package}), "utf-8")
        order = [
            str(python.parent / "openapi-python-client"),
            "generate",
            "--path",
            str(FOLDER / f"openapi/{name}.json"),
        ]
        order += ["--output-path", str(folder / package), "--meta", "none", "--config", str(settings)]
        _told([*order, "--fail-on-warning"], folder)
        tried = [str(python), "-c", IMPORT_ALL, package]
        ran = subprocess.run(tried, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
        print(f"generated from {name}.json without a warning: {ran.stdout.strip()} modules, all imported")
    # Only what was made of the document: the generator's own client.py is loose about the types of its __exit__.
    _types(
        python, folder, "--check-untyped-defs", "--follow-imports=silent", "-p", f"{ATTRS}.api", "-p", f"{ATTRS}.models"
    )


def _told(order: list[str], folder: Path) -> None:
    """Run a generator; what it says is shown only if it fails."""
    # A generator calls the formatter of its own environment by name.
    settings = {**os.environ, "PATH": f"{TOOLS / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    ran = subprocess.run(order, check=False, capture_output=True, text=True, cwd=folder, env=settings)
    if ran.returncode:
        raise SystemExit(ran.stdout[-3000:] + ran.stderr[-3000:])


def _types(python: Path, folder: Path, *order: str) -> None:
    subprocess.run([str(python), "-m", "mypy", "--config-file=", *order], cwd=folder, check=True)


def prepare(python: Path, folder: Path) -> None:
    """Make both clients in `folder` and type-check the programs that use them."""
    generate_pydantic(python, folder)
    generate_attrs(python, folder)
    for client, program in PROGRAMS.items():
        shutil.copy(SOURCES / program, folder)
        # The programs are held to the strictest types; what they import was judged above.
        _types(python, folder, "--strict", "--implicit-reexport", "--follow-imports=silent", program)
        print(f"{program}: strictly typed against {client}")


def draw(suite: LaunchedSuite, python: Path, folder: Path, number: int) -> None:
    """Let one generated client draw a loan for a firm that grew up in `suite`.

    Args:
        suite: running.
        python: has what the clients need.
        folder: where they are.
        number: which of the programs.
    """
    client, program = list(PROGRAMS.items())[number]
    today = shanghai_date(SystemClock().now())
    uscc = made_up_code(f"CXA{number}")
    firm = new_enterprise_client(suite, f"generated-client-{number}", uscc)
    grow_up(suite, firm, uscc, serial=7_001 + 100 * number, today=today)
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
    print(f"{client}:", flush=True)
    subprocess.run([str(python), program], cwd=folder, env=settings, check=True)


def main() -> int:
    """Generate, compile, type-check and use the clients."""
    if shutil.which("java") is None:
        sys.stderr.write(JAVA_MISSING)
        return 2
    python = environment()
    with tempfile.TemporaryDirectory(prefix="kechuang-client-") as name:
        folder = Path(name)
        try:
            prepare(python, folder)
            with launched_suite("client") as suite:
                suite.start()
                for number in range(len(PROGRAMS)):
                    draw(suite, python, folder, number)
        except subprocess.CalledProcessError as failed:
            return failed.returncode
    print("两个生成的客户端可用 both generated clients draw a loan")
    return 0


if __name__ == "__main__":
    sys.exit(main())
