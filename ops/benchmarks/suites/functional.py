"""Suite `functional`: hand-written cases, twenty and more for each functionality and language."""

from __future__ import annotations

from classifiers.evaluation import Aimed, Sample
from fixtures.functional import Case, cases
from ops.benchmarks.options import Options


def samples(options: Options) -> list[Sample]:
    """Every case; an ask that is to go to review counts as one that must not be flagged."""
    return [sample_of(case) for case in cases()]


def sample_of(case: Case) -> Sample:
    """A case, judged by the label of its functionality."""
    return Sample(
        id=f"functional:{case.id}",
        text=case.text,
        language=None if case.functionality in ("code_switched", "romanised") else case.language,
        channel_actor=case.channel_actor,
        reply_text=case.reply_to_text,
        group=case.id,
        hostile=tuple(Aimed(target) for target in case.hostile),
        solicits_donation=case.solicits == "yes",
        claims_attack=case.claims_attack,
        slices={"functionality": (case.functionality,), "tables": (case.language,)},
        judged="" if case.label == "any" else case.label,
    )
