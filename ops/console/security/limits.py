"""How much is too much: buckets of requests, and growing delays after wrong passwords.

In memory and bounded: a restart forgets them, and no flood of names or addresses fills it.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from fastapi import HTTPException

#: Keys that are remembered; beyond it those longest unused are forgotten.
MOST_KEYS = 10_000
Clock = Callable[[], float]


class TooMany(HTTPException):
    """429, with the seconds to wait in Retry-After."""

    def __init__(self, wait: float) -> None:
        seconds = max(1, math.ceil(wait))
        super().__init__(
            429,
            f"Too many requests. Try again in {spoken(seconds)}.",
            {"Retry-After": str(seconds)},
        )


def spoken(seconds: int) -> str:
    """A time to wait, in words.

    >>> spoken(1), spoken(40), spoken(61)
    ('1 second', '40 seconds', '2 minutes')
    """
    if seconds < 60:
        return f"{seconds} second{'s' if seconds != 1 else ''}"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minute{'s' if minutes != 1 else ''}"


class Buckets:
    """A token bucket per key: ``burst`` at once, then ``rate`` a second. Thread safe."""

    def __init__(self, rate: float, burst: int, clock: Clock = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._turn = threading.Lock()

    def take(self, key: str) -> None:
        """Take one token.

        Raises:
            TooMany: there is none now.
        """
        with self._turn:
            now = self._clock()
            tokens, then = self._kept.pop(key, (float(self._burst), now))
            tokens = min(float(self._burst), tokens + (now - then) * self._rate)
            allowed = tokens >= 1
            self._kept[key] = (tokens - 1 if allowed else tokens, now)
            if len(self._kept) > MOST_KEYS:
                self._kept.popitem(last=False)
        if not allowed:
            raise TooMany((1 - tokens) / self._rate)

    def __len__(self) -> int:
        return len(self._kept)


class Delays:
    """Growing delays per key: ``free`` attempts, then 1, 2, 4 … seconds up to ``longest``.

    An attempt counts when it begins, so that many at once do not slip through; one that succeeds
    is taken back. What was not tried for ``longest`` seconds beyond its delay is forgotten.
    """

    def __init__(self, free: int, longest: float, clock: Clock = time.monotonic) -> None:
        self._free, self._longest, self._clock = free, longest, clock
        self._kept: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._turn = threading.Lock()

    def attempt(self, key: str) -> None:
        """Begin an attempt.

        Raises:
            TooMany: it comes too early; it does not count.
        """
        with self._turn:
            now = self._clock()
            count, until = self._kept.get(key, (0, now))
            if now < until:
                raise TooMany(until - now)
            if now >= until + self._longest:
                count = 0
            count += 1
            wait = 0.0
            if count >= self._free:
                wait = min(self._longest, 2.0 ** min(count - self._free, 30))
            self._kept[key] = (count, now + wait)
            self._kept.move_to_end(key)
            if len(self._kept) > MOST_KEYS:
                self._kept.popitem(last=False)

    def take_back(self, key: str) -> None:
        """One attempt was right: it does not count."""
        with self._turn:
            count, _ = self._kept.get(key, (0, 0.0))
            if count > 1:
                self._kept[key] = (count - 1, self._clock())
            else:
                self._kept.pop(key, None)

    def forgive(self, key: str) -> None:
        """Forget all attempts under a key."""
        with self._turn:
            self._kept.pop(key, None)

    def __len__(self) -> int:
        return len(self._kept)


def network(address: str) -> str:
    """Under what attempts from an address count: an IPv6 network has more than one can forget.

    >>> network("192.0.2.7"), network("2001:db8:1:2:3:4:5:6"), network("testclient")
    ('192.0.2.7', '2001:db8:1:2::/64', 'testclient')
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ip_network((parsed, 64), strict=False))


class Limits:
    """What one console limits.

    A session may ask quickly, as who works by keys does. An address may be that of a whole office
    behind one router, and a name may be tried by somebody else to lock its owner out: the one has
    more attempts, the other shorter delays.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.requests = Buckets(rate=50, burst=300, clock=clock)
        self.addresses = Delays(free=20, longest=900, clock=clock)
        self.names = Delays(free=5, longest=60, clock=clock)
