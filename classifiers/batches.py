"""From a batch of texts to documents: what training and scoring do alike, done once.

A text is normalised, its lexicon terms and payment indicators are found, and if any of them can
matter to a label it becomes a document with features. The others have none of the evidence that a
label could rest on and cost nothing more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from classifiers.documents import MAX_CHARACTERS, Builder, Reading
from classifiers.feature_kernel import Documents
from classifiers.features import FACT, Candidates
from classifiers.knowledge import Knowledge
from classifiers.lexicon import Hit, Lexicon
from classifiers.mentions import candidates
from classifiers.normalise import Normalised, normalise
from classifiers.squeezed import more_hits, untrusted

#: Languages that have models; Persian that may be Afghan or not is read as Dari.
SCORED = ("en", "ur", "ps", "prs", "ur-Latn", "ps-Latn")
READ_AS = {**{tag: tag for tag in SCORED}, "fa": "prs"}

_ARABIC = ("ur", "ps", "prs")
_LATIN = ("en", "ur-Latn", "ps-Latn")
#: Below this the tag alone does not decide which tables are looked up.
SURE = 0.9

#: A message without any of these classes, and without an indicator, gets no document. Routes are
#: left out: the name of a bank is no ask, and an ask brings the message in by itself.
_MATTERS = frozenset(
    ("actor", "epithet", "designation", "outlet", "ask", "beneficiary", "claim", "harm")
)
_ROUTE_OF_INDICATOR = {
    "bitcoin": "crypto",
    "ethereum": "crypto",
    "tron": "crypto",
    "monero": "crypto",
    "litecoin": "crypto",
    "solana": "crypto",
    "ton": "crypto",
    "ripple": "crypto",
    "iban": "bank",
    "card": "bank",
    "bank_account": "bank",
    "mobile_money": "mobile_money",
    "phone": "contact",
    "handle": "contact",
    "bot": "contact",
    "email": "contact",
}
_FACT_OF_ROUTE = {
    "crypto": "crypto",
    "bank": "bank",
    "mobile_money": "mobile",
    "contact": "contact",
}


class Indicator(Protocol):
    """What a payment detector finds; spans are of the raw text."""

    @property
    def type(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def valid(self) -> bool | None: ...


FindIndicators = Callable[[str], Sequence[Indicator]]


@dataclass(frozen=True, slots=True)
class Read:
    """One message that has a document."""

    message: int
    normalised: Normalised
    reading: Reading
    indicators: Sequence[Indicator]
    reply_hits: Sequence[Hit]
    language: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The documents of a batch, what was read in each, and the (document, target) candidates.

    ``indicators`` lists them by message, for the messages that have any.
    """

    docs: Documents
    reads: Sequence[Read]
    candidates: Candidates
    indicators: dict[int, Sequence[Indicator]]


def route_of(indicator: Indicator) -> str | None:
    """The payment route that an indicator belongs to."""
    return _ROUTE_OF_INDICATOR.get(indicator.type)


def languages_of(tag: str, probability: float | None, mixed: Sequence[str]) -> tuple[str, ...]:
    """Whose tables are looked up in a message: its own language's first; none: it is not scored.

    A tag that is not sure brings in the tables of its script: short messages are easily taken for
    a neighbour, and the neighbours share most of their vocabulary of politics. Where the detector
    abstains, all tables are looked up, and the message counts as whatever they find most of.

    >>> languages_of("fa", 0.99, ["en"]), languages_of("ru", 0.99, [])
    (('prs', 'en'), ())
    """
    if tag == "und":
        return SCORED
    own = READ_AS.get(tag)
    found = [own] if own else []
    found += [READ_AS[other] for other in mixed if other in READ_AS]
    if found and (probability is None or probability < SURE):
        found += _ARABIC if found[0] in _ARABIC else _LATIN
    return tuple(dict.fromkeys(found))


def _language_of(tables: tuple[str, ...], hits: Sequence[Hit]) -> str:
    """The language that a message is scored in."""
    if tables != SCORED:
        return tables[0]
    votes = Counter(hit.entry.language for hit in hits if hit.entry.language != "any")
    return votes.most_common(1)[0][0] if votes else tables[0]


