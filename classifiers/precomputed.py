"""Arrays that take long to compute and never change: kept on disk between runs.

They lie where Python and numba keep compiled code, in ``__pycache__`` beside this file, or in the
user's cache folder where that may not be written. A file is named by a hash of the package's code
and reference tables, so that a change of either makes a new one. They are plain arrays: reading
one runs no code.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.modelfile import code_hash

Arrays = Mapping[str, NDArray[Any]]


def kept(name: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays that ``make`` gives, read from disk where an earlier run left them.

    A file that cannot be read or written costs time and nothing else.
    """
    stamp = f"{code_hash()} {unicodedata.unidata_version} {np.__version__} {sys.byteorder}"
    file = f"{name}-{hashlib.sha256(stamp.encode()).hexdigest()[:16]}.npz"
    for folder in _folders():
        try:
            with np.load(folder / file, allow_pickle=False) as found:
                return {key: found[key] for key in found.files}
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            continue
    arrays = make()
    for folder in _folders():
        with contextlib.suppress(OSError):
            _write(folder, name, file, arrays)
            break
    return arrays


def _folders() -> Iterator[Path]:
    yield Path(__file__).parent / "__pycache__"
    home = os.environ.get("XDG_CACHE_HOME")
    yield (Path(home) if home else Path.home() / ".cache") / "channelwatch"


def _write(folder: Path, name: str, file: str, arrays: Arrays) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{file}.{os.getpid()}.tmp"
    try:
        with temporary.open("wb") as sink:
            np.savez(sink, **arrays)  # type: ignore[arg-type]
        temporary.replace(folder / file)
    finally:
        temporary.unlink(missing_ok=True)
    for old in folder.glob(f"{name}-*.npz"):
        if old.name != file:
            old.unlink(missing_ok=True)
