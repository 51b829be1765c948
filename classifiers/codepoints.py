"""Code points as the compiled kernels see them: their tables, their kinds, and how to compile.

The kernels are numba on plain arrays: they release the interpreter lock, take their tables as
arguments (a table that is a global would be frozen into the cached machine code), and are linear
in the length of the text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function to machine code, cached on disk, that releases the interpreter lock."""
    result: Callable[P, R] = njit(cache=True, nogil=True)(function)
    return result


Codepoints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]

#: Tables hold the first two planes; beyond lie rare ideographs, and characters without a sign.
PLANES = 0x20000

# What a cleaned character is. Letters are LATIN to LETTER.
OTHER, SPACE, NEWLINE, LATIN, ARABIC, LETTER, DIGIT, STAR, DOT, DASH, QUOTE, HASH = range(12)


class Tables(NamedTuple):
    """What each code point becomes (shapes: :data:`PLANES`, but ``expansions``: (n, 4))."""

    fold: Codepoints  # 0: nothing; negative: row -fold of expansions
    kind: Bytes  # of the character that fold gives
    latin: Codepoints  # the Latin letter it passes for inside a Latin word, or 0
    expansions: Codepoints  # padded with 0


@compiled
def kind_of(kind: Bytes, c: int) -> int:
    """What a cleaned character is."""
    if c < PLANES:
        return int(kind[c])
    return LETTER if c < 0x40000 else OTHER


@compiled
def passes_for(latin: Codepoints, c: int, raw: int) -> int:
    """The Latin letter that ``c``, written as ``raw``, passes for, or 0."""
    if raw < PLANES and latin[raw]:  # capitals may pass for other letters than small ones
        return int(latin[raw])
    return int(latin[c]) if c < PLANES else 0


@compiled
def is_letter(kind: int) -> bool:
    """Whether a kind is that of letters."""
    return LATIN <= kind <= LETTER
