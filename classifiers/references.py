"""Whom names mean, compiled: :class:`classifiers.vocabulary.Reference` as rules in flat arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classifiers.codepoints import compiled
from classifiers.vocabulary import NAME_CLASSES, Reference, Term

#: Hash of the files that this one is built on; see stamps.py.
BUILT_ON = "56b5ed37c0ba"

#: What a rule asks: that one of its words stands in the message or nobody is named; whether one
#: does; whether its speaker speaks; nothing.
_REQUIRES, _PRESENT, _SPEAKER, _ALWAYS = range(4)

Ints = NDArray[np.int32]


class References(NamedTuple):
    """By term: ``of`` its reference, or -1, and the ``bit`` of the context word it is, or -1.

    ``rules[first[r]:first[r + 1]]`` are the rules of reference ``r`` in the order in which they
    are asked, each a row of (what it asks, speaker, row of ``words``, meaning); ``words`` holds
    context words as bits. Meaning ``k`` is ``actor[mean_first[k]:mean_first[k + 1]]`` with their
    shares of belief, the largest first.
    """

    of: Ints
    bit: Ints
    first: Ints
    rules: Ints
    words: NDArray[np.uint64]
    mean_first: Ints
    actor: Ints
    share: NDArray[np.float32]


def compile_references(terms: Sequence[Term], actors: Sequence[str]) -> References:
    """Compile the references of all terms; meanings name actors by their place in ``actors``."""
    texts = list(dict.fromkeys(term.text for term in terms if term.klass == "context"))
    bits = {text: number for number, text in enumerate(texts)}
    width = len(texts) // 64 + 1
    references: dict[int, int] = {}  # by identity: many terms share one
    first, rules, words = [0], [], [[0] * width]
    means: dict[tuple[tuple[float, str], ...], int] = {}

    def meaning(means_of: Mapping[str, float]) -> int:
        shares = tuple(sorted((-share, actor) for actor, share in means_of.items()))
        return means.setdefault(shares, len(means))

    def row_of(listed: Sequence[str]) -> int:
        row = [0] * width
        for word in listed:
            if word in bits:
                row[bits[word] // 64] |= 1 << bits[word] % 64
        words.append(row)
        return len(words) - 1

    def add(reference: Reference) -> int:
        if reference.requires:
            rules.append((_REQUIRES, -1, row_of(reference.requires), 0))
        for context in reference.context:
            rules.append((_PRESENT, -1, row_of(context.words), meaning(context.means)))
        for speaker, means_of in reference.speakers.items():
            if speaker in actors:
                rules.append((_SPEAKER, actors.index(speaker), 0, meaning(means_of)))
        for context in reference.hints:
            rules.append((_PRESENT, -1, row_of(context.words), meaning(context.means)))
        rules.append((_ALWAYS, -1, 0, meaning(reference.means)))
        first.append(len(rules))
        return len(first) - 2

    of = []
    for term in terms:
        reference = term.reference
        if reference is None or term.klass not in NAME_CLASSES:
            of.append(-1)
            continue
        if id(reference) not in references:
            references[id(reference)] = add(reference)
        of.append(references[id(reference)])
    rows = [(actors.index(actor), -share) for shares in means for share, actor in shares]
    return References(
        of=np.array(of or [-1], np.int32),
        bit=np.array(
            [bits.get(t.text, -1) if t.klass == "context" else -1 for t in terms] or [-1], np.int32
        ),
        first=np.array(first, np.int32),
        rules=np.array(rules or [(0, 0, 0, 0)], np.int32),
        words=np.array(words, np.uint64),
        mean_first=np.concatenate([[0], np.cumsum([len(s) for s in means])]).astype(np.int32),
        actor=np.array([actor for actor, _ in rows] or [0], np.int32),
        share=np.array([share for _, share in rows] or [0], np.float32),
    )


@compiled
def meaning_of(
    references: References, reference: int, speaker: int, present: NDArray[np.uint64]
) -> int:
    """The meaning of a name, -1: nobody; ``present``: bits of the context words in the text."""
    for r in range(references.first[reference], references.first[reference + 1]):
        asks, who, row, means = references.rules[r]
        if asks == _ALWAYS or (asks == _SPEAKER and who == speaker):
            return int(means)
        if asks == _SPEAKER:
            continue
        stands = False
        for k in range(present.size):
            stands = stands or (present[k] & references.words[row, k]) != np.uint64(0)
        if asks == _REQUIRES and not stands:
            return -1
        if asks == _PRESENT and stands:
            return int(means)
    return -1
