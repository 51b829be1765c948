"""Suite `obfuscation`: the functional cases under every disguise, each case under a few of them."""

from __future__ import annotations

from dataclasses import replace

from classifiers.evaluation import Sample
from fixtures.functional import cases
from fixtures.obfuscate import OBFUSCATIONS
from ops.benchmarks.options import Options
from ops.benchmarks.suites.functional import sample_of

#: Every so many cases stand under one disguise.
EVERY = 10


def samples(options: Options) -> list[Sample]:
    """Each disguise over a tenth of the cases, a different tenth for each, undisguised beside."""
    plain = [sample_of(case) for case in cases()]
    found = []
    for number, (name, disguise) in enumerate(sorted(OBFUSCATIONS.items())):
        for place in range(number % EVERY, len(plain), EVERY):
            sample = plain[place]
            text = disguise(sample.text, place)
            if text != sample.text:
                found.append(_as(sample, text, name))
    kept = {sample.group for sample in found}
    found += [_as(sample, sample.text, "none") for sample in plain if sample.group in kept][::3]
    return found


def _as(sample: Sample, text: str, disguise: str) -> Sample:
    return replace(
        sample,
        id=f"obfuscation:{disguise}:{sample.group}",
        text=text,
        slices={"obfuscation": (disguise,), "tables": sample.slices["tables"]},
    )
