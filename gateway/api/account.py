"""Routes of people's accounts: who may sign in, and for whom; an administrator sees those of their own body alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import Field

from gateway.models import Account
from gateway.rules import account as rules
from gateway.rules import account_act as act_rules
from gateway.rules import client as client_rules
from gateway.rules.account import AccountTerms, Login
from gateway.rules.client import AccountStatus
from gateway.store import account as store
from gateway.store import account_identity as identities
from gateway.usecases import account as usecases
from gateway.usecases import session as sessions
from gateway.usecases.session import limits_of
from shared.db.selection import Chosen
from shared.kernel.action import ActionRead, actions
from shared.kernel.actor import Role
from shared.kernel.personal import Personal
from shared.kernel.refusals import FORBIDDEN_ROLE, NOT_FOUND
from shared.kernel.role_scope import scopes_of
from shared.kernel.shape import Read, Shape
from shared.kernel.types import LooseUsccOrNone, PersonName, ShortText, UnitId
from shared.web.answer import ShownOnce, answered
from shared.web.counts import add_counts
from shared.web.edge import Tx, edge, edge_router, refusals
from shared.web.export import TABLE, Format, columns, export_list
from shared.web.paging import PageOf, Paging, page
from shared.web.selection import chosen_from

router = edge_router(tags=["access"])
ScopeText = Annotated[str, Field(max_length=80, pattern=r"^[a-z_]+\.[a-z_]+:[a-z]+$")]


class AccountRequest(Shape):
    """A person who is to sign in; without scopes they get all of their role."""

    login: Login
    name: PersonName
    role: Role
    party: LooseUsccOrNone = None
    unit_id: UnitId | None = None
    scopes: Annotated[list[ScopeText], Field(max_length=100)] | None = None
    is_administrator: bool = False

    def terms(self) -> AccountTerms:
        """Return what is registered of the person."""
        own = scopes_of(self.role.value) if self.scopes is None and self.role is not Role.SYSTEM else self.scopes or ()
        more = sorted(act_rules.ADMINISTRATION - set(own)) if self.is_administrator else []
        return AccountTerms(
            login=self.login.casefold(),
            role=self.role,
            party=self.party,
            unit_id=self.unit_id,
            scopes=[*own, *more],
        )


class SuspensionRequest(Shape):
    """Why a person may not sign in any more; it stands in the audit."""

    reason: ShortText


class AccountListed(Read):
    """A person in a list; the name is masked."""

    id: UUID
    login: str
    name: Personal
    role: Role
    party: str | None
    unit_id: str | None
    status: AccountStatus
    is_administrator: bool
    has_second_factor: bool
    must_change: bool
    created_at: datetime
    changed_at: datetime


class SessionRead(Read):
    """A sign-in that has not ended."""

    id: UUID
    browser: str
    began_at: datetime
    seen_at: datetime


class IdentityRead(Read):
    """A person of another issuer who signs in to the account."""

    id: UUID
    issuer: str
    subject: str
    bound_at: datetime


class AccountRead(AccountListed):
    """A person with scopes and sessions, and what the reader may do with the account now."""

    full_name: str
    scopes: list[str]
    locked_until_at: datetime | None
    demo: bool
    version: int
    sessions: list[SessionRead]
    identities: list[IdentityRead]
    actions: list[ActionRead]


class AccountWithPassword(AccountRead):
    """A person whose first password is shown in this answer alone; null where the call is repeated."""

    first_password: str | None


COLUMNS = columns(
    "login", "role", "party", "unit_id", "status", "is_administrator", "has_second_factor", "created_at", "changed_at"
)
Wanted = Annotated[Chosen, Depends(chosen_from(store.LIST))]
add_counts(router, store.LIST, noun="accounts", scope="access.account:read", row="any", title="个人账户")


def _listed(row: Account) -> AccountListed:
    # A page of a list reads columns: what the table's class says of its rows is not there.
    has_second_factor = row.code_confirmed or row.passkeys > 0
    return AccountListed.of(
        row, is_administrator=act_rules.administers(row.scopes), has_second_factor=has_second_factor
    )


async def _all_listed(_tx: Tx, rows: Sequence[Account]) -> list[AccountListed]:
    return [_listed(row) for row in rows]


async def shown(request: Request, tx: Tx, held: Account) -> AccountRead:
    """Return an account as its administrators see it."""
    settings = request.app.state.settings
    found = await sessions.open_of(tx, held.id, limits_of(settings))
    body = held.unit_id if held.role is Role.DISTRICT else held.party
    bodies = {Role.OPERATOR: None, held.role: body}
    standing = usecases.standing(tx, held, has_issuer=bool(settings.oidc_issuer))
    return AccountRead.of(
        held,
        full_name=held.name.reveal(),
        is_administrator=act_rules.administers(held.scopes),
        sessions=[SessionRead.of(one) for one in found],
        identities=[IdentityRead.of(one) for one in await identities.of_account(tx, held.id)],
        actions=actions(act_rules.ACTS, standing, tx.actor, bodies),
    )


async def _with_password(request: Request, tx: Tx, held: Account, password: str, *, status: int = 200) -> Response:
    read = await shown(request, tx, held)
    told, kept = (
        answered(
            AccountWithPassword.of(read, first_password=one),
            status=status,
            location=f"/v1/accounts/{held.id}" if status == 201 else None,  # noqa: PLR2004  # RFC 9110, 15.3.2
        )
        for one in (password, None)
    )
    return ShownOnce(told, kept)


@router.get("/accounts", response_model=PageOf[AccountListed])
@edge(scope="access.account:read", row="any", summary_zh="个人账户清单")
async def list_personal_accounts(paging: Paging, tx: Tx, wanted: Wanted) -> Response:
    """List the people that one administers; names are masked."""
    found = await store.LIST.page(tx, wanted, paging.wanted())
    return page(paging, [_listed(row) for row in found.rows], found.next_key)


@router.get("/exports/accounts.{file_format}", response_class=Response, responses=TABLE)
@edge(scope="access.account:read", row="any", summary_zh="导出个人账户清单", audited=True)
async def export_personal_accounts(file_format: Format, tx: Tx, wanted: Wanted) -> Response:
    """Export what a list of accounts with the same filters would show, as CSV or XLSX."""
    return await export_list(
        tx,
        store.LIST.batches(tx, wanted),
        lambda rows: _all_listed(tx, rows),
        COLUMNS,
        format=file_format,
        noun="accounts",
        title="个人账户",
    )


@router.post(
    "/accounts",
    status_code=201,
    response_model=AccountWithPassword,
    responses=refusals(
        FORBIDDEN_ROLE,
        rules.ACCOUNT_EXISTS,
        client_rules.CLIENT_ROLE_UNUSABLE,
        client_rules.CLIENT_PARTY_INVALID,
        client_rules.CLIENT_UNIT_UNKNOWN,
        client_rules.CLIENT_SCOPE_BEYOND_ROLE,
    ),
)
@edge(scope="access.account:write", row="any", summary_zh="开立个人账户；初始密码仅显示一次", tells=False)
async def register_account(body: AccountRequest, request: Request, tx: Tx) -> Response:
    """Make an account; its first password is shown in this answer alone and opens nothing but its own change."""
    password = usecases.first_password()
    # Hashed before a row is locked; the transaction waits meanwhile, which the making of accounts is too rare to hurt.
    password_hash = await request.app.state.passwords.hash(password)
    held = await usecases.register(tx, body.terms(), body.name, password_hash=password_hash)
    return await _with_password(request, tx, held, password, status=201)


@router.get("/accounts/{account_id}", response_model=AccountRead, responses=refusals(NOT_FOUND))
@edge(scope="access.account:read", row="any", summary_zh="个人账户：权限、登录与可办理的操作", audited=True)
async def read_account(account_id: UUID, request: Request, tx: Tx) -> Response:
    """Read an account with its scopes and open sessions; who read it is recorded."""
    held = await usecases.read(tx, account_id)
    return answered(await shown(request, tx, held))


@router.post(
    "/accounts/{account_id}:suspend",
    response_model=AccountRead,
    responses=refusals(NOT_FOUND, act_rules.ACCOUNT_IS_OWN, act_rules.ACCOUNT_STATE_CONFLICT),
)
@edge(scope="access.account:write", row="any", summary_zh="停用个人账户，立即结束其登录", tells=False)
async def suspend_account(account_id: UUID, body: SuspensionRequest, request: Request, tx: Tx) -> Response:
    """Let a person in no more; every session of theirs ends now."""
    return answered(await shown(request, tx, await usecases.suspend(tx, account_id, reason=body.reason)))


@router.post(
    "/accounts/{account_id}:resume",
    response_model=AccountRead,
    responses=refusals(NOT_FOUND, act_rules.ACCOUNT_STATE_CONFLICT),
)
@edge(scope="access.account:write", row="any", summary_zh="恢复使用个人账户", tells=False)
async def resume_account(account_id: UUID, request: Request, tx: Tx) -> Response:
    """Let a person in again, wrong tries forgotten."""
    return answered(await shown(request, tx, await usecases.resume(tx, account_id)))


@router.post(
    "/accounts/{account_id}:reset-password",
    response_model=AccountWithPassword,
    responses=refusals(NOT_FOUND, act_rules.ACCOUNT_IS_OWN),
)
@edge(scope="access.account:write", row="any", summary_zh="重置密码；新的初始密码仅显示一次", tells=False)
async def reset_password(account_id: UUID, request: Request, tx: Tx) -> Response:
    """Give a new first password, shown in this answer alone; the second factor goes and every session ends."""
    password = usecases.first_password()
    password_hash = await request.app.state.passwords.hash(password)
    held = await usecases.reset(tx, account_id, password_hash=password_hash)
    return await _with_password(request, tx, held, password)


@router.post(
    "/accounts/{account_id}:end-sessions",
    response_model=AccountRead,
    responses=refusals(NOT_FOUND, act_rules.ACCOUNT_IS_OWN),
)
@edge(scope="access.account:write", row="any", summary_zh="结束某人的全部登录", tells=False)
async def end_account_sessions(account_id: UUID, request: Request, tx: Tx) -> Response:
    """End every session of a person, who may sign in again."""
    return answered(await shown(request, tx, await usecases.end_sessions(tx, account_id)))
