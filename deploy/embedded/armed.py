"""Run as a script: become the given user, ask the kernel for a signal when the parent dies, then turn into the program.

A step of its own and not a function between fork and exec, because that is unsafe in a parent with threads. It uses the
standard library alone and is started in isolated mode, so it costs some 20 ms.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(death_signal: int, parent: int, uid: int, gid: int, entered: tuple[int, str], argv: list[str]) -> None:
    """Turn into `argv`; uid -1 keeps the caller's account.

    The kernel forgets the signal when the account changes, so that comes first. Before it a folder is opened under a
    descriptor (`entered`; an empty name is none), since the new account may not be allowed to walk there by name.
    """
    descriptor, folder = entered
    if folder:
        os.dup2(os.open(folder, os.O_PATH | os.O_DIRECTORY), descriptor)
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the kernel was asked
        raise SystemExit(1)
    os.execv(argv[0], argv)  # noqa: S606  # a list, no shell


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:6]]
    main(numbers[0], numbers[1], numbers[2], numbers[3], (numbers[4], sys.argv[6]), sys.argv[7:])
