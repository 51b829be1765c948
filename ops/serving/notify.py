"""Tells systemd how it goes, where that started this process (``Type=notify``, ``WatchdogSec``)."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def tell(state: str) -> None:
    """Tell a state such as ``READY=1`` or ``WATCHDOG=1``; nothing where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # Linux's abstract names
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
        messenger.connect(address)
        messenger.sendall(state.encode())
