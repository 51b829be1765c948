"""Child processes that are watched: one that dies is started again, later each time.

A child runs in a session of its own and holds the other end of a pipe to this process: it leaves
when the pipe closes, so that nothing stays behind even where this process is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

#: Seconds before the first new start, and at most; a child that has lived so long begins anew.
BACKOFF, LONGEST_BACKOFF, STEADY = 1.0, 60.0, 120.0
#: Seconds that what is left of a dead child's group has before it is killed.
REST = 5.0


@dataclass
class Child:
    """A process that is to run all the time.

    Args:
        name: how it is called in messages.
        command: without a shell.
        grace: seconds that it has to end when it is told to.
        hears: is given each line that it writes to standard output.
        environment: in addition to that of this process.
        fatal: exit codes after which it is not started again, because nothing would change, where
            it never was ready (``served``) before.
    """

    name: str
    command: Sequence[str]
    grace: float
    hears: Callable[[str], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    fatal: frozenset[int] = frozenset()
    process: subprocess.Popen[bytes] | None = None
    served: bool = False
    starts: int = 0
    began: float = 0.0
    again_at: float = 0.0
    _wait: float = BACKOFF

    def start(self) -> None:
        """Start it.

        Raises:
            OSError: the machine cannot.
        """
        self.process = subprocess.Popen(  # noqa: S603 (our own modules, no shell)
            list(self.command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | self.environment,
            start_new_session=True,
        )
        self.starts += 1
        self.began = time.monotonic()
        assert self.process.stdout is not None
        threading.Thread(
            target=self._listen, args=(self.process.stdout,), name=f"{self.name}-says", daemon=True
        ).start()

    def _listen(self, stream: BinaryIO) -> None:
        with stream:
            for line in stream:
                self.hears(line.decode("utf-8", "replace").rstrip("\n"))

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def died(self) -> float:
        """Clear up after it; the seconds until it is to be started again."""
        assert self.process is not None
        self._clear_up(self.process)
        if time.monotonic() - self.began > STEADY:
            self._wait = BACKOFF
        wait, self._wait = self._wait, min(self._wait * 2, LONGEST_BACKOFF)
        self.again_at = time.monotonic() + wait
        return wait

    def stop(self) -> None:
        """End it and all that it has started, within its grace; then by force."""
        process = self.process
        if process is None:
            return
        if process.poll() is None:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(self.grace)
        self._clear_up(process)

    @staticmethod
    def _clear_up(process: subprocess.Popen[bytes]) -> None:
        """End what is left of its group, itself included."""
        end = time.monotonic() + REST
        how = signal.SIGTERM if process.poll() is not None else signal.SIGKILL
        while _signal_group(process.pid, how):
            process.poll()
            if time.monotonic() > end:
                how = signal.SIGKILL
            time.sleep(0.1)
        process.wait()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()


def _signal_group(group: int, how: signal.Signals) -> bool:
    """Whether there was anybody left to be told."""
    try:
        os.killpg(group, how)
    except (ProcessLookupError, PermissionError):
        return False
    return True
