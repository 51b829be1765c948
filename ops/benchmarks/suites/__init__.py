"""Suites of labelled text: each is a function from options to samples, for any set of models."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from classifiers.evaluation import Sample
from ops.benchmarks.options import Options

#: Suite → the module whose ``samples`` gives its samples; a new suite is a module and a row here.
SAMPLED = {
    "heldout": "ops.benchmarks.suites.heldout",
    "functional": "ops.benchmarks.suites.functional",
    "obfuscation": "ops.benchmarks.suites.obfuscation",
    "public": "ops.benchmarks.suites.public",
    "labelled": "ops.benchmarks.suites.labelled",
}


def samples_of(suite: str) -> Callable[[Options], list[Sample]]:
    """The function that gives the samples of a suite."""
    found: Callable[[Options], list[Sample]] = importlib.import_module(SAMPLED[suite]).samples
    return found
