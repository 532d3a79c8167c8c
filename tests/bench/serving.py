"""Processes of the bench on listening sockets of their own: more gateways, the trivial upstream, nginx."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from deploy.embedded.process import free_port
from tests.support.postgres import REPOSITORY, state_folder

_START_S = 60.0
_TOOLS = {"nginx": "nginx-light", "wrk": "wrk"}
"""Program → package."""
_NGINX = """
worker_processes 1;
daemon off;
error_log stderr error;
pid {folder}/nginx.pid;
{user}
events {{ worker_connections 1024; }}
http {{
    {log}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream behind {{ server 127.0.0.1:{behind}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port};
        keepalive_requests 1000000;
        location / {{
            {judged}
            proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";
        }}
        {judge}
    }}
}}
"""
_DUTIES = {
    "log": """log_format line escape=json '{{"at":"$time_iso8601","method":"$request_method","path":"$uri",'
        '"status":$status,"s":$request_time,"request_id":"$request_id"}}';
    access_log {folder}/access.log line;
    proxy_cache_path {folder}/cache keys_zone=tokens:1m;""",
    "judged": """auth_request /judge;
            proxy_set_header X-Request-Id $request_id; add_header X-Request-Id $request_id;""",
    "judge": """location = /judge {{
            internal;
            proxy_pass http://behind/v1/banks; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_cache tokens; proxy_cache_key $http_authorization; proxy_cache_valid 200 10m;
        }}""",
}
"""The gateway's duties in nginx's words: a token is judged once and remembered, one line and one id for each call.

A short read of the upstream stands for the judge: finance answers it to a good token alone.
"""


@contextmanager
def python_server(words: list[str], *, environment: Mapping[str, str] | None = None) -> Iterator[tuple[int, int]]:
    """Run `python -m words… <descriptor>` on a socket of its own; yield its port and process id."""
    with socket.socket() as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.bind(("127.0.0.1", 0))
        opened.listen(512)
        port = int(opened.getsockname()[1])
        child = subprocess.Popen(
            [sys.executable, "-m", *words, str(opened.fileno())],
            env={**os.environ, **(environment or {}), "PYTHONPATH": str(REPOSITORY)},
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            pass_fds=(opened.fileno(),),
        )
        try:
            yield port, child.pid
        finally:
            child.terminate()
            child.wait(20)


@contextmanager
def nginx_before(behind: int, *, with_duties: bool = False) -> Iterator[int | None]:
    """Run nginx as a pass-through to the port `behind`; yield its port, or None where it is not installed.

    Args:
        behind: port of the upstream.
        with_duties: whether it judges tokens, gives ids and writes a line for each call, or none of it.
    """
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    if program is None:
        yield None
        return
    with state_folder("nginx") as folder:
        port = free_port()
        user = "user root;" if os.geteuid() == 0 else ""
        settings = folder / "nginx.conf"
        bare = {"log": "access_log off;", "judged": "", "judge": ""}
        words = {name: text.format(folder=folder) for name, text in _DUTIES.items()} if with_duties else bare
        settings.write_text(_NGINX.format(folder=folder, behind=behind, port=port, user=user, **words))
        child = subprocess.Popen([program, "-p", str(folder), "-c", str(settings)], stderr=subprocess.DEVNULL)
        try:
            wait_for_port(port)
            yield port
        finally:
            child.terminate()
            child.wait(20)


def wait_until_ready(port: int) -> None:
    """Wait until a service of ours says that it is ready: its socket is open before it can answer."""
    deadline = time.monotonic() + _START_S
    while True:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("a server of the bench does not start")
        time.sleep(0.1)


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def install_tools() -> list[str]:
    """Install nginx and wrk where they are missing, as root on a Debian; return what could not be had."""
    missing = _missing()
    if not missing or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return missing
    # A package may want to start a server at once; this one is started by the bench, on ports of its own.
    policy = Path("/usr/sbin/policy-rc.d")
    held = policy.exists()
    if not held:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    install = ["install", "-y", "--no-install-recommends", *(_TOOLS[name] for name in missing)]
    try:
        for order in (install, ["update"], install):
            _apt_get(order)
            if not _missing():
                break
    except subprocess.TimeoutExpired:
        pass
    finally:
        if not held:
            policy.unlink()
    return _missing()


def _apt_get(order: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", *order], check=False, capture_output=True, env=environment, timeout=180)


def _missing() -> list[str]:
    return [name for name in _TOOLS if not _has(name)]


def _has(name: str) -> bool:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None
