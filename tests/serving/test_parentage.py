"""Who leaves with whom: runs of flows, when the process that started them is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from flows.parentage import PARENT, leave_with_its_parent

ROOT = Path(__file__).parents[2]
#: A runner that says it is the parent, and starts this as a run of a flow.
RUNNER = """
import subprocess, sys
from flows.parentage import be_parent
be_parent()
apart = sys.argv[2] == "apart"
run = subprocess.Popen([sys.executable, "-c", sys.argv[1]], start_new_session=apart)
run.wait()
"""
RUN = """
import os, signal, time
import flows.scheduled
{how}
flows.scheduled.watch
print(os.getpid(), flush=True)
time.sleep(600)
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); flows.scheduled.GRACE = 1.0"


@pytest.mark.parametrize(("how", "where"), [("", "beside"), ("", "apart"), (DEAF, "beside")])
def test_a_run_leaves_when_who_started_it_is_killed(how: str, where: str) -> None:
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, RUN.format(how=how), where],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert runner.stdout is not None
    run = psutil.Process(int(runner.stdout.readline()))
    try:
        runner.kill()
        runner.wait()
        psutil.wait_procs([run], timeout=10)
        assert not run.is_running() or run.status() == psutil.STATUS_ZOMBIE
    finally:
        runner.stdout.close()
        if run.is_running():
            run.kill()


def test_without_such_a_parent_nothing_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    before = psutil.Process().num_threads()
    for parent in (None, str(os.getpid())):
        monkeypatch.delenv(PARENT, raising=False)
        if parent is not None:  # the runner itself, which may load a flow too
            monkeypatch.setenv(PARENT, parent)
        leave_with_its_parent(0.0)
        assert psutil.Process().num_threads() == before
