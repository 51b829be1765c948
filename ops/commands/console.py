"""`channelwatch console`: the review console, until it is ended."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path

from flows.watching.logs import configure
from ops.console.serving import Serving, serve
from ops.errors import CommandError


def console_command(serving: Serving) -> None:
    """Open the console, say where, and answer until Ctrl-C."""

    configure()

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    serve(serving, say)


def not_misspelt(warehouse: Path) -> None:
    """Raise where there is no such warehouse beside one that has nearly its name."""
    if warehouse.exists() or not warehouse.parent.is_dir():
        return
    names = [path.name for path in warehouse.parent.glob(f"*{warehouse.suffix}") if path.is_file()]
    if near := get_close_matches(warehouse.name, names, 1, cutoff=0.8):
        raise CommandError(
            f"there is no warehouse at {warehouse}; did you mean {warehouse.with_name(near[0])}? "
            "`channelwatch run` makes a new one"
        )
