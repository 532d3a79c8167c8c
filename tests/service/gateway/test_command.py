"""The command line for clients: a secret is shown once, a suspended client stays out."""

import asyncio

import pytest

from gateway.command import main
from tests.service.gateway.conftest import GatewayWithEcho
from tests.support.console import Browser
from tests.support.postgres import DatabaseServer
from tests.support.service import PERSONAL_DATA_KEY, running_gateway

BANK_C = [
    "bank-c",
    "--role",
    "bank",
    "--party",
    "91500000DEMBANKA1R",
    "--title-zh",
    "示例银行",
    "--title-en",
    "Demo bank",
]


async def token_status(gateway: GatewayWithEcho, client_id: str, secret: str) -> int:
    async with gateway.http() as http:
        answer = await http.post(
            "/oauth2/token",
            data={"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret},
        )
    return answer.status_code


async def test_a_client_is_registered_suspended_resumed_and_given_a_new_secret(
    postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_gateway(postgres) as service:
        monkeypatch.setenv("GATEWAY_DATABASE_URL", service.database_url)
        gateway = GatewayWithEcho(service, echo=None)  # type: ignore[arg-type]

        async def run(*arguments: str) -> tuple[int, str]:
            code = await asyncio.to_thread(main, ["client", *arguments])
            return code, capsys.readouterr().out.strip()

        _, secret = await run("onboard", *BANK_C, "--scope", "credit.application:read")
        assert len(secret) >= 40
        assert await token_status(gateway, "bank-c", secret) == 200
        assert (await run("onboard", *BANK_C))[0] == 1
        for wrong in (
            ["bank-d", "--role", "bank"],
            ["bank-d", "--role", "bank", "--party", "91500000DEMBANKA1X"],
            ["bank-d", "--role", "bank", "--party", "91500000DEMBANKA1R", "--scope", "fund.cover:decide"],
            ["office", "--role", "district", "--unit", "500999"],
        ):
            assert (await run("onboard", *wrong, "--title-zh", "x", "--title-en", "x"))[0] == 1
        assert (await run("suspend", "bank-c")) == (0, "bank-c SUSPENDED")
        assert await token_status(gateway, "bank-c", secret) == 400
        await run("resume", "bank-c")
        assert await token_status(gateway, "bank-c", secret) == 200
        _, renewed = await run("rotate-secret", "bank-c")
        assert await token_status(gateway, "bank-c", secret) == 401
        assert await token_status(gateway, "bank-c", renewed) == 200
        assert (await run("suspend", "nobody"))[0] == 1
        assert "bank-c\tbank\tACTIVE" in (await run("list"))[1]
        assert (await run("suspend-demo"))[1] == "0 个演示客户端已停用 demo clients suspended"
        kinds = [(one.data.client_id, one.data.status, one.version) for one in await service.events()]
    assert kinds == [
        ("bank-c", "ACTIVE", 1),
        ("bank-c", "SUSPENDED", 2),
        ("bank-c", "ACTIVE", 3),
        ("bank-c", "ACTIVE", 4),
    ]


async def test_a_person_is_registered_suspended_resumed_and_given_a_new_first_password(
    postgres: DatabaseServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_gateway(postgres) as service:
        monkeypatch.setenv("GATEWAY_DATABASE_URL", service.database_url)
        monkeypatch.setenv("GATEWAY_PERSONAL_DATA_KEY", PERSONAL_DATA_KEY)

        async def run(*arguments: str) -> tuple[int, str]:
            code = await asyncio.to_thread(main, ["account", *arguments])
            return code, capsys.readouterr().out.strip()

        async def arrives(password: str) -> str:
            async with Browser(service.app) as browser:
                return (await browser.sign_in("li.si", password)).path

        made = ["register", "Li.Si", "--name", "李四", "--role", "bank", "--party", "91500000DEMBANKA1R"]
        code, first = await run(*made)
        assert (code, len(first) >= 16) == (0, True)
        assert await arrives(first) == "/console/account/password", "a first password must be changed"
        assert (await run(*made))[0] == 1, "the login is taken"
        for wrong in (["--role", "bank"], ["--role", "bank", "--party", "91500000DEMBANKA1X"]):
            assert (await run("register", "wang.wu", "--name", "王五", *wrong))[0] == 1
        assert (await run("suspend", "nobody"))[0] == 1
        assert (await run("suspend", "li.si")) == (0, "li.si SUSPENDED")
        assert (await arrives(first)).startswith("/console/sign-in")
        await run("resume", "li.si")
        assert await arrives(first) == "/console/account/password"
        _, renewed = await run("reset-password", "li.si")
        assert (await arrives(first)).startswith("/console/sign-in")
        assert await arrives(renewed) == "/console/account/password"
        listed = (await run("list"))[1]
        assert "li.si\tbank\tACTIVE\t91500000DEMBANKA1R" in listed
        assert "李四" not in listed
