"""`make lint-contracts`: redocly over every OpenAPI document, AsyncAPI's own parser over the events.

Both are npm packages, pinned in tests/support/lint/package.json and installed into `.lint`, which is not committed. A
warning counts as an error; what is switched off, and why, stands in redocly.yaml.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.contracts import FOLDER
from tests.support.source import ROOT

TOOLS = ROOT / ".lint"
SOURCES = Path(__file__).parent / "lint"
NODE_MISSING = (
    "检查接口契约需要 Node.js 20.19 或更新版本及 npm，本机没有；安装后再运行 make lint-contracts\n"
    "Linting the contracts needs Node.js 20.19 or newer and npm, which this machine lacks; install them and run again\n"
)


def install() -> None:
    """Put the pinned linters into `.lint`, if they are not there."""
    TOOLS.mkdir(exist_ok=True)
    wanted = (SOURCES / "package.json").read_text("utf-8")
    held = TOOLS / "package.json"
    if held.exists() and held.read_text("utf-8") == wanted and (TOOLS / "node_modules/.installed").exists():
        shutil.copy(SOURCES / "asyncapi.js", TOOLS)
        return
    for name in ("package.json", "asyncapi.js"):
        shutil.copy(SOURCES / name, TOOLS)
    order = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(order, cwd=TOOLS, check=True)
    (TOOLS / "node_modules/.installed").touch()


def openapi_problems(path: Path) -> Iterator[str]:
    """Yield what redocly finds in one OpenAPI document."""
    order = ["node_modules/.bin/redocly", "lint", "--config", str(ROOT / "redocly.yaml"), "--format=json"]
    ran = subprocess.run([*order, "--max-problems=1000", str(path)], cwd=TOOLS, check=False, capture_output=True)
    told = ran.stdout.decode()
    if "{" not in told:
        yield f"redocly failed: {ran.stderr.decode()[-500:]}"
        return
    for problem in json.loads(told[told.index("{") :])["problems"]:
        where = problem["location"][0].get("pointer", "")
        yield f"{problem['ruleId']} at {where}: {problem['message']}"


def asyncapi_problems(path: Path) -> Iterator[str]:
    """Yield what AsyncAPI's parser finds, hints included."""
    ran = subprocess.run(["node", "asyncapi.js", str(path)], cwd=TOOLS, check=False, capture_output=True)
    if ran.returncode:
        yield f"the parser failed: {ran.stderr.decode()[-500:]}"
        return
    yield from json.loads(ran.stdout)


def main() -> int:
    """Lint every document and print what was found."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        sys.stderr.write(NODE_MISSING)
        return 2
    install()
    found = 0
    for path in (*sorted((FOLDER / "openapi").glob("*.json")), FOLDER / "asyncapi.json"):
        problems = list(asyncapi_problems(path) if path.name == "asyncapi.json" else openapi_problems(path))
        print(f"{path.relative_to(ROOT)}: {len(problems)} 个问题 problems")
        for problem in problems:
            print(f"  {problem}")
        found += len(problems)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
