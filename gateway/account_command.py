"""The operator's commands for people: `kechuang account …`."""

import argparse
from collections.abc import Sequence

from gateway.models import Account
from gateway.rules.account import AccountTerms
from gateway.rules.account_act import ADMINISTRATION
from gateway.store import account as store
from gateway.usecases import account as accounts
from gateway.usecases.password import Passwords
from shared.command.parser import Verbs, argument
from shared.command.run import CommandError
from shared.db.transaction import Transaction
from shared.kernel.actor import Role
from shared.kernel.role_scope import scopes_of

ROLES = tuple(role.value for role in Role if role is not Role.SYSTEM)


def verbs_of(verbs: Verbs) -> None:
    """Describe the verbs."""
    register = verbs.add(
        "register",
        "开立账户；初始密码仅显示这一次，首次登录须修改",
        "make an account; its first password is shown this once and must be changed",
    )
    argument(register, "login", "登录名：小写字母、数字、点、横线、@", "login: small letters, digits, dots, dashes, @")
    argument(register, "--name", "姓名", "name of the person", required=True)
    argument(register, "--role", "角色", "role", required=True, choices=ROLES)
    argument(register, "--party", "所代表单位的统一社会信用代码", "unified social credit code of the body")
    argument(register, "--unit", "区县用户的归口单位编号", "reporting unit of a district's person")
    argument(
        register,
        "--scope",
        "只授予所列权限，可重复；不写则为角色的全部权限",
        "give these scopes alone, once for each; all of the role's if none is named",
        action="append",
        default=[],
    )
    argument(
        register,
        "--administrator",
        "兼任所代表单位的账户管理员",
        "administers the accounts of the body as well",
        action="store_true",
    )
    for name, zh, en in (
        ("suspend", "停用：立即退出并不能再登录", "sign the person out now and let them in no more"),
        ("resume", "恢复使用，并解除登录暂停", "let the person in again, wrong tries forgotten"),
        (
            "reset-password",
            "重置：新的初始密码仅显示这一次，动态口令一并取消",
            "give a new first password, shown this once; the second factor goes with the old one",
        ),
    ):
        argument(verbs.add(name, zh, en), "login", "登录名", "login")
    verbs.add("suspend-demo", "停用全部演示用户", "suspend every demo person")
    verbs.add("list", "列出账户", "list the accounts")


async def perform(tx: Transaction, given: argparse.Namespace) -> Sequence[str]:
    """Do what was typed and return what is to be printed.

    Raises:
        Refusal: as the use case says.
        CommandError: there is no such login.
    """
    if given.verb == "register":
        password = accounts.first_password()
        terms = AccountTerms(
            login=given.login.casefold(),
            role=Role(given.role),
            party=given.party,
            unit_id=given.unit,
            scopes=[*(given.scope or scopes_of(given.role)), *(sorted(ADMINISTRATION) if given.administrator else ())],
        )
        await accounts.register(tx, terms, given.name, password_hash=await _hashed(password))
        return [password]
    if given.verb == "suspend-demo":
        return [f"{await accounts.suspend_demo_people(tx)} 个演示用户已停用 demo people suspended"]
    if given.verb == "list":
        return [_line(one) for one in await store.every(tx)]
    held = await store.of_login(tx, given.login.casefold())
    if held is None:
        raise CommandError(f"没有登录名 {given.login} there is no such login")
    if given.verb == "reset-password":
        password = accounts.first_password()
        await accounts.reset(tx, held.id, password_hash=await _hashed(password))
        return [password]
    changed = await (accounts.suspend if given.verb == "suspend" else accounts.resume)(tx, held.id)
    return [f"{changed.login} {changed.status.value}"]


async def _hashed(password: str) -> str:
    return await Passwords.of(cheap=False).hash(password)


def _line(one: Account) -> str:
    second = "second factor" if one.has_second_factor else "-"
    body = one.party or one.unit_id or "-"
    return "\t".join((one.login, one.role.value, one.status.value, body, second, "demo" if one.demo else "-"))
