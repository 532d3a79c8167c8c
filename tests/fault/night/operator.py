"""Somebody at night who knows the page and nothing else: sees what a service warns of, types what is printed."""

import asyncio
import itertools
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import httpx

from deploy.embedded.launch_settings import PROCESSES
from deploy.embedded.patience import crowd
from tests.support.journey import demo_body, made_up_code, registration
from tests.support.postgres import REPOSITORY
from tests.support.suite import LaunchedSuite, wait_until

_NAME = re.compile(r"([a-z_]+): ")
_TYPED_SECONDS = 240
_SEEN_SECONDS = 120
_serial = itertools.count(1)


class Operator:
    """Types the lines of one section in their order, and sees the troubles that the page names."""

    def __init__(self, suite: LaunchedSuite, lines: Sequence[str]) -> None:
        """Have a suite in trouble, and the lines of the page that are to be typed."""
        self.suite = suite
        self.untyped = list(lines)
        self.seen: set[str] = set()

    def types(self, put: Mapping[str, str] | None = None, *, code: int = 0) -> str:
        """Type the next line of the page in the repository's folder; return what it printed.

        Args:
            put: what is printed on the page → what stands in its place tonight.
            code: with which the command ends.
        """
        line = self.untyped.pop(0)
        for printed, meant in (put or {}).items():
            assert printed in line, f"{printed} is not printed in {line}"
            line = line.replace(printed, meant)
        done = subprocess.run(
            ["bash", "-c", line],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            env=self.suite.environment,
            timeout=_TYPED_SECONDS * crowd(),
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{line}\n{said}"
        assert "Traceback" not in said, said
        return said

    def sees(self, name: str, service: str) -> None:
        """Wait until a service warns by this name, at readiness in both languages and in its metrics."""

        def is_told() -> bool:
            warnings = [one for one in warnings_of(self.suite, service) if one.startswith(f"{name}: ")]
            assert all(re.search(r"[\u4e00-\u9fff].* / .*[a-z]", one) for one in warnings), warnings
            return bool(warnings)

        wait_until(is_told, _SEEN_SECONDS, f"{service} does not warn of {name}")
        wait_until(lambda: measured(self.suite, service, name) == 1, 10, f"{service} does not measure {name}")
        self.seen.add(name)

    def sees_no_longer(self, name: str, service: str) -> None:
        """Wait until a service warns by this name no longer."""
        wait_until(lambda: name not in names(self.suite, service), _SEEN_SECONDS, f"{service} still warns of {name}")
        wait_until(lambda: measured(self.suite, service, name) == 0, 10, f"{service} still measures {name}")

    def sees_in_the_log(self, *parts: str) -> None:
        """Wait until the log of `make run` has a line with all of this."""

        def is_said() -> bool:
            said = (self.suite.settings.logs / "supervisor.log").read_text(encoding="utf-8")
            return any(all(part in line for part in parts) for line in said.splitlines())

        wait_until(is_said, _SEEN_SECONDS, f"the log never said {parts}")

    def sees_people_served(self) -> str:
        """See that nobody warns, a firm is registered, and what follows with others took effect; return its code."""
        uscc = made_up_code(f"N{next(_serial):03}{os.getpid() % 1_000:03}")
        wait_until(lambda: is_registered(self.suite, uscc), _SEEN_SECONDS, "no firm can be registered")
        query = f"SELECT uscc FROM enterprise WHERE uscc = '{uscc}'"
        for service in ("finance", "ipr"):
            wait_until(
                lambda service=service: bool(rows(self.suite, service, query)),  # type: ignore[misc]  # bound now
                _SEEN_SECONDS,
                f"{service} never heard of a new firm",
            )
        for service in PROCESSES:
            wait_until(
                lambda service=service: names(self.suite, service) == set(),  # type: ignore[misc]  # bound now
                _SEEN_SECONDS,
                f"{service} still warns of {names(self.suite, service)}",
            )
        return uscc


def readiness(suite: LaunchedSuite, service: str) -> dict[str, Any]:
    """Return what a service says of itself; one that does not answer warns of its silence."""
    try:
        answer = httpx.get(f"{suite.url_of(service)}/health/ready", timeout=10, trust_env=False)
        told: dict[str, Any] = answer.json()
    except (httpx.TransportError, ValueError):
        return {"status": "silent", "checks": {}, "warnings": ["silent: 无应答 / no answer"]}
    return told


def warnings_of(suite: LaunchedSuite, service: str) -> list[str]:
    """Return what a service warns of."""
    return [str(one) for one in readiness(suite, service)["warnings"]]


def names(suite: LaunchedSuite, service: str) -> set[str]:
    """Return the names of what a service warns of."""
    return {found[1] for one in warnings_of(suite, service) if (found := _NAME.match(one))}


def measured(suite: LaunchedSuite, service: str, name: str) -> int | None:
    """Return the metric of a trouble; None where the service does not answer."""
    try:
        page = httpx.get(f"{suite.url_of(service)}/metrics", timeout=10, trust_env=False).text
    except httpx.TransportError:
        return None
    found = re.search(rf'^kechuang_trouble{{name="{name}",service="{service}"}} ([01])', page, re.MULTILINE)
    return None if found is None else int(found[1])


def register(suite: LaunchedSuite, uscc: str) -> httpx.Response:
    """Let the city register a firm."""
    return demo_body(suite, "city").call("POST", "/v1/enterprises", registration(uscc, f"示例{uscc[-8:]}有限公司"))


def is_registered(suite: LaunchedSuite, uscc: str) -> bool:
    """Try to register a firm; a gateway that does not answer yet, or a refusal, is a no."""
    try:
        answer = register(suite, uscc)
        code = answer.json().get("code")
    except (httpx.TransportError, ValueError, AssertionError):
        return False
    return answer.status_code == httpx.codes.CREATED or code == "enterprise_exists"


def rows(suite: LaunchedSuite, service: str, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query."""
    return asyncio.run(suite.rows(service, query))


def change(suite: LaunchedSuite, service: str, statements: str) -> None:
    """Change a service's database behind its back, as its owner."""

    async def perform() -> None:
        connection = await asyncpg.connect(suite.owner_url(service))
        try:
            await connection.execute(statements)
        finally:
            await connection.close()

    asyncio.run(perform())
