"""What the parts share: how much, where, and whom to tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Setting(NamedTuple):
    """``folder`` is emptied at the end; ``keep`` holds what is built, for the next time.

    ``messages`` and ``flagged``: of the large warehouse; ``landing``: messages that a flow lands
    beside moderators; ``seconds``: for which they decide; ``kills``: of the console.
    """

    messages: int
    flagged: int
    landing: int
    seconds: float
    kills: int
    seed: int
    models: Path | None
    say: Callable[[str], None]
    folder: Path
    keep: Path
