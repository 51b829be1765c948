"""Looks at each process of a tree every few seconds: memory, open files, threads."""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

from ops.campaigns.day.flatness import MB, Trend, trend
from ops.campaigns.day.limits import Limits
from ops.campaigns.processes import family
from ops.campaigns.serving import NAMES

SERVE, RUNS = "serve", "flow runs"
WHAT = ("memory", "files", "threads")
#: Seconds, memory in MB, files, threads.
Look = tuple[float, float, float, float]
_CACHE = re.compile(r"^channelwatch_warehouse_memory(?:_bytes)?(?:\{.*\})? (\S+)$", re.MULTILINE)


class Sampler:
    """Looks until it is ended; the looks at each process by its name.

    Flow runs come and go: what they have at a time is added up. ``cache``: seconds, and the MB that
    the console's database holds, as ``metrics`` tells.
    """

    def __init__(self, pid: int, every: float, metrics: str) -> None:
        self.looks: dict[str, list[Look]] = defaultdict(list)
        self.pids: dict[str, set[int]] = defaultdict(set)
        self.cache: list[tuple[float, float]] = []
        self._pid, self._every, self._metrics = pid, every, metrics
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="sampling", daemon=True)

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(self._every):
            self.look()

    def look(self) -> None:
        """Look once."""
        now, together = time.monotonic(), [0.0, 0.0, 0.0]
        for process in family(self._pid):
            name = name_of(process.pid == self._pid, process.command)
            with suppress(OSError):
                memory, threads = anonymous(process.pid) / MB, float(threads_of(process.pid))
                seen = (memory, float(process.files), threads)
                if name == RUNS:
                    together = [sum(pair) for pair in zip(together, seen, strict=True)]
                else:
                    self.looks[name].append((now, *seen))
                    self.pids[name].add(process.pid)
        self.looks[RUNS].append((now, together[0], together[1], together[2]))

        with suppress(OSError, urllib.error.URLError):
            with urllib.request.urlopen(self._metrics, timeout=30) as answer:  # noqa: S310
                found = _CACHE.search(answer.read().decode())
            if found:
                self.cache.append((now, float(found[1]) / MB))

    def trends(self, limits: Limits) -> list[Trend]:
        """How each number of each process that is to live all the time went."""
        cache = trend(
            *("the console", "of it the database's"),
            *([each[0] for each in self.cache], [each[1] for each in self.cache]),
            limits,
        )
        return [
            trend(name, what, [each[0] for each in looks], [each[n] for each in looks], limits)
            for name, looks in sorted(self.looks.items())
            for n, what in enumerate(WHAT, 1)
            if name != RUNS
        ] + [cache]

    def at_most(self) -> tuple[float, float, float]:
        """The most that flow runs together had: MB, files, threads."""
        looks = self.looks[RUNS] or [(0.0, 0.0, 0.0, 0.0)]
        memory, files, threads = (max(each[n] for each in looks) for n in (1, 2, 3))
        return memory, files, threads

    def started_again(self) -> list[str]:
        """The processes that were not the same all the time."""
        return [
            f"{name} was started again ({len(pids)} processes)"
            for name, pids in sorted(self.pids.items())
            if len(pids) > 1
        ]


def name_of(first: bool, command: str) -> str:
    """How a process is called; whatever lives below the schedules is a flow run or its child."""
    if first:
        return SERVE
    return next((name for sign, name in NAMES.items() if f"-m {sign}" in command), RUNS)


def anonymous(pid: int | str = "self") -> int:
    """Bytes that are a process's own and no file's: they alone can leak.

    Not PSS or USS: pages of shared libraries are counted there as nobody's or somebody's while
    flow runs that use the same ones come and go.
    """
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def threads_of(pid: int) -> int:
    """How many threads a process has."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^Threads:\s+(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0
