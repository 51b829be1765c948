"""A Prefect server of a run's own, where none is configured; it never outlives the run.

Prefect can start a temporary server itself, but a killed run leaves that one behind, and after
twenty kills there are twenty. This one holds the other end of a pipe to its parent and leaves
when the pipe closes, however the parent ended.
"""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache

from flows.parentage import leave_with_parent
from flows.prefect_defaults import set_defaults
from flows.prefect_sqlite import write_in_turn

set_defaults()

from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: E402 (defaults first)

START_SECONDS = 180
STOP_SECONDS = 10
#: Bytes that SQLite may hold in the server's process, whatever its connections have read.
SQLITE_BYTES = 16 << 20

#: Held so that the pipe to each stays open as long as this process lives.
_children: list[subprocess.Popen[bytes]] = []


class PrefectUnavailableError(RuntimeError):
    """No Prefect server could be reached or started; the message says what to do."""

    exit_code = 3


@contextmanager
def prefect_server() -> Iterator[str]:
    """The address of a Prefect API: the configured one, else this process's own server.

    Raises PrefectUnavailableError where it does not answer.
    """
    configured = PREFECT_API_URL.value()
    if configured:
        if not healthy(configured, timeout=10):
            raise PrefectUnavailableError(
                f"the Prefect server at {configured} does not answer; start it, or unset "
                "PREFECT_API_URL, or run with --direct"
            )
        yield configured
        return
    address = _own_server()
    with temporary_settings({PREFECT_API_URL: address}):
        yield address


@cache
def _own_server() -> str:
    """Start this process's server, once; it goes when the process has gone.

    Not sooner: what Prefect still has to tell it when the flow is over, it tells at the very end.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/api"
    # Not closed here: the child holds it.
    log = tempfile.TemporaryFile()  # noqa: SIM115
    process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-m", "flows.local_server", str(port)],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        # The keyboard's Ctrl-C is the run's to handle; the server goes when the run has gone.
        start_new_session=True,
    )
    _children.append(process)
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if healthy(address, timeout=2):
            return address
        time.sleep(0.1)
    log.seek(0)
    last = log.read()[-2000:].decode("utf-8", "replace").strip()
    raise PrefectUnavailableError(
        "no Prefect server could be started; run with --direct to do without. Its last words:\n"
        + last
    )


def healthy(address: str, timeout: float) -> bool:
    """Whether a Prefect API answers at this address within so many seconds."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=timeout) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def serve(port: int, *, standing: bool = False) -> None:
    """Serve Prefect's API on the loopback until the parent goes.

    A ``standing`` server has the pages and the services (the scheduler and so on) as well.
    """
    # The server's own half of Prefect takes seconds to import: only the child pays for it.
    import uvicorn  # noqa: PLC0415
    from prefect.server.api.server import create_app  # noqa: PLC0415

    leave_with_parent(STOP_SECONDS / 2)
    write_in_turn()
    bound_sqlite()
    uvicorn.run(
        create_app(ephemeral=not standing, final=True),
        host="127.0.0.1",
        port=port,
        log_level="error",
        timeout_graceful_shutdown=STOP_SECONDS // 2 if standing else None,
    )


def bound_sqlite() -> None:
    """Bound what all SQLite connections of this process keep of their files together.

    Prefect lets each of its connections keep 80 MB of pages, all of them the same. The system
    keeps the file in memory anyway.
    """
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"PRAGMA soft_heap_limit = {SQLITE_BYTES}")


if __name__ == "__main__":
    serve(int(sys.argv[1]), standing="standing" in sys.argv[2:])
