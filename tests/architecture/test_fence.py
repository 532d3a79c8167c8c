"""The import fence holds on the tree as it is, and each of its contracts is seen to bite."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.source import ROOT, SERVICES, name_of, python_files, sub_domains, text_of


def contracts() -> list[dict[str, Any]]:
    """Return the contracts of the fence as the settings name them."""
    found: list[dict[str, Any]] = tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    return found


CONTRACTS = {contract["id"]: contract["name"] for contract in contracts()}

# contract → the violations planted for it: file, line to add. A file that is not there yet is made.
PLANTED = {
    "packages": [
        ("shared/kernel/planted_packages.py", "import services.finance.lending.rules"),
        ("services/ipr/right/rules/planted_packages.py", "import deploy.embedded"),
        ("services/ipr/right/api/planted_packages.py", "import gateway.app"),
    ],
    "launcher": [
        ("deploy/planted_launcher.py", "import services.finance.app"),
        ("deploy/embedded/planted_launcher.py", "from gateway import app"),
    ],
    "services": [
        ("services/finance/lending/rules/planted_services.py", "from services.ipr.right import rules"),
        ("services/registry/app.py", "import services.techtransfer.tables"),
    ],
    "gateway": [("gateway/api/planted_gateway.py", "from services.registry.ladder import rules")],
    "finance-sub-domains": [
        ("services/finance/evaluation/usecases/planted_up.py", "import services.finance.lending.rules.loan"),
        ("services/finance/partner/store/planted_side.py", "import services.finance.evaluation.store.credit_line"),
        ("services/finance/helpers/__init__.py", '"""A sub-domain that nobody named."""'),
    ],
    "registry-sub-domains": [
        ("services/registry/enterprise/rules/planted_up.py", "import services.registry.ladder.rules"),
        ("services/registry/ladder/usecases/planted_up.py", "import services.registry.evaluation.rules"),
        ("services/registry/misc.py", '"""A file that nobody named."""'),
    ],
    "ipr-sub-domains": [
        ("services/ipr/right/usecases/planted_up.py", "import services.ipr.sheet.store.ip_sheet"),
        ("services/ipr/right/rules/planted_settings.py", "import services.ipr.tables"),
        ("services/ipr/utils/__init__.py", '"""A sub-domain that nobody named."""'),
    ],
    "techtransfer-sub-domains": [
        ("services/techtransfer/listing/jobs/planted_up.py", "import services.techtransfer.refusals"),
        ("services/techtransfer/common/__init__.py", '"""A sub-domain that nobody named."""'),
    ],
    "rooms": [
        ("services/finance/lending/rules/planted_up.py", "import services.finance.lending.store"),
        ("services/finance/lending/store/planted_up.py", "import services.finance.lending.usecases"),
        ("services/finance/lending/api/planted_side.py", "import services.finance.lending.jobs"),
        ("services/ipr/right/jobs/planted_side.py", "import services.ipr.right.api"),
        ("services/registry/ladder/tools/__init__.py", '"""A room that nobody named."""'),
    ],
    "routes-of-others": [
        ("services/finance/lending/api/planted_foreign.py", "import services.finance.partner.api.bank"),
        ("services/finance/lending/usecases/planted_foreign.py", "import services.finance.evaluation.jobs"),
        ("services/ipr/sheet/handlers/planted_foreign.py", "import services.ipr.right.handlers.registry"),
    ],
    "rooms-of-others": [
        ("services/finance/lending/models/planted_foreign.py", "import services.finance.partner.store.bank"),
        ("services/ipr/sheet/rules/planted_foreign.py", "import services.ipr.right.usecases.right"),
    ],
    "use-cases-of-others": [
        ("services/finance/lending/store/planted_foreign.py", "import services.finance.evaluation.usecases"),
    ],
    "gateway-rooms": [
        ("gateway/rules/planted_up.py", "import gateway.store"),
        ("gateway/upstream/planted_side.py", "import gateway.store"),
        ("gateway/helpers/__init__.py", '"""A room that nobody named."""'),
    ],
    "shelves": [
        ("shared/kernel/planted_up.py", "import shared.db"),
        ("shared/db/planted_up.py", "import shared.bus"),
        ("shared/misc.py", '"""A shelf that nobody named."""'),
    ],
    "web": [
        ("services/finance/lending/usecases/planted_web.py", "import shared.web"),
        ("services/finance/evaluation/handlers/planted_web.py", "from shared.web import edge"),
        ("services/finance/lending/jobs/planted_web.py", "import shared.web.service"),
    ],
    "bus": [
        ("services/ipr/right/api/planted_bus.py", "import shared.bus"),
        ("services/ipr/right/usecases/planted_bus.py", "from shared.bus import relay"),
    ],
    "models": [
        ("services/ipr/right/models/planted_web.py", "import shared.web"),
        ("services/finance/lending/models/planted_bus.py", "import shared.bus"),
    ],
    "rules": [
        ("services/registry/ladder/rules/planted_db.py", "import shared.db"),
        ("gateway/rules/planted_settings.py", "import shared.settings"),
    ],
    "nats": [
        ("shared/db/planted_nats.py", "import nats"),
        ("services/ipr/right/jobs/planted_nats.py", "import nats.js"),
    ],
    "database-driver": [("services/ipr/right/store/planted_driver.py", "import asyncpg")],
    "queries": [
        ("services/finance/lending/usecases/planted_query.py", "from sqlalchemy import select"),
        ("services/finance/lending/rules/planted_query.py", "import sqlalchemy"),
    ],
    "fastapi": [
        ("services/finance/lending/usecases/planted_http.py", "from fastapi import Request"),
        ("services/finance/lending/store/planted_http.py", "import starlette.requests"),
    ],
    "outgoing-http": [
        ("services/finance/lending/usecases/planted_out.py", "import httpx"),
        ("gateway/api/planted_out.py", "import httptools"),
        ("shared/web/planted_out.py", "import httptools"),
    ],
    "object-store": [("services/ipr/right/jobs/planted_store.py", "import obstore")],
    "other-http": [("gateway/upstream/planted_other.py", "import requests")],
    "circles": [
        ("shared/events/planted_round.py", "import shared.events.planted_trip"),
        ("shared/events/planted_trip.py", "import shared.events.planted_round"),
    ],
    "tests": [("services/finance/lending/api/planted_tests.py", "import tests.support.source")],
}


def run_fence(folder: Path) -> str:
    """Run import-linter over `folder` and return what it printed."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [str(linter), "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"COLUMNS": "1000", "NO_COLOR": "1", "PATH": ""},
    )
    return run.stdout + run.stderr


