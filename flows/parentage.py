"""A process that leaves when its parent has gone, however that ended."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress


def leave_with_parent(grace: float, *, group: bool = False) -> None:
    """Watch the pipe to the parent on standard input; when it closes, stop.

    First by SIGTERM, so that all is put in order; after ``grace`` seconds at once. With ``group``,
    which is for a process in a session of its own, together with all that this one has started.
    """
    threading.Thread(target=_wait, args=(grace, group), name="parentage", daemon=True).start()


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
