"""The operator's commands of the gateway: clients, people, signing keys (`kechuang client …`, `account …`, `key …`)."""

import argparse
import base64
import sys
from collections.abc import Awaitable, Callable, Sequence

from gateway import account_command
from gateway.account_command import ROLES
from gateway.rules.client import AccountStatus, ClientTerms
from gateway.settings import GatewaySettings
from gateway.usecases import client as clients
from gateway.usecases import signing_key as keys
from gateway.usecases.signing_key import KeySeal
from shared.command.parser import BilingualParser, Verbs, argument
from shared.command.run import CommandError, in_transaction, told
from shared.db.transaction import Transaction
from shared.kernel.personal import add_key
from shared.kernel.role_scope import scopes_of

Work = Callable[[Transaction], Awaitable[Sequence[str]]]


def parser() -> BilingualParser:
    """Return the parser of all families."""
    family = BilingualParser(prog="kechuang", zh="接口客户端、账户与签名密钥", en="clients, people and signing keys")
    groups = family.add_subparsers(
        dest="group", required=True, metavar="client|account|key", parser_class=BilingualParser
    )
    client = groups.add_parser(
        "client", zh="接口客户端：银行、企业、机构、部门", en="clients: who may call, and what each may do"
    )
    _client_verbs(Verbs(client))
    account = groups.add_parser("account", zh="个人账户：谁可登录", en="people: who may sign in, and for whom")
    account_command.verbs_of(Verbs(account))
    key = groups.add_parser("key", zh="访问令牌的签名密钥", en="the keys that sign access tokens")
    _key_verbs(Verbs(key))
    return family


def _client_verbs(verbs: Verbs) -> None:
    onboard = verbs.add(
        "onboard",
        "登记客户端，按角色授予权限；密钥仅显示这一次",
        "register a client with its role's scopes; its secret is shown this once",
    )
    argument(onboard, "client_id", "编号：小写字母、数字、点、横线", "id: small letters, digits, dots, dashes")
    argument(onboard, "--role", "角色", "role", required=True, choices=ROLES)
    argument(onboard, "--party", "所代表单位的统一社会信用代码", "unified social credit code of the body it acts for")
    argument(onboard, "--unit", "区县客户端的归口单位编号", "reporting unit of a district's client")
    argument(
        onboard,
        "--scope",
        "只授予所列权限，可重复；不写则为角色的全部权限",
        "give these scopes alone, once for each; all of the role's if none is named",
        action="append",
        default=[],
    )
    argument(onboard, "--title-zh", "中文名称", "Chinese title", required=True)
    argument(onboard, "--title-en", "英文名称", "English title", required=True)
    for name, zh, en in (
        (
            "rotate-secret",
            "更换密钥，旧密钥立即失效；新密钥仅显示这一次",
            "give a new secret, shown this once; the old one ends now",
        ),
        ("suspend", "停用：不再发给令牌", "give no further token"),
        ("resume", "恢复使用", "let a suspended client back in"),
    ):
        argument(verbs.add(name, zh, en), "client_id", "编号", "id")
    verbs.add("suspend-demo", "停用全部演示客户端", "suspend every demo client")
    verbs.add("list", "列出客户端", "list the clients")
    roles = verbs.add("roles", "列出各角色的权限", "list what each role may do")
    argument(roles, "role", "角色", "role", nargs="?", choices=ROLES)


def _key_verbs(verbs: Verbs) -> None:
    verbs.add("list", "列出签名密钥及其期限", "list the signing keys and their periods")
    rotate = verbs.add(
        "rotate",
        "换用新的签名密钥；先公布一小时再启用",
        "sign with a new key; it is published for an hour before it signs",
    )
    argument(
        rotate,
        "--at-once",
        "密钥已泄露：立即撤回其余密钥，已发令牌随之失效",
        "a key has leaked: withdraw all others now, and the tokens they signed with them",
        action="store_true",
    )
    argument(rotate, "--reason", "原因，记入审计", "why, for the audit", required=True)


async def _client(tx: Transaction, given: argparse.Namespace) -> Sequence[str]:
    if given.verb == "onboard":
        terms = {
            "client_id": given.client_id,
            "role": given.role,
            "party": given.party,
            "unit_id": given.unit,
            "scopes": given.scope or list(scopes_of(given.role)),
            "title_zh": given.title_zh,
            "title_en": given.title_en,
        }
        return [await clients.register(tx, ClientTerms.model_validate(terms))]
    if given.verb == "rotate-secret":
        return [await clients.renew_secret(tx, given.client_id)]
    if given.verb in {"suspend", "resume"}:
        status = AccountStatus.SUSPENDED if given.verb == "suspend" else AccountStatus.ACTIVE
        await clients.set_status(tx, given.client_id, status)
        return [f"{given.client_id} {status.value}"]
    if given.verb == "suspend-demo":
        return [f"{await clients.suspend_demo_clients(tx)} 个演示客户端已停用 demo clients suspended"]
    return [
        "\t".join(
            (
                one.client_id,
                one.role.value,
                one.status.value,
                one.party or one.unit_id or "-",
                "demo" if one.demo else "-",
                one.title_zh,
                one.title_en,
                " ".join(one.scopes),
            )
        )
        for one in await clients.every(tx)
    ]


async def _key(tx: Transaction, given: argparse.Namespace, settings: GatewaySettings) -> Sequence[str]:
    if given.verb == "list":
        return [
            f"{one.kid}\t{one.status}\t{one.signs_from_at.isoformat()}\t{one.signs_until_at.isoformat()}"
            for one in await keys.every(tx)
        ]
    if settings.personal_data_key is None:
        raise CommandError("缺少 GATEWAY_PERSONAL_DATA_KEY，无法封存密钥 it seals the keys and is not set")
    seal = KeySeal(base64.b64decode(settings.personal_data_key.get_secret_value()))
    made = await keys.rotate(tx, seal, days=settings.key_days, at_once=given.at_once, reason=given.reason)
    return [f"{made.kid}\t自此启用 signs from {made.signs_from_at.isoformat()}"]


async def _perform(given: argparse.Namespace) -> Sequence[str]:
    if given.verb == "roles":
        roles = (given.role,) if given.role else ROLES
        return [f"{role}\t{scope}" for role in roles for scope in scopes_of(role)]
    settings = GatewaySettings()
    if settings.personal_data_key is not None:
        add_key(base64.b64decode(settings.personal_data_key.get_secret_value()))

    async def work(tx: Transaction) -> Sequence[str]:
        if given.group == "account":
            return await account_command.perform(tx, given)
        return await (_client(tx, given) if given.group == "client" else _key(tx, given, settings))

    url = settings.database_url.get_secret_value()
    return await in_transaction(url, "gateway", work, read_only=given.verb == "list")


def main(arguments: list[str]) -> int:
    """Run one command against the database of `GATEWAY_DATABASE_URL`."""
    given = parser().parse_args(arguments)
    return told(lambda: _perform(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
