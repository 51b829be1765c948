"""Suite `public`: real text that deserves no flag, of the halves that no training is given."""

from __future__ import annotations

from collections.abc import Iterable

from classifiers import corpora
from classifiers.evaluation import Sample
from ops.benchmarks.options import Options


def samples(options: Options) -> list[Sample]:
    """News, real appeals for relief, and HateCheck's cases about others than our actors.

    NTREX is news in the four languages; CrisisLex holds asks that are humanitarian; HateCheck as
    written is hostile, but to nobody of the actors. Nothing where there is no ``--data``.
    """
    if options.data is None:
        options.say("public: needs --data, a folder with the public text (see classifiers/corpora)")
        return []
    sources: dict[str, Iterable[corpora.Public]] = {
        "ntrex": corpora.ntrex(options.data, "held"),
        "crisislex": corpora.crisislex(options.data, "held"),
        "hatecheck": corpora.hatecheck_as_written(options.data),
    }
    return [
        Sample(
            id=f"public:{source}:{number}",
            text=item.text,
            language=item.language,
            group=item.family,
            hostile=(),
            solicits_donation=False,
            claims_attack=False,
            slices={"source": (source,)},
        )
        for source, items in sources.items()
        for number, item in enumerate(items)
    ]
