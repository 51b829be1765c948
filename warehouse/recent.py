"""Answers that change rarely and are asked for again and again, kept for a moment."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

#: Answers kept at most, and for so many seconds.
MOST, SECONDS = 4_096, 10.0


class Recent(Generic[K, V]):
    """Answers by what was asked, none older than some seconds, the least recent forgotten first.

    >>> squares = Recent[int, int]()
    >>> squares.get(3, lambda: 9), squares.get(3, lambda: 0)
    (9, 9)
    """

    def __init__(
        self,
        most: int = MOST,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, asked: K, ask: Callable[[], V]) -> V:
        """The answer that is kept, else that of ``ask``."""
        with self._lock:
            until, answer = self._kept.get(asked, (0.0, None))
            if answer is not None and self._clock() < until:
                return answer
        answer = ask()
        with self._lock:
            self._kept[asked] = (self._clock() + self._seconds, answer)
            self._kept.move_to_end(asked)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return answer

    def forget(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()
