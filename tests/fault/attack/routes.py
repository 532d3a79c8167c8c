"""Every route of the four services with one case behind each: whose it is, what is sent, what an absent id gives."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from shared.kernel.actor import Role
from tests.service.finance import test_attacks as finance_case
from tests.service.finance.world import BANK_A, BANK_B, UNIT, World
from tests.service.finance.world import FIRM as BORROWER
from tests.service.ipr import test_sheets as sheets
from tests.service.registry import test_attacks as registry_case
from tests.service.registry import world as registry_world
from tests.service.techtransfer import conftest as market_case
from tests.support.heard import listen
from tests.support.postgres import DatabaseServer
from tests.support.service import RunningService, running_service
from tests.unit.ipr import builders as ipr_case
from tests.unit.techtransfer import builders as listing_case

METHODS = ("get", "post", "put", "patch", "delete")
ABSENT_ID = "01900000-0000-7000-8000-0000000000ab"
ABSENT_CODE = registry_world.made_up_code(7_654_321)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_CODE = re.compile(r"\b9[0-9A-Z]{17}\b")


# Routes without a case of somebody: what they show is chosen by the caller's own scope of rows, or is for all.
def _letters(service: str) -> set[str]:
    """Return the routes of dead letters: the operator's alone, of whom no case is anybody's."""
    one = f"/v1/dead-letters/{service}/{{letter_id}}"
    return {one, f"{one}:replay", f"{one}:discard"}


FOR_ALL = {
    # Runs over all enterprises are the city's and the auditor's: nobody else has a row there, and hears 403 of any.
    "registry": {
        "/v1/population-runs/{run_id}",
        "/v1/population-runs/{run_id}:cancel",
        "/v1/population-runs/{run_id}:keep",
        "/v1/population-runs/{run_id}:release",
        "/v1/population-runs/{run_id}/results/{policy}/{uscc}",
        *_letters("registry"),
    },
    "finance": {finance_case.ACCOUNT, *_letters("finance")},
    "techtransfer": {"/v1/listing-summaries/{uscc}", *_letters("techtransfer")},
    "ipr": _letters("ipr"),
}
_EXPORT = "{file_format}"


@dataclass(frozen=True)
class Operation:
    """One operation of an OpenAPI document."""

    method: str
    path: str
    scope: str
    body: bool


@dataclass(frozen=True)
class Target:
    """One operation with a case behind it.

    Attributes:
        operation: as the OpenAPI document has it.
        url: of the victim's record.
        body: what the rightful caller could send.
        headers: what it needs besides.
    """

    operation: Operation
    url: str
    body: Any
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def nowhere(self) -> str:
        """The same address of a record that never was."""
        return _CODE.sub(ABSENT_CODE, _ID.sub(ABSENT_ID, self.url)).replace(f"accounts/{UNIT}", "accounts/500104")

    async def send(self, client: httpx.AsyncClient, url: str | None = None) -> httpx.Response:
        """Send what the rightful caller would send."""
        return await client.request(
            self.operation.method, url or self.url, json=self.body, headers=httpx.Headers(self.headers)
        )


@dataclass
class AttackedService:
    """One service with a victim's case in it.

    Attributes:
        service: as it runs.
        scopes: every scope of its routes.
        targets: to the victim's records.
        strangers: who is no party to the case, as (role, party, unit).
        secrets: words of the case that no stranger may read.
        owners: the rightful parties, as (role, party, unit).
    """

    service: RunningService
    targets: list[Target]
    strangers: list[tuple[Role, str | None, str | None]]
    owners: list[tuple[Role, str | None, str | None]]
    secrets: tuple[str, ...]

    @property
    def scopes(self) -> set[str]:
        """Every scope of the service's routes."""
        return {one.scope for one in operations(self.service.app.openapi()) if one.scope}

    def client(self, role: Role, party: str | None, unit: str | None) -> httpx.AsyncClient:
        """Return a body with every scope there is: only its role and its rows hold it off."""
        name = f"{role.value} {party} {unit}"
        return self.service.client(role, party=party, unit=unit, scopes=sorted(self.scopes), client_id=name)

    async def rows(self) -> dict[str, int]:
        """Return a fingerprint of every table but the audit's own and the keys of answered reads."""
        named = await self.service.rows(
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND table_type = 'BASE TABLE' AND table_name NOT IN ('audit_entry', 'idempotency_key')"
        )
        found = {}
        for one in named:
            (row,) = await self.service.rows(
                f'SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text AS sum FROM "{one["name"]}" AS t'
            )
            found[one["name"]] = row["sum"]
        return found


