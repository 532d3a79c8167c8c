"""`kechuang lost-case list|end`: after a restored backup, the cases that others hold and a service no longer knows."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from shared.bus.dead_letter import reactions_of
from shared.command.parser import BilingualParser, Verbs, argument
from shared.command.run import CommandError, database_url, in_transaction, told
from shared.db.lost_case import CaseKind, LostCase, UnknownCase, end_case, lost_cases
from shared.db.migrate import package_of
from shared.db.transaction import Transaction
from shared.events.catalogue import PUBLISHERS


def parser() -> BilingualParser:
    """Return the parser of this family."""
    family = BilingualParser(
        prog="kechuang lost-case",
        zh="恢复备份后：其他服务仍持有而本服务已不知的案件",
        en="after a restored backup: cases that others hold and a service no longer knows",
    )
    verbs = Verbs(family)
    for name, zh, en in (
        ("list", "逐件列出：类别、编号、持有的服务、起始时间", "name them: kind, number, who holds it, since when"),
        ("end", "通知各服务该案件已终止，写明原因", "tell all that one has ended, for a reason that the audit keeps"),
    ):
        verb = verbs.add(name, zh, en)
        argument(verb, "service", "服务", "service", choices=PUBLISHERS)
        if name == "end":
            argument(verb, "kind", "类别，如 loan_application", "kind, such as loan_application")
            argument(verb, "id", "案件标识", "id of the case")
            argument(verb, "--reason", "原因，记入审计", "why, kept in the audit", required=True)
    return family


def kinds_of(service: str) -> Sequence[CaseKind]:
    """Return the kinds of cases of `service` that others hold, as its app.py names them."""
    return tuple(getattr(import_module(f"{package_of(service)}.app"), "CASES", ()))


def _line(service: str, one: LostCase) -> str:
    way = (
        one.kind.remedy
        if one.kind.ending is None
        else f"可终止 kechuang lost-case end {service} {one.kind.aggregate} {one.id} --reason …"
    )
    held = f"持有 held by {', '.join(one.held_by)}"
    since = f"自 since {one.since.isoformat(timespec='seconds')}"
    return "\t".join((service, f"{one.kind.zh} {one.kind.en}", one.number, one.id, held, since, way))


async def _perform(given: argparse.Namespace) -> Sequence[str]:
    service, kinds = given.service, kinds_of(given.service)
    url = database_url(service)
    if given.verb == "list":

        async def listed(tx: Transaction) -> Sequence[str]:
            found = await lost_cases(tx, kinds)
            return [_line(service, one) for one in found] or [f"{service}: 没有此类案件 no such cases"]

        return await in_transaction(url, service, listed, read_only=True)
    reason = given.reason.strip()
    if not reason:
        raise CommandError("终止须写明原因 ending a case needs a reason")

    async def ended(tx: Transaction) -> Sequence[str]:
        one = await end_case(tx, kinds, aggregate=given.kind, id_=given.id, reason=reason)
        return [f"{one.kind.zh} {one.number} 已终止并通知 ended, and told to: {', '.join(one.held_by)}"]

    try:
        return await in_transaction(url, service, ended, reactions=reactions_of(service))
    except UnknownCase as fault:
        words = "没有可终止的此类案件 no such case is lost, it has ended, or it is mended by entering it again"
        raise CommandError(f"{given.kind} {given.id}: {words}") from fault


def main(arguments: list[str]) -> int:
    """Run one command; the address comes from `<SERVICE>_DATABASE_URL`."""
    given = parser().parse_args(arguments)
    return told(lambda: _perform(given))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
