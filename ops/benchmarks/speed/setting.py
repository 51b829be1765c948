"""What the sections share: the size, the place, and processes that measure."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).parents[3]
_PEAK_UNIT = 1024 * 1024 if sys.platform == "darwin" else 1024


class Setting(NamedTuple):
    """``folder`` is emptied at the end; ``say`` tells a waiting person what goes on."""

    messages: int
    seed: int
    models: Path | None
    say: Callable[[str], None]
    folder: Path


def in_a_process(module: str, *arguments: object) -> dict[str, Any]:
    """What ``main`` of a module writes in a process of its own: a JSON object."""
    done = subprocess.run(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-c", f"from {module} import main; main()", *map(str, arguments)],
        stdout=subprocess.PIPE,
        check=True,
        env=os.environ | {"PYTHONPATH": str(_ROOT)},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def answer(found: dict[str, Any]) -> None:
    """The other side of :func:`in_a_process`."""
    sys.stdout.write(json.dumps(found))


def cpu_seconds() -> float:
    """Of this process and of the children that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak_mb() -> int:
    """The most memory that the largest process held."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(max(each.ru_maxrss for each in used) / _PEAK_UNIT)
