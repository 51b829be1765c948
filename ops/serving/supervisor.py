"""Watches the children of ``channelwatch serve`` until it is told to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from types import FrameType

from ops.errors import ENVIRONMENT, CommandError
from ops.serving import notify
from ops.serving.children import Child

#: Seconds between two looks at the children.
PAUSE = 0.5


class Supervisor:
    """Starts children in their order, starts again what dies, ends all in the other order.

    Args:
        children: those that are started first are ended last.
        say: is given the lines for whoever started it, and for the log.
    """

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = list(children)
        self._say = say
        self._end = threading.Event()
        self._signal: int | None = None

    def run(self, ready: Callable[[Child], bool], started: Callable[[], None]) -> None:
        """Start everything, call ``started`` when all is ready, watch it until the end.

        Args:
            ready: whether a child answers already.

        Raises:
            CommandError: a child that was never ready ended in a way that starting it again would
                not mend.
        """
        with self._listening():
            try:
                for child in self.children:  # they wait for each other where they must
                    child.start()
                for child in self.children:
                    self._await(child, ready)
                if not self._end.is_set():
                    started()
                    notify.tell("READY=1")
                while not self._end.wait(PAUSE):
                    self._look()
                    notify.tell("WATCHDOG=1")
            finally:
                self._stop()

    def end(self) -> None:
        """Have :meth:`run` come to its end."""
        self._end.set()

    def _await(self, child: Child, ready: Callable[[Child], bool]) -> None:
        while not self._end.is_set() and not ready(child):
            self._look()
            self._end.wait(0.1)
        child.served = True

    def _look(self) -> None:
        """Start again what has died and has waited for long enough."""
        for child in self.children:
            if child.process is None or child.alive:
                continue
            if not child.again_at:
                code = child.process.returncode
                wait = child.died()
                # Once it was there, what stands in its way may go by itself: a run that has taken
                # the warehouse while there was no console, for instance.
                if code in child.fatal and not child.served:
                    raise CommandError(f"{child.name} cannot go on; its reason stands above", code)
                how = f"by signal {-code}" if code < 0 else f"with code {code}"
                self._log(f"{child.name} ended {how}; it is started again in {wait:.0f} s")
            if monotonic() >= child.again_at:
                child.again_at = 0.0
                try:
                    child.start()
                except OSError as error:
                    raise CommandError(
                        f"{child.name} cannot be started: {error}", ENVIRONMENT
                    ) from error
                self._log(f"{child.name} started again (start {child.starts})")

    def _stop(self) -> None:
        notify.tell("STOPPING=1")
        for child in reversed(self.children):
            child.stop()

    def _log(self, line: str) -> None:
        self._say(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}")

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """SIGINT and SIGTERM end it in order; a second one changes nothing."""

        def end(number: int, _frame: FrameType | None) -> None:
            self._signal = number
            self._end.set()

        signals = (signal.SIGINT, signal.SIGTERM)
        former = {each: signal.signal(each, end) for each in signals}
        try:
            yield
        finally:
            for each, handler in former.items():
                signal.signal(each, handler)
