"""Suite `heldout`: generated messages of phrase families that no training saw."""

from __future__ import annotations

from classifiers.evaluation import Sample, samples_of
from fixtures.examples import examples
from ops.benchmarks.options import Options

MESSAGES = 12_000


def samples(options: Options) -> list[Sample]:
    """A quarter of them disguised, balanced over labels, acts, languages and actors."""
    found = examples(options.seed, options.messages or MESSAGES, split="test")
    return samples_of(found, "heldout:")
