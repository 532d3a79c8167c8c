"""Pure decisions of the gateway: routes, clients, grants, key periods, and who sees a composed answer."""

from gateway.rules.account import ACCOUNT_EXISTS, CODE_WRONG, PASSWORD_TOO_WEAK, PASSWORD_WRONG
from gateway.rules.account_act import ACCOUNT_IS_OWN, ACCOUNT_STATE_CONFLICT, IDENTITY_TAKEN, ISSUER_NOT_SET
from gateway.rules.client import (
    CLIENT_EXISTS,
    CLIENT_PARTY_INVALID,
    CLIENT_ROLE_UNUSABLE,
    CLIENT_SCOPE_BEYOND_ROLE,
    CLIENT_UNIT_UNKNOWN,
)
from gateway.rules.client_act import CLIENT_IS_OWN, CLIENT_STATE_CONFLICT
from gateway.rules.passkey import PASSKEY_REFUSED, PASSKEY_TOO_MANY
from gateway.rules.route import CLIENT_BUSY, ORIGIN_NOT_ALLOWED
from shared.kernel.errors import RefusalCode

REFUSALS: tuple[RefusalCode, ...] = (
    CLIENT_EXISTS,
    CLIENT_ROLE_UNUSABLE,
    CLIENT_PARTY_INVALID,
    CLIENT_UNIT_UNKNOWN,
    CLIENT_SCOPE_BEYOND_ROLE,
    ORIGIN_NOT_ALLOWED,
    CLIENT_BUSY,
    ACCOUNT_EXISTS,
    PASSWORD_TOO_WEAK,
    PASSWORD_WRONG,
    CODE_WRONG,
    ACCOUNT_STATE_CONFLICT,
    CLIENT_STATE_CONFLICT,
    CLIENT_IS_OWN,
    ACCOUNT_IS_OWN,
    IDENTITY_TAKEN,
    ISSUER_NOT_SET,
    PASSKEY_REFUSED,
    PASSKEY_TOO_MANY,
)
