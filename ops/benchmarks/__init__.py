"""Suites of `channelwatch benchmark`: one module each, registered in :data:`SUITES`."""

from __future__ import annotations

#: Suite → the module that runs it; a new suite is a module and a row here.
SUITES = {
    "heldout": "ops.benchmarks.heldout",
    "language": "ops.benchmarks.language",
    "speed": "ops.benchmarks.speed",
}
