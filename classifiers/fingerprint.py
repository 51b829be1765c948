"""A fingerprint of a text: near-copies differ in few of its 64 bits (SimHash, Charikar 2002)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import compiled
from classifiers.matching import Words, mixed

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "813f171784f8"

_ZERO, _ONE = np.uint64(0), np.uint64(1)


@compiled
def _spread(h: np.uint64, lanes: NDArray[np.uint64]) -> None:
    """Add the 64 bits of a hash to 64 counters of a byte each, eight to a number."""
    for k in range(8):
        b = (h >> np.uint64(8 * k)) & np.uint64(0xFF)
        # Each of the eight bits moves to the lowest bit of a byte of its own.
        low = ((b & np.uint64(0x7F)) * np.uint64(0x0002040810204081)) & np.uint64(
            0x0101010101010101
        )
        lanes[k] += low | ((b >> np.uint64(7)) << np.uint64(56))


@compiled
def fingerprint(w: Words, words: int, counters: NDArray[np.int32]) -> np.uint64:
    """SimHash of words in pairs; 0 where there is no word. ``counters``: room for 64."""
    if words == 0:
        return _ZERO
    lanes = np.zeros(8, np.uint64)
    counters[:] = 0
    pending = 0
    features = 0
    before = _ONE
    for i in range(words + 1):
        after = w.hash[i] if i < words else _ONE
        _spread(mixed(before, after), lanes)
        before = after
        pending += 1
        features += 1
        if pending == 255 or i == words:
            for k in range(8):
                for j in range(8):
                    counters[8 * k + j] += np.int32(
                        (lanes[k] >> np.uint64(8 * j)) & np.uint64(0xFF)
                    )
                lanes[k] = _ZERO
            pending = 0
    found = _ZERO
    for k in range(64):
        if 2 * counters[k] > features:
            found |= _ONE << np.uint64(k)
    return found if found != _ZERO else _ONE