FOR_EVERYBODY = "/v1/rule-sets"
"""Pages that hold no row of anybody: the rules are public, and these routes ask for no token."""
PUBLIC_READS = frozenset(
    {"/v1/holiday-notices", "/v1/holiday-notices/counts", "/v1/exports/holiday-notices.{file_format}"}
)
"""Reads of what the State published; to record one asks for a scope."""


def _is_for_everybody(method: str, path: str) -> bool:
    return path.startswith(FOR_EVERYBODY) or (method == "get" and path in PUBLIC_READS)


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Yield every operation of the business."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if path.startswith("/v1/") and method in item and not _is_for_everybody(method, path):
                found = item[method]
                body = "application/json" in found.get("requestBody", {}).get("content", {})
                yield Operation(method.upper(), path, found.get("x-scope", ""), body)


def behind(service: RunningService, calls: list[tuple[str, str, Any]], **headers: str) -> list[Target]:
    """Return the routes with concrete addresses; fails where a route of the document has none."""
    found, left = [], {(one.method, one.path): one for one in operations(service.app.openapi()) if "{" in one.path}
    for method, url, body in calls:
        for (known, path), operation in left.items():
            pattern = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
            if known == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/:]+", pattern), url):
                found.append(Target(operation, url, body, tuple((n.replace("_", "-"), v) for n, v in headers.items())))
                break
    reached = {(target.operation.method, target.operation.path) for target in found}
    own = [key for key in left if key not in reached and _EXPORT not in key[1]]
    missed = [key for key in own if key[1] not in FOR_ALL[service.name]]
    assert not missed, f"no case stands behind {missed}"
    return found


async def import_calls(client: httpx.AsyncClient, kind: str) -> list[tuple[str, str, Any]]:
    """Upload a list and return what can be asked of its import by whoever uploaded it."""
    template = await client.get(f"/v1/imports/{kind}/template", params={"format": "csv"})
    upload = await client.post(f"/v1/imports/{kind}", files={"file": ("a.csv", template.content, "text/csv")})
    assert upload.status_code == 202, upload.text
    location = upload.headers["location"]
    reads = [("GET", location + part, None) for part in ("", "/report", "/refused")]
    return [*reads, ("POST", f"{location}:cancel", None)]


def holding_calls(service: str, kind: str, url: str) -> list[tuple[str, str, Any]]:
    """Return what takes and hands over the waiting case whose page has the address `url`."""
    case = f"/v1/work-items/{service}/{kind}/{url.rsplit('/', 1)[1]}"
    return [("POST", f"{case}:take", None), ("POST", f"{case}:hand-over", {"held_by": "nobody"})]


async def _finance(service: RunningService) -> AttackedService:
    world = World(service)
    ids = await finance_case.case(world)
    calls = [
        (method, path.format(**ids), finance_case.body_for(world, path) if method == "POST" else None)
        for method, path in finance_case.operations(world)
        if "{" in path and _EXPORT not in path  # an export shows the rows in scope, none to a stranger
    ]
    strangers: list[tuple[Role, str | None, str | None]] = [
        (Role.BANK, BANK_B, None),
        (Role.ENTERPRISE, finance_case.OTHER_FIRM, None),
        (Role.AGENCY, BORROWER, None),
        (Role.DISTRICT, None, "500103"),
        (Role.IP_CENTRE, BANK_A, None),
        (Role.BANK, None, None),
        (Role.ENTERPRISE, BANK_A, None),
    ]
    owners: list[tuple[Role, str | None, str | None]] = [
        (Role.BANK, BANK_A, None),
        (Role.ENTERPRISE, BORROWER, None),
        (Role.CITY, None, None),
        (Role.FUND_MANAGER, None, None),
        (Role.AUDITOR, None, None),
        (Role.DISTRICT, None, UNIT),
    ]
    return AttackedService(service, behind(service, calls), strangers, owners, ("limit_fen", "grade", "示例科技"))


