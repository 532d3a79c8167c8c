"""The operator's commands for the keys by which events are signed: `kechuang event-key list|rotate`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.command.parser import BilingualParser, Verbs, argument
from shared.command.run import CommandError, told
from shared.events.catalogue import PUBLISHERS
from shared.events.key_files import OVERLAP, make_key, public_keys
from shared.events.trust import PUBLIC_KEYS_SETTING
from shared.kernel.clock import SystemClock


def parser() -> BilingualParser:
    """Return the parser of this family."""
    family = BilingualParser(prog="kechuang event-key", zh="事件签名密钥", en="the keys by which events are signed")
    verbs = Verbs(family)
    for name, zh, en in (
        ("list", "列出一个服务的公钥及有效期", "list the public keys of a service and when they are valid"),
        ("rotate", "更换私钥；旧公钥再有效一日", "make a new private key; the old public key stays valid for a day"),
    ):
        argument(verbs.add(name, zh, en), "service", "服务", "service", choices=PUBLISHERS)
    return family


def _file(setting: str) -> Path:
    path = os.environ.get(setting)
    if path is None:
        raise CommandError(f"缺少设置 {setting} is not set")
    return Path(path)


async def _listed(service: str) -> Sequence[str]:
    keys = [one for one in public_keys(_file(PUBLIC_KEYS_SETTING)) if one["service"] == service]
    return [f"{one['id']}\t{one['valid_from'] or '…'}\t{one['valid_until'] or '…'}" for one in keys]


async def _rotated(service: str) -> Sequence[str]:
    private = _file(f"{service.upper()}_EVENT_KEY_FILE")
    key_id = make_key(service, private, _file(PUBLIC_KEYS_SETTING), SystemClock().now())
    hours = int(OVERLAP.total_seconds() // 3600)
    return [f"{key_id}: 新密钥已启用，旧密钥再有效 {hours} 小时 signs from now on; the old key ends in {hours} hours"]


def main(arguments: list[str]) -> int:
    """Run one command; the files come from `<SERVICE>_EVENT_KEY_FILE` and `KECHUANG_EVENT_KEYS_FILE`."""
    given = parser().parse_args(arguments)
    return told(lambda: _listed(given.service) if given.verb == "list" else _rotated(given.service))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
