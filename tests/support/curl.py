"""What the printed lines need of curl, for a machine that has none: -s, -S, -X, -H, -d and an address."""

import argparse
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx


def with_curl(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return `environment`, with a `curl` made in `folder` in front of its path if the machine has none."""
    if shutil.which("curl", path=environment.get("PATH")) is not None:
        return dict(environment)
    stand_in = folder / "curl"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n')
    stand_in.chmod(0o755)
    return {**environment, "PATH": f"{folder}:{environment.get('PATH', '')}"}


def main(arguments: list[str]) -> int:
    """Send one request and print the body of its answer, whatever its status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-S", action="store_true")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="body")
    parser.add_argument("address")
    given = parser.parse_args(arguments)
    headers = dict(header.split(": ", 1) for header in given.headers)
    method = given.method or ("GET" if given.body is None else "POST")
    answer = httpx.request(method, given.address, headers=headers, content=given.body, timeout=30, trust_env=False)
    sys.stdout.write(answer.text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
