"""A clock that jumps, inside of a process: Python's own, for what is imported after it.

No other process sees it, and DuckDB's own ``now()`` goes by the machine's clock. A real jump of the
machine's clock would be everybody's; where libfaketime is installed, its ways are better.
"""

from __future__ import annotations

import datetime
import itertools
import os
import time
from typing import Any

VARIABLE = "CHANNELWATCH_CAMPAIGN_CLOCK"
#: Seconds by which the clock is wrong, from one look at it to the next: a day back, an hour
#: forth, a year.
JUMPS = (0.0, -86_400.0, 3_600.0, 0.0, 31_536_000.0, -3_600.0)


def jump_if_told() -> None:
    """Have time jump back and forth, where the environment says so."""
    if not os.environ.get(VARIABLE):
        return
    jumps = itertools.cycle(JUMPS)
    now, now_ns, real = time.time, time.time_ns, datetime.datetime

    class Jumping(real):  # type: ignore[valid-type,misc]
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real.fromtimestamp(now() + next(jumps), tz)

    time.time = lambda: now() + next(jumps)
    time.time_ns = lambda: now_ns() + int(next(jumps) * 1e9)
    datetime.datetime = Jumping  # type: ignore[misc]
