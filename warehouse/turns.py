"""Locks: one that is given in the order it was asked for, one that many hold or one alone."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class Turns:
    """A mutex whose waiters are served first come, first served.

    A plain lock goes mostly to the thread that has just let it go: one that takes it ever again
    keeps the others waiting.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()  # until whoever was before hands it over

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class Shared:
    """A lock that many hold at once, or one alone.

    Who wants it alone comes before those who come later, so that it is never kept waiting by a
    stream of others. Not reentrant.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holding = 0
        self._alone = False
        self._wanting_alone = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        """Hold it beside others."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone and not self._wanting_alone)
            self._holding += 1
        try:
            yield
        finally:
            with self._changed:
                self._holding -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold it while nobody else does."""
        with self._changed:
            self._wanting_alone += 1
            try:
                self._changed.wait_for(lambda: not self._alone and not self._holding)
                self._alone = True
            finally:
                self._wanting_alone -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
