"""The command line for clients: `python -m gateway.api.admin register bank-c --role bank --party … --scope …`."""

import argparse
import asyncio
import sys

from gateway.rules.client import ClientStatus, ClientTerms
from gateway.settings import GatewaySettings
from gateway.usecases import client as usecases
from shared.db.engine import Database
from shared.db.transaction import Transaction
from shared.kernel.actor import Role, system_actor
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refusal


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway.api.admin", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    register = verbs.add_parser("register", help="register a client; prints its secret once")
    register.add_argument("client_id")
    register.add_argument("--role", required=True, choices=[role.value for role in Role if role is not Role.SYSTEM])
    register.add_argument("--party", help="unified social credit code of the body it acts for")
    register.add_argument("--unit", help="reporting unit of a district client")
    register.add_argument("--scope", action="append", default=[], help="once per scope")
    register.add_argument("--title-zh", required=True)
    register.add_argument("--title-en", required=True)
    for verb, what in (
        ("renew-secret", "give a client a new secret; prints it once"),
        ("suspend", "give a client no further token"),
        ("resume", "let a suspended client back in"),
    ):
        verbs.add_parser(verb, help=what).add_argument("client_id")
    verbs.add_parser("suspend-demo", help="suspend every demo client")
    verbs.add_parser("list", help="list the clients")
    return parser


async def _perform(tx: Transaction, given: argparse.Namespace) -> list[str]:
    if given.verb == "register":
        terms = ClientTerms.model_validate(
            {
                "client_id": given.client_id,
                "role": given.role,
                "party": given.party,
                "unit_id": given.unit,
                "scopes": given.scope,
                "title_zh": given.title_zh,
                "title_en": given.title_en,
            }
        )
        return [await usecases.register(tx, terms)]
    if given.verb == "renew-secret":
        return [await usecases.renew_secret(tx, given.client_id)]
    if given.verb in {"suspend", "resume"}:
        status = ClientStatus.SUSPENDED if given.verb == "suspend" else ClientStatus.ACTIVE
        await usecases.set_status(tx, given.client_id, status)
        return [f"{given.client_id} {status.value}"]
    if given.verb == "suspend-demo":
        return [f"{await usecases.suspend_demo_clients(tx)} demo clients suspended"]
    return [
        f"{one.client_id}\t{one.role.value}\t{one.status.value}\t{'demo' if one.demo else ''}\t{' '.join(one.scopes)}"
        for one in await usecases.every(tx)
    ]


async def _run(given: argparse.Namespace) -> list[str]:
    settings = GatewaySettings()
    database = Database(settings.database_url.get_secret_value(), service="gateway", pool_size=1)
    try:
        async with database.transaction(actor=system_actor("gateway"), clock=SystemClock()) as tx:
            return await _perform(tx, given)
    finally:
        await database.close()


def main(arguments: list[str]) -> int:
    """Run one command against the database of `GATEWAY_DATABASE_URL`."""
    given = _parser().parse_args(arguments)
    try:
        lines = asyncio.run(_run(given))
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.code.title_zh} / {refusal.code.title_en} ({refusal.code.code})\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
