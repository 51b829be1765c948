"""Whether a number that was looked at again and again is flat: a robust slope, held to a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ops.campaigns.day.limits import Limits

DAY = 86_400.0
MB = float(1 << 20)
#: The part at the beginning in which caches fill and pools grow.
WARM_UP = 1 / 3
CONFIDENCE = 0.95
#: Fewer looks than this say nothing.
FEWEST = 6


@dataclass(frozen=True)
class Trend:
    """How a number of a process went; ``slope``, ``low`` and ``high`` are of a second.

    ``first`` and ``last`` are medians of the first and the last third of the whole time, ``base``
    is that of the first half of the window after the warm-up, which lasted ``seconds``. ``ending``
    is what the slope of the last third adds within it: a pool that fills comes to rest, a leak goes
    on.
    """

    process: str
    what: str
    first: float
    last: float
    base: float
    ending: float
    slope: float
    low: float
    high: float
    seconds: float
    allowed: float
    looks: int

    @property
    def growth(self) -> float:
        """What the slope adds within the window."""
        return self.slope * self.seconds

    @property
    def a_day(self) -> float:
        """What the slope would add in a day."""
        return self.slope * DAY

    @property
    def flat(self) -> bool:
        """Whether it did not grow beyond what is allowed; too few looks do not show that."""
        grows = self.growth > self.allowed and self.low > 0
        return self.looks >= FEWEST and not grows


def trend(
    process: str, what: str, times: Sequence[float], values: Sequence[float], limits: Limits
) -> Trend:
    """The trend of a number; ``times`` in seconds, memory in MB."""
    at, seen = np.asarray(times, float), np.asarray(values, float)
    if len(at) < FEWEST:
        median = float(np.median(seen)) if len(seen) else 0.0
        return Trend(process, what, median, median, median, 0, 0, 0, 0, 0, 0, len(at))
    begin, whole = at[0], at[-1] - at[0]
    window = at >= begin + whole * WARM_UP
    slope, _, low, high = stats.theilslopes(seen[window], at[window], CONFIDENCE)
    last = at >= begin + whole * (1 - WARM_UP)
    ending = stats.theilslopes(seen[last], at[last])[0] * (at[-1] - at[last][0])
    base = float(np.median(seen[window & (at <= begin + whole * (1 + WARM_UP) / 2)]))
    return Trend(
        process,
        what,
        float(np.median(seen[~window])),
        float(np.median(seen[last])),
        base,
        float(ending),
        *(float(slope), float(low), float(high)),
        float(at[window][-1] - at[window][0]),
        allowed(what, base, limits),
        int(window.sum()),
    )


def allowed(what: str, base: float, limits: Limits) -> float:
    """How much a number may grow within the window."""
    if what in ("files", "threads"):
        return limits.files if what == "files" else limits.threads
    return max(base * limits.memory_percent / 100, limits.memory_mb)