async def _registry(service: RunningService) -> AttackedService:
    world = registry_world.World(service)
    calls = await registry_case.victims_paths(world)
    code, city = registry_case.CODE, world.city
    year = registry_world.FILING
    for kind in ("filings", "enterprises"):
        calls += await import_calls(city, kind)
    calls += await import_calls(service.client(Role.CITY, scopes=["registry.calendar:write"]), "holiday-notices")
    calls += [
        ("PUT", f"/v1/enterprises/{code}/filings/2024", year),
        ("GET", f"/v1/enterprises/{code}/size-class", None),
    ]
    register = next(url for method, url, _ in calls if method == "GET" and "/register-applications/" in url)
    calls += holding_calls("registry", "REGISTER_APPLICATION", register)
    calls += [("POST", f"{register}:review", {"decision": "REJECT", "reason_code": "not_in_operation"})]
    strangers: list[tuple[Role, str | None, str | None]] = [
        (Role.ENTERPRISE, registry_world.made_up_code(2), None),
        (Role.DISTRICT, None, registry_world.OTHER_UNIT),
        (Role.BANK, registry_world.made_up_code(3), None),
        (Role.AGENCY, code, None),
        (Role.FUND_MANAGER, None, UNIT),
        (Role.ENTERPRISE, None, None),
        (Role.DISTRICT, code, None),
    ]
    owners: list[tuple[Role, str | None, str | None]] = [
        (Role.ENTERPRISE, code, None),
        (Role.DISTRICT, None, registry_world.UNIT),
        (Role.CITY, None, None),
        (Role.AUDITOR, None, None),
        (Role.BANK, BANK_A, None),
        (Role.FUND_MANAGER, None, None),
    ]
    targets = behind(service, [one for one in calls if "{" not in one[1]], if_match='"v1"')
    return AttackedService(service, targets, strangers, owners, ("示例科技有限公司1",))


async def _techtransfer(service: RunningService) -> AttackedService:
    await service.deliver(market_case.enterprise(listing_case.FIRM, "示例铸造有限公司"))
    await service.deliver(market_case.enterprise(listing_case.OTHER, "示例检测有限公司"))
    scopes = [market_case.READ, market_case.WRITE]
    calls: list[tuple[str, str, Any]] = []
    async with service.client(Role.ENTERPRISE, party=listing_case.FIRM, scopes=scopes) as firm:
        for noun, fields in (
            ("achievements", listing_case.achievement_fields()),
            ("needs", listing_case.need_fields()),
        ):
            draft = await firm.post(f"/v1/{noun}", json=market_case.plain(fields))
            path = f"/v1/{noun}/{draft.json()['id']}"
            calls += [("GET", path, None), ("GET", f"{path}/contact", None), ("PATCH", path, {"title": "改名"})]
            calls += [("POST", f"{path}:submit", None), ("POST", f"{path}:withdraw", {})]
            calls += [("POST", f"{path}:review", {"decision": "PUBLISH"})]
            calls += await import_calls(firm, noun)
            calls += holding_calls("techtransfer", noun.removesuffix("s").upper(), path)
    strangers: list[tuple[Role, str | None, str | None]] = [
        (Role.ENTERPRISE, listing_case.OTHER, None),
        (Role.AGENCY, listing_case.AGENCY, None),
        (Role.BANK, listing_case.AGENCY, None),
        (Role.DISTRICT, None, "500112"),
        (Role.FUND_MANAGER, None, None),
        (Role.ENTERPRISE, None, None),
    ]
    owners: list[tuple[Role, str | None, str | None]] = [
        (Role.ENTERPRISE, listing_case.FIRM, None),
        (Role.DISTRICT, None, UNIT),
        (Role.CITY, None, None),
        (Role.AUDITOR, None, None),
    ]
    return AttackedService(service, behind(service, calls, if_match='"v1"'), strangers, owners, ("高强铝合金",))


