"""Who is spoken of in a message: each name, epithet or designation with the actors it may mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from classifiers.lexicon import Hit
from classifiers.vocabulary import NAME_CLASSES

#: An actor whom a name means with less belief than this is no candidate.
SMALLEST_SHARE = 0.2


class Mention(NamedTuple):
    """A stretch of the folded text that points at somebody.

    ``shares`` holds (actor id, belief) with the most likely first; beliefs sum to at most 1.
    ``kind`` is one of the name classes; ``hit`` is its index in the message's hits.
    """

    start: int
    end: int
    kind: str
    shares: tuple[tuple[str, float], ...]
    hit: int


def find_mentions(hits: Sequence[Hit], speaker: str | None) -> list[Mention]:
    """The mentions among the lexicon's hits, resolved for who speaks.

    Args:
        hits: as :meth:`classifiers.lexicon.Lexicon.hits` returns them.
        speaker: the actor whose channel it is, None where unknown.

    Names that mean nobody here (a required word is missing) are left out.
    """
    present: set[str] | None = None
    mentions = []
    for index, hit in enumerate(hits):
        term = hit.entry
        if term.reference is None or term.klass not in NAME_CLASSES:
            continue
        if present is None:
            present = {other.entry.text for other in hits if other.entry.klass == "context"}
        means = term.reference.resolve(speaker, present)
        shares = tuple(sorted(means.items(), key=lambda item: (-item[1], item[0])))
        if shares:
            mentions.append(Mention(hit.start, hit.end, term.klass, shares, index))
    return mentions


def candidates(mentions: Iterable[Mention]) -> dict[str, float]:
    """The actors who may be targets → the belief that one of the mentions means them.

    Outlets are no targets: their names stand in headers and signatures, where they speak.

    >>> candidates([Mention(0, 3, "actor", (("ttp", 1.0),), 0)])
    {'ttp': 1.0}
    """
    found: dict[str, float] = {}
    for mention in mentions:
        if mention.kind == "outlet":
            continue
        for actor, share in mention.shares:
            if share >= SMALLEST_SHARE:
                found[actor] = max(found.get(actor, 0.0), share)
    return found
