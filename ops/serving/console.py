"""The console as a child process of ``channelwatch serve``: it leaves with its parent."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from flows.parentage import leave_with_parent
from ops.commands.console import console_command
from ops.console.serving import Serving
from ops.errors import explained

#: Seconds to end in order once the parent has gone.
GRACE = 15.0


@explained
def main() -> None:
    """Open the console that the first argument describes, until the end."""
    leave_with_parent(GRACE)
    console_command(msgspec.json.decode(sys.argv[1], type=Serving, dec_hook=_path))


def _path(kind: type[Any], value: Any) -> Any:
    """Paths come as text."""
    return kind(value)


if __name__ == "__main__":
    main()
