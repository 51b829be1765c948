"""How the readers' kernels are compiled, and the arrays they work on.

They are numba on plain arrays, linear in the number of bytes, and release the interpreter lock, so
that a file is read while another thread scores. Numba's cache notices a change of the file that
holds a function, not of the files that it calls into: every file with kernels that call others
states in ``BUILT_ON`` the hash of those files, and a test makes whoever changes one of them write
the new hash, and so change the file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function to machine code, cached on disk, that releases the interpreter lock."""
    result: Callable[P, R] = njit(cache=True, nogil=True)(function)
    return result


def words_of(data: bytes) -> Words:
    """The same bytes eight at a time; the last few may be missing."""
    return np.frombuffer(data, np.uint64, len(data) >> 3)