def read_batch(  # noqa: PLR0913
    texts: Sequence[str],
    languages: Sequence[tuple[str, ...]],
    speakers: Sequence[str | None],
    replies: Sequence[str | None],
    *,
    knowledge: Knowledge,
    lexicon: Lexicon,
    find_indicators: FindIndicators,
) -> Batch:
    """Read a batch.

    Args:
        texts: raw texts.
        languages: tables to look up in each text, as :func:`languages_of` gives them; none for a
            text that is not scored (its indicators are found all the same).
        speakers: the channel's actor.
        replies: the text that is replied to.
        knowledge, lexicon, find_indicators: the reference tables, compiled.
    """
    actors = list(knowledge.actors)
    militant = {actor.id for actor in knowledge.actors.values() if actor.militant}
    builder = Builder(actors)
    reads: list[Read] = []
    messages: list[int] = []
    targets: list[int] = []
    shares: list[float] = []
    by_message: dict[int, Sequence[Indicator]] = {}
    for index, text in enumerate(texts):
        indicators = find_indicators(text[:MAX_CHARACTERS]) if text else ()
        if indicators:
            by_message[index] = indicators
        tables = languages[index]
        if not tables or not text:
            continue
        bounded = text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS]
        normalised = normalise(bounded)
        hits = lexicon.hits(normalised, tables)
        if untrusted(normalised.text):
            hits = more_hits(lexicon, normalised.text, hits, tables)
        speaker = speakers[index]
        of_fighters = speaker in militant
        if not (
            indicators or (of_fighters and hits) or any(hit.entry.klass in _MATTERS for hit in hits)
        ):
            continue
        facts = _facts(of_fighters, speaker is not None, indicators)
        reply = replies[index]
        reply_hits: Sequence[Hit] = ()
        if reply:
            reply_hits = lexicon.hits(normalise(reply[:MAX_CHARACTERS]), tables)
            facts |= _facts_of_reply(reply_hits, militant)
        language = _language_of(tables, hits)
        reading = builder.add(
            normalised.text,
            hits,
            language=SCORED.index(language),
            speaker=speaker,
            facts=facts,
        )
        number = len(reads)
        reads.append(Read(index, normalised, reading, indicators, reply_hits, language))
        for target, share in candidates(reading.mentions).items():
            if target == speaker and not quotes(hits):
                continue
            messages.append(number)
            targets.append(actors.index(target))
            shares.append(share)
    return Batch(
        builder.build(),
        reads,
        Candidates(
            np.array(messages, dtype=np.int64),
            np.array(targets, dtype=np.int64),
            np.array(shares, dtype=np.float32),
        ),
        by_message,
    )


def quotes(hits: Sequence[Hit]) -> bool:
    """Whether somebody else is given the word: only then can a channel's own actor be a target."""
    return any(hit.entry.klass in ("reporting", "quoting") for hit in hits)


def militants(knowledge: Knowledge) -> NDArray[np.bool_]:
    """By actor, in the order of the table: whether gifts to it are solicitation."""
    return np.array([actor.militant for actor in knowledge.actors.values()], dtype=np.bool_)


def _facts(of_fighters: bool, known: bool, indicators: Sequence[Indicator]) -> int:
    facts = (FACT["militant_channel"] if of_fighters else 0) | (
        FACT["known_channel"] if known else 0
    )
    for indicator in indicators:
        fact = _FACT_OF_ROUTE.get(route_of(indicator) or "")
        if fact:
            facts |= FACT[fact]
        if indicator.valid is False:
            facts |= FACT["invalid_indicator"]
    return facts


def _facts_of_reply(hits: Sequence[Hit], militant: set[str]) -> int:
    facts = FACT["in_reply"]
    for hit in hits:
        term = hit.entry
        if term.klass == "ask":
            facts |= FACT["reply_ask"]
        elif term.klass in ("beneficiary", "designation") or (
            term.reference and not militant.isdisjoint(term.reference.means)
        ):
            facts |= FACT["reply_beneficiary"]
    return facts
