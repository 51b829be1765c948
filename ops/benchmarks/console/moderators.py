"""Moderators as plain clients in a process of their own: they decide, and log all that happens.

They go by what the pages say: the fields of the form they were given, its act, its flag. An answer
that was lost is asked for again with the same act, as the page does it.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from ops.benchmarks.console.browser import Answer, Browser, Work, work_of

_ROOT = Path(__file__).parents[3]
#: Shares of what a moderator does with an item; undo takes back the act before.
ACTS = {"confirm": 60, "reject": 28, "skip": 7, "undo": 5}
#: Shares of items at which they also open something beside it.
LOOKS = {"around": 0.1, "copies": 0.1, "channel": 0.05, "history": 0.05}
#: Seconds between two tries, and for which one is tried.
RETRY, PATIENCE = 0.1, 120.0
PROCESSES = 2

Line = dict[str, Any]
Got = TypeVar("Got")


class Moderator:
    """One moderator with a browser; ``log`` is given a line for each request.

    ``think``: seconds between an item and its decision, from nought to twice as many.
    """

    def __init__(self, port: int, name: str, seed: int, think: float, log: Any) -> None:
        self.browser = Browser(port)
        self.name, self.think, self._log = name, think, log
        self.random = Random(f"{seed} {name}")  # noqa: S311 (no secret)
        self.tries = 0

    def sign_in(self) -> None:
        """Sign in, from the start where the console went away meanwhile.

        Raises:
            RuntimeError: it does not let them in.
        """
        self._until_answered(lambda: self.browser.sign_in(self.name))

    def work(self, until: float, stop: Path | None) -> None:
        """Decide until the steady clock says ``until``, and until the file ``stop`` is there."""
        work = self._review()
        while time.perf_counter() < until or (stop is not None and not stop.exists()):
            time.sleep(self.random.random() * 2 * self.think)
            if work.form is None:
                work = self._review()
                continue
            for part, share in LOOKS.items():
                if self.random.random() < share:
                    self._asked(f"fragment {part}", f"/item/{work.item_no}/{part}")
            work = self._judge(work)
        self.browser.close()

    def _judge(self, work: Work) -> Work:
        act = self.random.choices(list(ACTS), list(ACTS.values()))[0]
        if act == "undo" and work.undo and work.undo.get("act"):
            return self._sent("undo", "/undo", work.undo, work, "undo")
        judgement = "skip" if act == "undo" else act
        form = (work.form or {}) | {"judgement": judgement}
        return self._sent("decide", f"/item/{work.item_no}/decide", form, work, judgement)

    def _review(self) -> Work:
        answer = self._until_answered(lambda: self.browser.get("/review"))
        shown = work_of(answer.text)
        self._note("review", answer, shows=shown.item_no if shown.form else None)
        return shown

    def _asked(self, route: str, path: str) -> None:
        answer = self._until_answered(lambda: self.browser.get(path, fragment=True))
        self._note(route, answer)

    def _sent(self, route: str, path: str, form: dict[str, str], of: Work, said: str) -> Work:
        """Send a form until it is answered; the work that comes next."""
        answer = self._until_answered(lambda: self.browser.post(path, form))
        shown = work_of(answer.text)
        saved = answer.status == 200 and shown.saved is not None
        self._note(
            route,
            answer,
            item=of.item_no,
            flag=form.get("flag"),
            act=form["act"],
            said=said,
            saved=saved,
            tries=self.tries,
            shows=shown.item_no if shown.form else None,
            problem=None if saved else answer.text[:2_000],
        )
        # A problem's page shows no item: what one has is asked for anew.
        return shown if saved else self._review()

    def _until_answered(self, ask: Callable[[], Got]) -> Got:
        self.asked, self.tries = time.perf_counter(), 0
        while True:
            self.tries += 1
            try:
                return ask()
            except (OSError, http.client.HTTPException):
                if time.perf_counter() - self.asked > PATIENCE:
                    raise
                time.sleep(RETRY)

    def _note(self, route: str, answer: Answer, **more: Any) -> None:
        line = {"user": self.name, "route": route, "status": answer.status}
        times = {"asked": self.asked, "began": answer.began, "took": answer.took}
        self._log(line | times | more)


def log_of(folder: Path, number: int) -> Path:
    """The log of one of the processes."""
    return folder / f"moderators-{number}.ndjson"


def decided(log: Path) -> Path:
    """The file that is there once a moderator of this log has had an answer to a decision."""
    return log.with_suffix(".decided")


@contextmanager
def moderating(  # noqa: PLR0913 (what the processes are told)
    port: int,
    names: Sequence[str],
    folder: Path,
    *,
    seconds: float,
    think: float,
    seed: int,
    stop: Path | None = None,
) -> Iterator[list[Line]]:
    """Moderators at work in two processes, all of them signed in.

    The lines of their logs are there at the end; the file :func:`decided` from the first decision.
    """
    lines: list[Line] = []
    processes: list[tuple[str, subprocess.Popen[bytes]]] = []
    for number in range(PROCESSES):
        told = {
            "port": port,
            "names": names[number::PROCESSES],
            "seconds": seconds,
            "think": think,
            "seed": seed,
            "stop": str(stop) if stop else None,
            "log": str(log_of(folder, number)),
        }
        command = "from ops.benchmarks.console.moderators import main; main()"
        process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
            [sys.executable, "-c", command, json.dumps(told)], cwd=_ROOT
        )
        processes.append((str(told["log"]), process))
    try:
        for log, process in processes:
            while not Path(log).exists():
                if process.poll() is not None:
                    raise RuntimeError("a moderator's process failed; see above")
                time.sleep(0.02)
        yield lines
        for log, process in processes:
            if process.wait():
                raise RuntimeError("a moderator's process failed; see above")
            lines += map(json.loads, Path(log).read_text().splitlines())
        lines.sort(key=lambda line: float(line["began"]))
    finally:
        for _, process in processes:
            process.kill()
            process.wait()


def main() -> None:
    """The moderators of one process, a thread each."""
    told = json.loads(sys.argv[1])
    failed: list[BaseException] = []
    lines: list[Line] = []

    def note(line: Line) -> None:
        lines.append(line)
        if line["route"] == "decide":
            decided(Path(told["log"])).touch()

    moderators = [
        Moderator(told["port"], name, told["seed"], told["think"], note) for name in told["names"]
    ]
    for one in moderators:
        one.sign_in()
    stop = Path(told["stop"]) if told["stop"] else None
    until = time.perf_counter() + told["seconds"]

    def work(one: Moderator) -> None:
        try:
            one.work(until, stop)
        except BaseException as error:
            failed.append(error)
            raise

    with Path(told["log"]).open("w") as file:
        threads = [threading.Thread(target=work, args=(one,)) for one in moderators]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        file.writelines(json.dumps(line) + "\n" for line in lines)
    sys.exit(1 if failed else 0)
