"""What a benchmark run is asked for; every suite takes what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command.

    ``messages``: how many a suite generates, None for its own number. ``models``: folder of model
    files instead of the built-in ones. ``data``: folder of public text. ``labelled``: the user's
    own file, with ``columns`` (``FIELD=COLUMN``) and further ``slices`` (columns to part it by).
    ``parts``: of the suite console, all where none is named; ``keep``: its folder of warehouses.
    """

    messages: int | None = None
    seed: int = 11
    models: Path | None = None
    data: Path | None = None
    labelled: Path | None = None
    columns: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    keep: Path | None = None
    say: Callable[[str], None] = lambda line: None
