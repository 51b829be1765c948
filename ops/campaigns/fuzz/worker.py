"""The process that examines inputs: its memory is limited, and it may be killed at any time.

What takes long to load is loaded once, by a parent that examines nothing: it forks a child that
does, and another one where that died. The child says a line of JSON for each input that it is done
with. The one that it is at is the next of its share: of that one it died.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import tempfile
import time
import traceback
from pathlib import Path
from random import Random
from typing import Any, NoReturn

from ops.campaigns.fuzz.inputs import mutated
from ops.campaigns.fuzz.oracles import Found, examine, scorer
from ops.campaigns.fuzz.originals import originals, requests

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def main() -> None:
    """Examine the inputs ``first``, ``first + step``, … below ``end``, of a seed."""
    told = json.loads(sys.argv[1])
    originals(), requests(), scorer()
    with tempfile.TemporaryDirectory(dir=told["folder"]) as name:
        folder = Path(name)
        _warm_up(told["seed"], folder)
        numbers = range(told["first"], told["end"], told["step"])
        while numbers:
            done, listening = os.pipe()
            child = os.fork()
            if not child:
                _examine_all(told["seed"], numbers, told["memory"], folder, listening)
            os.close(listening)
            with os.fdopen(done, "rb") as file:
                count = len(file.read())
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if not status:
                return
            _say({"number": numbers[count], "died": status})
            numbers = numbers[count + 1 :]


def _examine_all(seed: int, numbers: range, memory: int, folder: Path, done: int) -> NoReturn:
    """What the child does; a byte to ``done`` for each input. It never returns."""
    # Address space, because a limit of resident memory is no longer kept by Linux.
    limit = _size("VmSize") + 2 * memory
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = 1
    try:
        _say({"pid": os.getpid()})
        for number in numbers:
            told = _examined(seed, number, memory, folder)
            os.write(done, b".")
            _say(told)
        code = 0
    finally:
        os._exit(code)


def _warm_up(seed: int, folder: Path) -> None:
    """What is loaded or compiled at first use is not what an input costs."""
    for number in range(-40, 0):
        examine(mutated(seed, number), Random(number), folder)


def _examined(seed: int, number: int, memory: int, folder: Path) -> dict[str, Any]:
    given = mutated(seed, number)
    before = _peak_anew()
    began = time.process_time()
    crash = None
    try:
        found = examine(given, Random(f"{seed} {number} oracle"), folder)
    except Exception as error:  # noqa: BLE001  (that is what is looked for)
        where = traceback.extract_tb(error.__traceback__)[-1]
        crash = f"{type(error).__name__}: {error}"[:300]
        crash += f" ({Path(where.filename).name}:{where.lineno})"
        found = Found(0, 0, 0, ())
    grown = _size("VmHWM") - before
    wrong = list(dict.fromkeys(found.wrong))[:5]
    return {
        "number": number,
        "target": given.target,
        "how": given.how,
        "items": found.items,
        "good": found.good,
        "bad": found.bad,
        "wrong": wrong,
        "crash": crash,
        "grown": grown,
        "memory": grown > memory,
        "seconds": time.process_time() - began,
    }


def _peak_anew() -> int:
    """Have the kernel note the peak of resident memory from here on; bytes held now."""
    _CLEAR.write_text("5")
    return _size("VmRSS")


def _size(name: str) -> int:
    """A size of this process in bytes, as the kernel knows it."""
    match = re.search(rf"{name}:\s+(\d+) kB", _STATUS.read_text())
    return int(match[1]) * 1024 if match else 0


def _say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
