"""Workers that are watched: one that hangs is killed, one that died is replaced."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any

_ROOT = Path(__file__).parents[3]
_TICKS = os.sysconf("SC_CLK_TCK")

Line = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """Of one input: CPU seconds, seconds by the clock, and bytes of memory beyond what is held.

    CPU counts, because a machine that is shared makes anything slow; the clock is for what waits.
    """

    cpu: float = 30.0
    clock: float = 300.0
    memory: int = 512 << 20


@dataclass
class Crew:
    """Workers over the inputs of a seed. ``heard`` is given a line for each input."""

    seed: int
    inputs: int
    processes: int
    limits: Limits
    folder: Path
    heard: Callable[[Line], None]
    first: int = 0
    command: str = "from ops.campaigns.fuzz.worker import main; main()"
    said: Queue[tuple[_Worker, Line | None]] = field(default_factory=Queue)

    def work(self) -> None:
        """Until every input has been examined, or killed who examined it."""
        workers = [
            _Worker(self, self.first + share) for share in range(min(self.processes, self.inputs))
        ]
        try:
            for worker in workers:
                worker.start()
            while any(not worker.done for worker in workers):
                try:
                    worker, line = self.said.get(timeout=0.2)
                except Empty:
                    pass
                else:
                    if line is None:
                        worker.ended()
                    elif "pid" in line:
                        worker.begins(line["pid"])
                    else:
                        worker.heard(line)
                for worker in workers:
                    worker.watch()
        finally:
            for worker in workers:
                worker.kill()

    @property
    def end(self) -> int:
        """Behind the last input."""
        return self.first + self.inputs


@dataclass(eq=False)
class _Worker:
    """One share of the inputs: a process that forks children, of which one is at work."""

    crew: Crew
    number: int  # the first input of its share
    process: subprocess.Popen[bytes] | None = None
    child: int | None = None
    killed: str | None = None  # what for
    done: bool = False
    _since: float = 0.0
    _cpu: float = 0.0

    def start(self) -> None:
        """Start the process."""
        crew = self.crew
        told = {
            "seed": crew.seed,
            "first": self.number,
            "end": crew.end,
            "step": min(crew.processes, crew.inputs),
            "memory": crew.limits.memory,
            "folder": str(crew.folder),
        }
        with (crew.folder / "stderr.txt").open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", crew.command, json.dumps(told)],
                env=os.environ | {"PYTHONPATH": str(_ROOT), "NUMBA_NUM_THREADS": "1"},
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            for line in stream:
                self.crew.said.put((self, json.loads(line)))
        self.crew.said.put((self, None))

    def begins(self, child: int) -> None:
        """A child begins with the input that is next."""
        self.child = child
        self._mark()

    def heard(self, line: Line) -> None:
        """An input is done with, or a child died of it."""
        if "died" in line:
            code, killed = line.pop("died"), self.killed
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            self.child = self.killed = None
            line |= {"hung": killed} if killed else {"died": f"the process died: {name}"}
        self.crew.heard(line)
        self._mark()

    def watch(self) -> None:
        """Kill the child where its input takes longer than any may."""
        if self.child is None or self.killed or self.done:
            return
        limits = self.crew.limits
        spent = _cpu_of(self.child) - self._cpu
        if spent > limits.cpu:
            self.killed = f"no end after {spent:.0f} seconds of CPU"
        elif time.monotonic() - self._since > limits.clock:
            self.killed = f"no end after {limits.clock:.0f} seconds"
        if self.killed:
            with suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)

    def ended(self) -> None:
        """Its share is examined.

        Raises:
            RuntimeError: it ended for another reason.
        """
        assert self.process is not None
        if self.process.wait():
            errors = (self.crew.folder / "stderr.txt").read_text()
            raise RuntimeError(f"a worker of the campaign failed:\n{errors[-2_000:]}")
        self.done = True

    def kill(self) -> None:
        """End the process, and its child with it."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _mark(self) -> None:
        self._since, self._cpu = time.monotonic(), _cpu_of(self.child)


def _cpu_of(process: int | None) -> float:
    """CPU seconds of a process so far; 0 where it is gone."""
    if process is None:
        return 0.0
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