async def _ipr(service: RunningService) -> AttackedService:
    from tests.service.ipr import test_hostile as hostile

    await sheets.seed(service)
    await service.deliver(sheets.submitted())
    await service.deliver(sheets.granted("EVALUATION_RESULT", "IP_PORTFOLIO"))
    async with service.client(Role.ENTERPRISE, party=ipr_case.FIRM_A, scopes=hostile.ALL) as firm:
        mine = {"kind": "TRADEMARK", "right_no": "12345678", "owners": [{"uscc": ipr_case.FIRM_A, "share_ppm": 10**6}]}
        right = await firm.post("/v1/ip-rights", json=ipr_case.right_body(**mine))
        assert right.status_code == 201, right.text
        uploaded = await import_calls(firm, "ip-rights")
        scan = {"file": ("certificate.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")}
        document = (await firm.post("/v1/documents/ipr", files=scan)).headers["location"]
        uploaded += [("GET", document, None), ("GET", f"{document}/content", None)]
    path = f"/v1/ip-rights/{right.json()['id']}"
    sent = {"evidence": ipr_case.evidence_body("AUTHORITY_FEED")}
    calls = [("POST", path + verb, {**body, **sent}) for verb, body in hostile.CHANGES]
    calls += [("GET", path + part, None) for part in ("", "/history", "/annuities")]
    calls += uploaded
    calls += holding_calls("ipr", "RIGHT_ATTESTATION", path)
    calls += [("GET", f"/v1/portfolios/{ipr_case.FIRM_A}", None), ("GET", f"/v1/ip-sheets/{sheets.APPLICATION}", None)]
    strangers: list[tuple[Role, str | None, str | None]] = [
        (Role.ENTERPRISE, ipr_case.FIRM_C, None),
        (Role.BANK, sheets.OTHER_BANK, None),
        (Role.AGENCY, ipr_case.FIRM_A, None),
        (Role.DISTRICT, None, "500103"),
        (Role.FUND_MANAGER, None, None),
        (Role.ENTERPRISE, None, None),
    ]
    owners: list[tuple[Role, str | None, str | None]] = [
        (Role.ENTERPRISE, ipr_case.FIRM_A, None),
        (Role.BANK, sheets.BANK, None),
        (Role.IP_CENTRE, None, None),
        (Role.CITY, None, None),
        (Role.AUDITOR, None, None),
        (Role.DISTRICT, None, UNIT),
    ]
    return AttackedService(service, behind(service, calls), strangers, owners, ("齿轮",))


_BUILT: dict[str, Callable[[RunningService], Awaitable[AttackedService]]] = {
    "registry": _registry,
    "finance": _finance,
    "techtransfer": _techtransfer,
    "ipr": _ipr,
}


@asynccontextmanager
async def attacked_service(name: str, postgres: DatabaseServer) -> AsyncIterator[AttackedService]:
    """Run a service with a victim's case in it."""
    async with running_service(name, postgres) as service:
        yield await _BUILT[name](service)


def count_statements(service: RunningService) -> list[str]:
    """Return a list that grows by each statement that the service sends to its database from now on."""
    sent: list[str] = []

    def hear(statement: str, *_rest: Any) -> None:
        if "history_break" not in statement:  # looked up now and then, whatever is asked
            sent.append(statement)

    listen(service.db.engine.sync_engine, hear)
    return sent
