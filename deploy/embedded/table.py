"""What stands on the terminal when everything is ready."""

import os
import shlex
from collections.abc import Iterable

import psutil

from deploy.embedded.clients import read_clients
from deploy.embedded.launch_settings import ROOT, SERVICES, LaunchSettings
from deploy.embedded.people import read_people

_MEBIBYTE = 1_048_576
# Measured at rest: 560 to 700 MiB with five processes, 1,110 to 1,450 with fourteen.
_SERVERS_MEBIBYTES = 300
_PROCESS_MEBIBYTES = 80


def memory_mebibytes(pids: Iterable[int]) -> int:
    """Return the proportional memory (PSS) of these processes and their children, in MiB."""
    seen: set[int] = set()
    total = 0
    for pid in pids:
        try:
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        except psutil.Error:
            continue
        for process in family:
            if process.pid in seen:
                continue
            seen.add(process.pid)
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
    return total // _MEBIBYTE


def memory_warning(settings: LaunchSettings) -> str | None:
    """Return a line where so many processes may not fit into the free memory of this machine, else None."""
    needed = _SERVERS_MEBIBYTES + _PROCESS_MEBIBYTES * sum(settings.processes.values())
    free = psutil.virtual_memory().available // _MEBIBYTE
    if free >= needed:
        return None
    return (
        f"About {needed} MiB of memory are needed, {free} are free; fewer processes need less (…_PROCESSES=1)\n"
        f"约需内存 {needed} MiB，可用 {free} MiB；可减少进程数（…_PROCESSES=1）"
    )


def token_command(settings: LaunchSettings, client: str) -> str:
    """Return the shell command that prints an access token of a demo client, from any folder."""
    words = ["make", "-s", "-C", str(ROOT), "token", f"CLIENT={client}"]
    if settings.home != ROOT / ".state":
        words.append(f"KECHUANG_HOME={settings.home}")
    if os.environ.get("KECHUANG_PORT_GATEWAY"):
        words.append(f"KECHUANG_PORT_GATEWAY={settings.ports['gateway']}")
    return " ".join(shlex.quote(word) for word in words)


def lines(settings: LaunchSettings, pids: Iterable[int], seconds: float) -> list[str]:
    """Return the table: addresses, documentation, demo people and clients, and a line to paste."""
    said = [
        "",
        f"Kechuang is ready after {seconds:.1f} s, {memory_mebibytes([*pids, os.getpid()])} MiB 科创平台已就绪",
        "",
        f"  {'API 统一接口':<20}{settings.url}",
        f"  {'Docs 接口文档':<20}{settings.url}/docs   {settings.url}/redoc",
    ]
    for service in SERVICES:
        address = f"http://127.0.0.1:{settings.ports[service]}"
        said.append(f"  {service:<22}{address}/docs   {address}/health/ready")
    said += [f"  {'State 数据目录':<20}{settings.home}", f"  {'Logs 日志':<22}{settings.logs}"]
    if not settings.demo:
        return [*said, ""]
    said += ["", f"People 演示用户: {settings.url}/console"]
    said += [f"  {one['login']:<18}{one['password']:<20}{one['name']}" for one in read_people(settings)]
    said += ["", "Demo clients 演示客户端 (make token CLIENT=…)"]
    said += [
        f"  {client['client_id']:<18}{client['role']:<14}{client['title_zh']} {client['title_en']}"
        for client in read_clients(settings)
    ]
    bearer = f"Authorization: Bearer $({token_command(settings, 'bank-a')})"
    return [
        *said,
        "",
        "Paste this 可直接粘贴:",
        f'  curl -s -H "{bearer}" {settings.url}/v1/loan-applications',
        "",
    ]