def by_people(path: Path) -> bool:
    """Tell whether people wrote the file: the versions of a migration are no package, and nobody imports them."""
    return "versions" not in path.parts


def verdict(output: str, contract: str) -> str:
    """Return KEPT or BROKEN for one contract."""
    found = re.search(rf"^{re.escape(CONTRACTS[contract])} (KEPT|BROKEN)", output, flags=re.MULTILINE)
    assert found is not None, output
    return found[1]


def section(output: str, contract: str) -> str:
    """Return what was reported about one broken contract."""
    heading = re.search(rf"^{re.escape(CONTRACTS[contract])}\n-+\n", output, flags=re.MULTILINE)
    assert heading is not None, output
    rest = output[heading.end() :]
    following = re.search(r"^[^\n]+\n-{5,}\n", rest, flags=re.MULTILINE)
    return rest[: following.start()] if following else rest


def copy_of_the_tree(target: Path) -> Path:
    """Copy the Python files and the settings of the fence."""
    for path in python_files():
        copied = target / name_of(path)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    shutil.copyfile(ROOT / "pyproject.toml", target / "pyproject.toml")
    return target


@pytest.fixture(scope="module")
def planted_output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Plant every violation in one copy and run the fence over it once."""
    copy = copy_of_the_tree(tmp_path_factory.mktemp("planted"))
    for planted in PLANTED.values():
        for name, line in planted:
            path = copy / name
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    return run_fence(copy)


def test_the_tree_keeps_every_contract() -> None:
    output = run_fence(ROOT)
    broken = [contract for contract in CONTRACTS if verdict(output, contract) != "KEPT"]
    assert not broken, output
    analysed = re.search(r"Analyzed (\d+) files", output)
    assert analysed is not None
    # The packages of others that are imported count too.
    assert int(analysed[1]) > len([path for path in python_files() if by_people(path)])


def test_every_contract_has_a_planted_violation() -> None:
    assert set(PLANTED) == {contract["id"] for contract in contracts()}


@pytest.mark.planted
@pytest.mark.parametrize("contract", sorted(PLANTED))
def test_a_planted_violation_is_reported(planted_output: str, contract: str) -> None:
    assert verdict(planted_output, contract) == "BROKEN"
    reported = section(planted_output, contract)
    for name, _ in PLANTED[contract]:
        module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        # A circle is reported within its folder: `.planted_round -> .planted_trip`.
        told = module in reported or f" .{module.rpartition('.')[2]} " in f"{reported} ".replace("\n", " ")
        assert told, f"{module} was not reported:\n{reported}"


def test_the_rooms_of_every_sub_domain_are_held() -> None:
    (rooms,) = [one for one in contracts() if one["id"] == "rooms"]
    standing = [f"services.{service}.{part}" for service in SERVICES for part in sub_domains(service)]
    assert sorted(rooms["containers"]) == sorted(standing)


def test_every_folder_with_python_files_is_a_package() -> None:
    folders = {path.parent for path in python_files() if by_people(path)}
    without_sign = sorted(name_of(folder) for folder in folders if not (folder / "__init__.py").exists())
    assert not without_sign, "import-linter does not see a folder without __init__.py"
