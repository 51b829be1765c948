"""`channelwatch benchmark`: suites, models, the gate, and what a run leaves behind."""

from __future__ import annotations

from ops.benchmarks.suites import SAMPLED

#: Suites with tables of their own, about the built-in models: suite → the module that runs it.
MEASURED = {
    "language": "ops.benchmarks.language",
    "speed": "ops.benchmarks.speed",
    "console": "ops.benchmarks.console",
}
#: What is run where no suite is named; `labelled` and `public` need a file and a folder.
DEFAULT = ("heldout", "functional", "obfuscation")
SUITES = (*SAMPLED, *MEASURED)
