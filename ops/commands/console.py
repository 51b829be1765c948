"""`channelwatch console`: the review console, until it is ended."""

from __future__ import annotations

import sys

from flows.watching.logs import configure
from ops.console.serving import Serving, serve


def console_command(serving: Serving) -> None:
    """Open the console, say where, and answer until Ctrl-C."""

    configure()

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    serve(serving, say)
