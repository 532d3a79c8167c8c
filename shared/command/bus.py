"""The operator's commands for the broker: `kechuang bus provision|permissions`."""

import json
import os
import sys
from collections.abc import Sequence

from shared.bus.provision import URL_SETTING, BrokerAway, once
from shared.command.parser import BilingualParser, Verbs
from shared.command.run import CommandError, told
from shared.events.catalogue import PUBLISHERS
from shared.events.permission import PROVISIONER, permissions, provisioner_permissions


def parser() -> BilingualParser:
    """Return the parser of this family."""
    family = BilingualParser(prog="kechuang", zh="消息服务器：流、消费者与用户权限", en="streams, consumers and users")
    family.add_argument("family", choices=("bus",), help="固定为 bus / always bus")
    verbs = Verbs(family)
    verbs.add(
        "provision",
        "建立缺少的流与消费者，改正被改动的流；可重复执行",
        "make streams and consumers that are missing, set altered streams right; may be repeated",
    )
    verbs.add(
        "permissions",
        "输出自建 NATS 各用户的权限（JSON，填入口令即可使用）",
        "print the users of a broker of your own as JSON, to be completed with passwords",
    )
    return family


def users() -> str:
    """Return the `authorization` block of a broker's configuration, without passwords."""
    listed = [{"user": service, "permissions": permissions(service)} for service in PUBLISHERS]
    listed.append({"user": PROVISIONER, "permissions": provisioner_permissions(PUBLISHERS)})
    return json.dumps({"authorization": {"users": listed}}, indent=1)


async def _provision() -> Sequence[str]:
    url = os.environ.get(URL_SETTING)
    if url is None:
        raise CommandError(f"缺少设置 {URL_SETTING} is not set")
    try:
        made = await once(url)
    except BrokerAway as fault:
        raise CommandError(f"消息服务器无应答 the broker does not answer: {fault}") from fault
    return [f"已建立 made: {one}" for one in made] or ["均已就绪，无需改动 everything is there, nothing was made"]


async def _permissions() -> Sequence[str]:
    return [users()]


def main(arguments: list[str]) -> int:
    """Run one command; the address comes from `PROVISIONER_NATS_URL`."""
    given = parser().parse_args(arguments)
    return told(_provision if given.verb == "provision" else _permissions)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
