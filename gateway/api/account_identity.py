"""Routes of identities: who of another issuer signs in to which account."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from pydantic import Field
from pydantic.functional_validators import AfterValidator

from gateway.api.account import AccountRead, shown
from gateway.rules import account_act as act_rules
from gateway.usecases import account as accounts
from gateway.usecases import account_identity as usecases
from shared.kernel.refusals import NOT_FOUND
from shared.kernel.shape import Shape
from shared.kernel.text import line
from shared.web.answer import answered
from shared.web.edge import Tx, edge, edge_router, refusals

router = edge_router(tags=["access"])
Subject = Annotated[str, AfterValidator(line), Field(max_length=200)]


class IdentityRequest(Shape):
    """The identifier of a person at the other issuer (`sub` of its ID tokens)."""

    subject: Subject


@router.post(
    "/accounts/{account_id}/identities",
    status_code=201,
    response_model=AccountRead,
    responses=refusals(NOT_FOUND, act_rules.ACCOUNT_IS_OWN, act_rules.ISSUER_NOT_SET, act_rules.IDENTITY_TAKEN),
)
@edge(scope="access.account:write", row="any", summary_zh="绑定统一身份认证的身份", tells=False)
async def bind_identity(account_id: UUID, body: IdentityRequest, request: Request, tx: Tx) -> Response:
    """Let a person of the other issuer sign in to an account."""
    await usecases.bind(tx, account_id, request.app.state.settings.oidc_issuer, body.subject)
    held = await accounts.held_of(tx, account_id)
    return answered(await shown(request, tx, held), status=201, location=f"/v1/accounts/{account_id}")


@router.delete(
    "/accounts/{account_id}/identities/{identity_id}",
    response_model=AccountRead,
    responses=refusals(NOT_FOUND, act_rules.ACCOUNT_IS_OWN),
)
@edge(scope="access.account:write", row="any", summary_zh="解除统一身份认证的绑定", tells=False)
async def release_identity(account_id: UUID, identity_id: UUID, request: Request, tx: Tx) -> Response:
    """Let a person of the other issuer sign in to an account no more."""
    await usecases.release(tx, account_id, identity_id)
    return answered(await shown(request, tx, await accounts.held_of(tx, account_id)))
