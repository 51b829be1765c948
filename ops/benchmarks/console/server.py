"""The console as a process of its own, with users, to be asked, ended and killed."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

from ops.console.accounts import Accounts, accounts_of

_ROOT = Path(__file__).parents[3]
PASSWORD = "a password for the benchmark"  # noqa: S105 (of users that only the benchmark has)
#: Seconds that it has to start, the log of a killed one to be read among them.
PATIENCE = 120.0


def add_users(warehouse: Path, names: Sequence[str], role: str) -> None:
    """Make the users that are not there yet."""
    with Accounts(accounts_of(warehouse)) as accounts:
        there = {user.name for user in accounts.users.all()}
        for name in names:
            if name not in there:
                accounts.users.add(name, role, PASSWORD)


class Server:
    """A running console; ``port`` is where it answers."""

    def __init__(self, warehouse: Path, port: int = 0) -> None:
        self.warehouse = warehouse
        command = "from ops.cli import main; main()"
        began = time.perf_counter()
        self.process = subprocess.Popen(  # noqa: S603 (our own module, no shell)
            [sys.executable, "-c", command, "console", "-w", str(warehouse), "--port", str(port)],
            env=os.environ | {"PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.said: list[str] = []
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(r"https?://[^/]*:(\d+)/", line):
                self.port = int(found[1])
                break
        else:
            raise RuntimeError("the console did not start: " + "".join(self.said))
        self._await(began)
        self.seconds_to_start = time.perf_counter() - began
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _await(self, began: float) -> None:
        while time.perf_counter() - began < PATIENCE:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                connection.request("GET", "/health")
                if connection.getresponse().status == HTTPStatus.OK:
                    return
            except OSError:
                time.sleep(0.02)
            finally:
                connection.close()
        raise RuntimeError("the console does not answer: " + "".join(self.said))

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)

    def usage(self) -> tuple[float, int]:
        """CPU seconds so far, and the most memory held, in MB."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = os.sysconf("SC_CLK_TCK")
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        return (int(fields[11]) + int(fields[12])) / ticks, int(peak[1]) // 1024 if peak else 0

    def end(self) -> None:
        """As Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(PATIENCE)

    def kill(self) -> None:
        """As the kernel does where memory is short."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.end()
        except subprocess.TimeoutExpired:
            self.kill()
