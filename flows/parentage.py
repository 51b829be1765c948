"""A process that leaves when its parent has gone, however that ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress

#: Names the process with which whatever it starts is to leave.
PARENT = "CHANNELWATCH_PARENT"
#: Seconds between two looks for it.
PAUSE = 0.5


def leave_with_parent(grace: float, *, group: bool = False) -> None:
    """Watch the pipe to the parent on standard input; when it closes, stop.

    First by SIGTERM, so that all is put in order; after ``grace`` seconds at once. With ``group``,
    which is for a process in a session of its own, together with all that this one has started.
    """
    threading.Thread(target=_wait, args=(grace, group), name="parentage", daemon=True).start()


def be_parent() -> None:
    """Have whatever this process starts, and calls :func:`leave_with_its_parent`, leave with it."""
    os.environ[PARENT] = str(os.getpid())


def leave_with_its_parent(grace: float) -> None:
    """Stop when the process has gone that said :func:`be_parent`; without one, change nothing.

    For what others start for us, Prefect's runner for instance: there is no pipe to hold.
    """
    parent = int(os.environ.get(PARENT, os.getpid()))
    if parent != os.getpid():
        arguments = (parent, grace)
        threading.Thread(target=_look, args=arguments, name="parentage", daemon=True).start()


def _look(parent: int, grace: float) -> None:
    above = os.getppid()  # changes at once; the number of the other may have been gone before
    while os.getppid() == above and _lives(parent):
        time.sleep(PAUSE)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    os._exit(0)


def _lives(pid: int) -> bool:
    with suppress(PermissionError):  # it lives, as another user
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True


def _wait(grace: float, group: bool) -> None:
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    group = group and os.getpgrp() == os.getpid()
    if group:
        os.killpg(os.getpid(), signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    if group:
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)
