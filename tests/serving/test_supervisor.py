"""What dies is started again; whoever ends, nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.errors import CommandError
from ops.serving import children, notify
from ops.serving.children import Child
from ops.serving.supervisor import Supervisor

ROOT = Path(__file__).parents[2]
#: Leaves with its parent, and starts a process of its own that does not.
SLEEPER = f"""
import subprocess, sys, time
sys.path.insert(0, {str(ROOT)!r})
from flows.parentage import leave_with_parent
leave_with_parent(1, group=True)
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print(other.pid, flush=True)
time.sleep(300)
"""


def gone(pid: int, seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        with Path(f"/proc/{pid}/stat").open() as file:
            if file.read().rsplit(")", 1)[1].split()[0] == "Z":  # of a parent that is gone
                return True
        time.sleep(0.05)
    return False


def until(what: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def child(script: str, heard: list[str], **options: object) -> Child:
    return Child(
        name="the child",
        command=[sys.executable, "-c", script],
        grace=5,
        hears=heard.append,
        **options,  # type: ignore[arg-type]
    )


def test_what_dies_is_started_again_and_all_ends_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(children, "BACKOFF", 0.1)
    heard: list[str] = []
    said: list[str] = []
    served = child(SLEEPER, heard)
    served._wait = 0.1
    supervisor = Supervisor([served], said.append)
    pids: list[int] = []

    def work() -> None:
        until(lambda: len(heard) == 1)
        assert served.process is not None
        pids.extend([served.process.pid, int(heard[0])])
        os.kill(served.process.pid, signal.SIGKILL)
        until(lambda: len(heard) == 2)
        pids.extend([served.process.pid, int(heard[1])])
        supervisor.end()

    worker = threading.Thread(target=work)
    worker.start()
    supervisor.run(lambda _: bool(heard), lambda: said.append("started"))
    worker.join()
    assert len(set(pids)) == 4
    assert all(gone(pid) for pid in pids), "what the child had started went with it"
    assert said[0] == "started"
    assert "the child ended by signal 9; it is started again in 0 s" in said[1]
    assert served.starts == 2


def test_each_time_it_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    served = child("", [])
    waits = []
    for _ in range(8):
        served.start()
        assert served.process is not None
        served.process.wait(30)
        waits.append(served.died())
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    monkeypatch.setattr(children, "STEADY", -1.0)
    served.start()
    assert served.process.wait(30) == 0
    assert served.died() == 1


def test_what_starting_again_would_not_mend_ends_it() -> None:
    served = child("raise SystemExit(3)", [], fatal=frozenset({3}))
    supervisor = Supervisor([served], lambda _: None)
    with pytest.raises(CommandError, match="cannot go on") as raised:
        supervisor.run(lambda _: False, lambda: None)
    assert raised.value.exit_code == 3


def test_what_was_served_once_is_tried_until_nothing_stands_in_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a run has taken the warehouse while the console was away."""
    monkeypatch.setattr(children, "BACKOFF", 0.1)
    locked = tmp_path / "locked"
    heard: list[str] = []
    said: list[str] = []
    script = f"""
import pathlib, sys, time
if pathlib.Path({str(locked)!r}).exists():
    raise SystemExit(3)
print("open", flush=True)
time.sleep(300)
"""
    served = child(script, heard, fatal=frozenset({3}), _wait=0.1)
    supervisor = Supervisor([served], said.append)

    def work() -> None:
        until(lambda: "started" in said)
        locked.touch()
        assert served.process is not None
        served.process.kill()
        until(lambda: sum("with code 3" in line for line in said) == 2)
        locked.unlink()
        until(lambda: len(heard) == 2)
        supervisor.end()

    worker = threading.Thread(target=work)
    worker.start()
    supervisor.run(lambda _: bool(heard), lambda: said.append("started"))
    worker.join()
    assert heard == ["open", "open"]


def test_a_parent_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    script = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from ops.serving.children import Child
child = Child("c", [sys.executable, "-c", {SLEEPER!r}], 5, lambda line: print(line, flush=True))
child.start()
print(child.process.pid, flush=True)
child.process.wait()
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(parent.stdout.readline()) for _ in range(2)]
    parent.kill()
    parent.wait()
    assert all(gone(pid) for pid in pids)
    parent.stdout.close()


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify.tell("READY=1")
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(address))
        listening.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        notify.tell("READY=1")
        assert listening.recv(64) == b"READY=1"
