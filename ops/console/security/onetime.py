"""The key of the link that is printed at the start: it opens once, and not for long."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

LIFE = timedelta(minutes=10)


class OneTimeKey:
    """A random key. May be tried from several threads; only one of them can be let in."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.value = secrets.token_urlsafe(32)
        self._now = now
        self._ends = now() + LIFE
        self._used = False
        self._turn = threading.Lock()

    def use(self, tried: str) -> bool:
        """Whether this is the key, still good; it is not from then on."""
        with self._turn:
            right = secrets.compare_digest(self.value.encode(), tried.encode("utf-8", "replace"))
            if not right or self._used or self._now() >= self._ends:
                return False
            self._used = True
            return True
