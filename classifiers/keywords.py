"""Keyword rules: what a list of words alone can do, for benchmarks.

The same tables as the models', read without weights: a sentence that names an actor and holds a
hostile cue, unless it is reported, quoted or denied; an ask with a militant beneficiary; a claim
with an attack.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifiers.batches import read_batches
from classifiers.documents import BREAK, mask_of
from classifiers.evaluation.samples import (
    CLAIMS,
    HOSTILE,
    SOLICITS,
    Answer,
    Sample,
    Score,
    table_of,
)
from classifiers.scorer import Resources, Scorer, messages_of
from classifiers.solicitation import beneficiaries

VERSION = "keywords-1"

_CUES = mask_of(["hostile", "harm"])
_VETO = mask_of(["negation", "reporting", "quoting", "hypothetical"])
_ASK = mask_of(["ask"])
_RELIEF = mask_of(["humanitarian", "thanks", "warning", "ruling", "scam"])
_CLAIM, _ATTACK = mask_of(["claim"]), mask_of(["attack", "casualty"])
_REPORTED = mask_of(["reporting", "quoting"])


@dataclass(slots=True)
class Keywords:
    """Rules over the reference tables; probabilities are 0 or 1, which they are not."""

    resources: Resources
    version: str = VERSION

    @staticmethod
    def load() -> Keywords:
        """The rules over the bundled tables."""
        return Keywords(Scorer.load().resources)

    def answer(self, samples: list[Sample]) -> list[Answer]:
        """An answer for each sample."""
        reader = self.resources.reader
        messages = messages_of(reader.knowledge, table_of(samples))
        answers: list[Answer] = []
        for batch in read_batches(reader, messages):
            docs = batch.docs
            serves = beneficiaries(reader, docs)
            tags = [batch.languages.names[code] for code in batch.languages.code.tolist()]
            found: list[dict[tuple[str, str | None], Score]] = [
                {(SOLICITS, None): Score(0.0, False), (CLAIMS, None): Score(0.0, False)}
                for _ in tags
            ]
            for doc, message in enumerate(docs.message.tolist()):
                begin, end = int(docs.first[doc]), int(docs.first[doc + 1])
                marks, ends = docs.marks[begin:end], docs.kind[begin:end] == BREAK
                sentence = np.concatenate([[0], np.cumsum(ends)[:-1]]) if len(ends) else ends
                seen = np.zeros(int(sentence.max(initial=0)) + 1, np.uint64)
                np.bitwise_or.at(seen, sentence.astype(int), marks)
                bad = ((seen & _CUES) != 0) & ((seen & _VETO) == 0)
                everywhere = np.bitwise_or.reduce(seen)
                first, last = int(docs.mention_first[doc]), int(docs.mention_first[doc + 1])
                for place in range(first, last):
                    actor = int(docs.mention_actor[place])
                    token = int(docs.mention_token[place]) - begin
                    own = actor == int(docs.speaker[doc])
                    if docs.mention_share[place] >= 0.5 and not own and bad[int(sentence[token])]:
                        found[message][HOSTILE, reader.actors[actor]] = Score(1.0, True)
                if everywhere & _ASK and serves[doc] and not everywhere & _RELIEF:
                    found[message][SOLICITS, None] = Score(1.0, True)
                if everywhere & _CLAIM and everywhere & _ATTACK and not everywhere & _REPORTED:
                    found[message][CLAIMS, None] = Score(1.0, True)
            answers += [Answer(tag, scores) for tag, scores in zip(tags, found, strict=True)]
        return answers
