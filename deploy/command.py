"""`kechuang`: the operator's command line; each command runs in the service whose use case it calls, by name."""

import os
import subprocess
import sys
from dataclasses import dataclass

from deploy.embedded.__main__ import with_databases, with_provisioner, with_service
from deploy.embedded.launch_settings import PROCESSES, ROOT, SERVICES, LaunchSettings, SettingError
from deploy.embedded.state_folder import OTHERS
from shared.command.parser import BilingualParser
from shared.events.permission import PROVISIONER

_ALL = "all"
"""In place of a process: the addresses of all databases are needed."""
_HELP = frozenset({"-h", "--help"})


@dataclass(frozen=True, slots=True)
class Family:
    """Commands of one kind.

    Attributes:
        module: what is run, with `python -m`.
        process: whose addresses it needs; None where the command line names a service, or each is asked by itself.
        zh: what they are for, in Chinese.
        en: the same in English.
    """

    module: str
    process: str | None
    zh: str
    en: str


FAMILIES = {
    "client": Family(
        "gateway.command",
        "gateway",
        "接口客户端：登记、更换密钥、停用、恢复、清单",
        "clients: onboard, rotate the secret, suspend, resume, list",
    ),
    "account": Family("gateway.command", "gateway", "个人账户：开立、停用、重置", "people: make, suspend, reset"),
    "key": Family("gateway.command", "gateway", "签名密钥：清单、更换", "signing keys: list, rotate"),
    "lpr": Family(
        "services.finance.command",
        "finance",
        "贷款市场报价利率（LPR）的公布：登记、清单",
        "publications of the loan prime rate: record, list",
    ),
    "bus": Family(
        "shared.command.bus",
        PROVISIONER,
        "消息服务器：建立流与消费者、列出各用户权限",
        "the broker: make streams and consumers, print the permissions of its users",
    ),
    "holiday": Family(
        "services.registry.command",
        "registry",
        "年度节假日安排通知：登记、清单",
        "yearly holiday notices: record, list",
    ),
    "event-key": Family(
        "shared.command.event_key", None, "事件签名密钥：清单、更换", "keys that sign events: list, rotate"
    ),
    "verify": Family(
        "shared.command.verify",
        _ALL,
        "核对审计链、台账与事件收发",
        "walk audit chains, ledgers and the exchange of events",
    ),
    "lost-case": Family(
        "shared.command.lost_case",
        None,
        "恢复备份后仅他处持有的案件：清单、终止",
        "cases that others hold after a restored backup: list, end",
    ),
    "dead-letter": Family(
        "shared.command.dead_letter", None, "死信：清单、查看、重放、作废", "dead letters: list, show, replay, discard"
    ),
}


def parser() -> BilingualParser:
    """Return the parser of the first word."""
    first = BilingualParser(
        prog="kechuang",
        zh="科创平台运维命令；与接口使用同一用例，并留同样的审计记录（操作人取自 KECHUANG_OPERATOR 或登录名）",
        en="The operator's commands: the API's use cases and audit; who acts is KECHUANG_OPERATOR or the login",
    )
    families = first.add_subparsers(
        dest="family", required=True, title="命令 commands", metavar="命令 command", parser_class=BilingualParser
    )
    for name, one in FAMILIES.items():
        families.add_parser(name, help=f"{one.zh} / {one.en}", zh=one.zh, en=one.en)
    return first


def orders(arguments: list[str]) -> list[tuple[str, list[str]]]:
    """Return (process, command) for each process that a command line needs; several where no service is named."""
    name, words = arguments[0], arguments[1:]
    family = FAMILIES[name]
    if family.process == _ALL:
        return [(_ALL, ["-m", family.module, *words])]
    command = ["-m", family.module, *([name] if family.process else []), *words]
    if family.process is not None:
        return [(family.process, command)]
    named = next((word for word in words if word in PROCESSES), None)
    if named is not None:
        return [(named, command)]
    return [(service, [*command[:3], service, *command[3:]]) for service in SERVICES]


def main(arguments: list[str] | None = None) -> int:
    """Run one command line; the first exit code that is not 0, or 0."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] not in FAMILIES:
        parser().parse_args(given or ["--help"])
    if (len(given) == 1 and FAMILIES[given[0]].process != _ALL) or _HELP & set(given):
        # Help needs no database, so none is woken for it.
        family = FAMILIES[given[0]]
        words = [
            *([given[0]] if family.process not in {None, _ALL} else []),
            *given[1:],
            *([] if len(given) > 1 else ["--help"]),
        ]
        return subprocess.call([sys.executable, "-m", family.module, *words], cwd=ROOT)
    os.umask(OTHERS)
    try:
        settings = LaunchSettings.from_environment()
        return max(_run(settings, process, command) for process, command in orders(given))
    except SettingError as wrong:
        print(wrong, file=sys.stderr)
        return 1


def _run(settings: LaunchSettings, process: str, command: list[str]) -> int:
    if process == PROVISIONER:
        return with_provisioner(settings, command)
    return with_databases(settings, command) if process == _ALL else with_service(settings, process, command)


if __name__ == "__main__":
    sys.exit(main())
