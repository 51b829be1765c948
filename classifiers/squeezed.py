"""Terms in text whose spaces cannot be trusted: words run together, or torn apart.

The lexicon looks for whole words. Where a message has words of improbable length, or hardly any
words longer than a letter or two, long terms are looked for once more with everything but letters
taken out of both sides.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence

import ahocorasick

from classifiers.lexicon import Hit, Lexicon
from classifiers.vocabulary import Term

#: Shorter terms stand inside other words too often.
MIN_LETTERS = 8

#: Only these decide a message; the rest is left to whole words.
_CLASSES = frozenset(
    ("actor", "epithet", "outlet", "hostile", "harm", "ask", "beneficiary", "claim")
)
_WORD = re.compile(r"[^\W\d_]+")
_LONG_WORD = re.compile(r"[^\W\d_]{13}")


def untrusted(text: str) -> bool:
    """Whether the spaces of a folded text look tampered with.

    >>> untrusted("the market opens on sunday"), untrusted("thepakistaniarmy fled")
    (False, True)
    >>> untrusted("t h e p a k i s t a n i a r m y")
    True
    """
    if _LONG_WORD.search(text):
        return True
    words = text.count(" ") + 1
    return words > 5 and len(text) < 3 * words


def more_hits(
    lexicon: Lexicon, text: str, hits: Sequence[Hit], languages: Collection[str]
) -> list[Hit]:
    """The hits together with those of long terms in the squeezed text, in order.

    Args:
        text: the folded text, as ``hits`` refer to it.
        languages: whose terms count, besides those of any language.

    A place that a hit of the same class covers gets no second one.
    """
    letters = [(match.start(), match.group()) for match in _WORD.finditer(text)]
    places = [start + i for start, word in letters for i in range(len(word))]
    squeezed = "".join(word for _, word in letters)
    covered = {(hit.entry.klass, at) for hit in hits for at in range(hit.start, hit.end)}
    names = {at for hit in hits if hit.entry.reference for at in range(hit.start, hit.end)}
    found: list[tuple[int, int, Term]] = []
    for last, (length, terms) in _automaton(lexicon).iter(squeezed):
        for term in terms:
            if term.language in languages or term.language == "any":
                found.append((last + 1 - length, last + 1, term))
    extra = []
    for first, end, term in sorted(found, key=lambda item: item[0] - item[1]):
        span = range(places[first], places[end - 1] + 1)
        if term.reference and not names.isdisjoint(span):
            continue
        if any((term.klass, at) in covered for at in span):
            continue
        covered.update((term.klass, at) for at in span)
        if term.reference:
            names.update(span)
        extra.append(Hit(span.start, span.stop, term))
    return sorted([*hits, *extra], key=lambda hit: (hit.start, -hit.end)) if extra else list(hits)


@functools.lru_cache(maxsize=2)
def _automaton(lexicon: Lexicon) -> ahocorasick.Automaton:
    from classifiers.knowledge import fold  # noqa: PLC0415 - compiles a kernel on import

    forms: dict[str, list[Term]] = {}
    for term in lexicon.terms:
        if term.klass in _CLASSES and not term.cased:
            form = "".join(_WORD.findall(fold(term.text)))
            if len(form) >= MIN_LETTERS:
                forms.setdefault(form, []).append(term)
    automaton = ahocorasick.Automaton()
    for form, terms in forms.items():
        automaton.add_word(form, (len(form), tuple(terms)))
    automaton.make_automaton()
    return automaton
