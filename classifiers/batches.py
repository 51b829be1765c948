"""From a batch of texts to documents: what training and scoring do alike, done once.

A text is cleaned and its language named, its lexicon terms are found, and if any of them, or a
payment indicator, can matter to a label it becomes a document. The others have none of the
evidence that a label could rest on and cost nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers import document_kernel as kernel
from classifiers.document_kernel import Asked
from classifiers.document_room import cut_to, joined, room_for
from classifiers.documents import Documents
from classifiers.features import FACT, Candidates
from classifiers.language.detection import Columns as Languages
from classifiers.language.detection import SecondOpinion, decide
from classifiers.language.scoring import Kept, empty_scores, room_to_keep, score_block
from classifiers.lexicon_kernel import MAX_HITS, places_of, room
from classifiers.matching import room_for_words
from classifiers.ngrams import Bytes, Integers, blocks
from classifiers.normalise import load_tables
from classifiers.reader import Indicator, Reader
from classifiers.token_kernel import MAX_TOKENS, Tokens

#: Languages that have models; Persian that may be Afghan or not is read as Dari.
SCORED = ("en", "ur", "ps", "prs", "ur-Latn", "ps-Latn")
READ_AS = {**{tag: tag for tag in SCORED}, "fa": "prs"}

_ARABIC = ("ur", "ps", "prs")
_LATIN = ("en", "ur-Latn", "ps-Latn")
#: An actor whom a name means with less belief than this is no candidate.
SMALLEST_SHARE = 0.2
#: Below this the tag alone does not decide which tables are looked up.
SURE = 0.9

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


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of a batch: documents, (document, target) candidates, and what else is known.

    ``indicators`` lists them by message, for the messages that have any. By message:
    ``languages``, ``letters`` (how many there are), ``scored`` (whether tables were looked up) with
    the language that is ``read_as`` (index among :data:`SCORED`, -1 where the terms decide), and a
    ``fingerprint`` (0: no words).
    """

    docs: Documents
    candidates: Candidates
    indicators: Mapping[int, Sequence[Indicator]]
    languages: Languages
    letters: NDArray[np.int64]
    scored: NDArray[np.bool_]
    read_as: NDArray[np.int8]
    fingerprint: NDArray[np.uint64]


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


@dataclass(frozen=True, slots=True)
class Messages:
    """What is given of each message: the raw text, the channel's actor, the text replied to.

    ``speaker`` is the place of an actor, -1 where unknown; ``reply`` is null where there is none.
    """

    text: pa.Array
    speaker: NDArray[np.int32]
    reply: pa.Array

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.text)

    def slice(self, start: int, size: int) -> Messages:
        """Some of them."""
        return Messages(
            self.text.slice(start, size),
            self.speaker[start : start + size],
            self.reply.slice(start, size),
        )


def read_batches(
    reader: Reader,
    messages: Messages,
    *,
    second_opinion: SecondOpinion | None = None,
    keep_rows: bool = False,
) -> Iterator[Batch]:
    """Read messages, block by block of bounded size, in order.

    Args:
        reader: the tables.
        messages: what is given.
        second_opinion: as :func:`classifiers.language.detect` takes it.
        keep_rows: whether documents keep the n-grams of their tokens, as training needs them.
    """
    start = 0
    for offsets, data in blocks(messages.text):
        size = offsets.size - 1
        yield _read_block(
            reader, messages.slice(start, size), offsets, data, second_opinion, keep_rows
        )
        start += size


def read_batch(
    reader: Reader,
    messages: Messages,
    *,
    second_opinion: SecondOpinion | None = None,
    keep_rows: bool = False,
) -> Batch:
    """Read one message or more as one batch, whatever their size: for training.

    Arguments as :func:`read_batches` takes them.
    """
    found = read_batches(reader, messages, second_opinion=second_opinion, keep_rows=keep_rows)
    parts = list(found)
    return parts[0] if len(parts) == 1 else _joined(parts)


def _read_block(  # noqa: PLR0913, PLR0917
    reader: Reader,
    messages: Messages,
    offsets: Integers,
    data: Bytes,
    second_opinion: SecondOpinion | None,
    keep_rows: bool,
) -> Batch:
    kept, languages, letters = _named(
        reader, messages.text, offsets, data, second_opinion, keep_rows
    )
    indicators = reader.find_indicators(messages.text)
    asked = _asked(reader, messages, languages, indicators)
    scratch = _scratch(reader, offsets, kept)
    reply_facts = _replies(reader, messages, asked)
    docs = room_for(kept, messages.size, keep_rows)
    counts, prints = np.zeros(5, np.int64), np.zeros(messages.size, np.uint64)
    kernel.read_block(
        offsets, data, kernel.Cleaned(*kept), asked, reader.tables, scratch, keep_rows,
        reply_facts, docs, counts, prints,
    )  # fmt: skip
    docs = cut_to(docs, counts)
    return Batch(
        docs=docs,
        candidates=_candidates(docs, reader),
        indicators=indicators,
        languages=languages,
        letters=letters,
        scored=asked.place >= 0,
        read_as=asked.language,
        fingerprint=prints,
    )


def _named(  # noqa: PLR0913, PLR0917
    reader: Reader,
    texts: pa.Array,
    offsets: Integers,
    data: Bytes,
    second_opinion: SecondOpinion | None,
    keep_rows: bool,
) -> tuple[Kept, Languages, NDArray[np.int64]]:
    """The language pass over one block: cleaned texts, languages, letters."""
    size = offsets.size - 1
    model = reader.language
    heads = model.weights.heads
    kept = room_to_keep(size, int(offsets[-1] - offsets[0]), heads, rows=keep_rows)
    scores = empty_scores(size, len(model.classes))
    clean, match = load_tables("clean"), load_tables("match")
    score_block(offsets, data, clean, match.fold, model.weights, 0, scores, kept)
    return kept, decide(texts, scores, model, second_opinion), scores.letters.sum(axis=1)


def _asked(
    reader: Reader,
    messages: Messages,
    languages: Languages,
    indicators: Mapping[int, Sequence[Indicator]],
) -> Asked:
    """What is known of each message before its terms are looked up."""
    rows = messages.size
    wanted: dict[tuple[str, ...], int] = {}

    def place(tag: str, probability: float | None, mixed: Sequence[str]) -> int:
        tables = languages_of(tag, probability, mixed)
        return wanted.setdefault(tables, len(wanted)) if tables else -1

    by_code = np.array(
        [[place(tag, sure, ()) for sure in (0.0, 1.0)] for tag in languages.names], np.int32
    )
    sure = ((languages.reason >= 0) | (languages.probability >= SURE)).astype(np.int64)
    where = by_code[languages.code, sure]
    for row, shares in languages.mixed.items():
        tag = languages.names[languages.code[row]]
        where[row] = place(tag, float(languages.probability[row]), [name for name, _ in shares])
    names = list(wanted)
    own = np.array(
        [-1 if tables == SCORED else SCORED.index(tables[0]) for tables in names], np.int8
    )
    carries, facts = np.zeros(rows, np.bool_), np.zeros(rows, np.uint64)
    for row, found in indicators.items():
        carries[row] = True
        facts[row] = _facts(found)
    known = messages.speaker >= 0
    of_fighters = known & reader.militant[np.maximum(messages.speaker, 0)]
    facts |= np.where(of_fighters, np.uint64(FACT["militant_channel"]), np.uint64(0))
    facts |= np.where(known, np.uint64(FACT["known_channel"]), np.uint64(0))
    return Asked(
        place=where,
        places=np.array([places_of(tables) for tables in names], np.int32).reshape(len(names), -1),
        language=np.where(where >= 0, own[where], np.int8(-1)).astype(np.int8),
        speaker=messages.speaker,
        militant_speaker=of_fighters,
        carries=carries,
        facts=facts,
    )


def _facts(indicators: Sequence[Indicator]) -> int:
    facts = 0
    for indicator in indicators:
        fact = _FACT_OF_ROUTE.get(route_of(indicator) or "")
        if fact:
            facts |= FACT[fact]
        if indicator.valid is False:
            facts |= FACT["invalid_indicator"]
    return facts


def _replies(reader: Reader, messages: Messages, asked: Asked) -> NDArray[np.uint64]:
    """By message, the facts that follow from the text it replies to."""
    facts = np.zeros(messages.size, np.uint64)
    rows = np.flatnonzero(messages.reply.is_valid().to_numpy(zero_copy_only=False))
    if not rows.size:
        return facts
    facts[rows] = FACT["in_reply"]
    texts = messages.reply.take(pa.array(rows))
    model = reader.language
    start = 0
    for offsets, data in blocks(texts):
        size = offsets.size - 1
        kept = room_to_keep(size, int(offsets[-1] - offsets[0]), 0)
        scores = empty_scores(size, len(model.classes))
        clean, match = load_tables("clean"), load_tables("match")
        score_block(offsets, data, clean, match.fold, model.weights, 0, scores, kept)
        kernel.read_replies(
            offsets, data, kernel.Cleaned(*kept), rows[start : start + size], asked, reader.tables,
            _scratch(reader, offsets, kept), reader.reply_bits, facts,
        )  # fmt: skip
        start += size
    return facts


def _scratch(reader: Reader, offsets: Integers, kept: Kept) -> kernel.Scratch:
    """Room for the longest message of a block."""
    bytes_ = int(np.diff(offsets).max(initial=0)) + 1
    size = int(np.diff(kept.first).max(initial=0)) + 2
    tokens = MAX_TOKENS + 2
    hits = MAX_HITS
    small, wide = np.int32, np.uint64
    return kernel.Scratch(
        raw=np.empty(bytes_, small),
        m=np.empty(size, small),
        of=np.empty(size, small),
        words=room_for_words(size),
        room=room(size, reader.tables.trie.groups),
        tokens=Tokens(
            begin=np.empty(tokens, small),
            end=np.empty(tokens, small),
            kind=np.empty(tokens, np.int8),
            surface=np.empty(tokens, wide),
            stem=np.empty(tokens, wide),
            shape=np.empty(tokens, wide),
        ),
        owner=np.empty(tokens, small),
        new=np.empty(tokens, small),
        order=np.empty(hits, np.int64),
        low=np.empty(hits, small),
        high=np.empty(hits, small),
        counters=np.zeros(64, small),
        votes=np.zeros(len(SCORED), small),
        present=np.zeros(reader.tables.references.words.shape[1], wide),
    )


def _joined(parts: Sequence[Batch]) -> Batch:
    """Several batches as one."""
    rows = np.cumsum([0, *(len(part.letters) for part in parts)]).tolist()
    docs = joined([part.docs for part in parts], rows)
    firsts = np.cumsum([0, *(part.docs.size for part in parts)])
    found = [part.candidates for part in parts]
    return Batch(
        docs=docs,
        candidates=Candidates(
            np.concatenate([c.message + first for c, first in zip(found, firsts, strict=False)]),
            np.concatenate([c.target for c in found]),
            np.concatenate([c.share for c in found]),
        ),
        indicators={
            start + row: listed
            for part, start in zip(parts, rows, strict=False)
            for row, listed in part.indicators.items()
        },
        languages=Languages.joined([part.languages for part in parts]),
        letters=np.concatenate([part.letters for part in parts]),
        scored=np.concatenate([part.scored for part in parts]),
        read_as=np.concatenate([part.read_as for part in parts]),
        fingerprint=np.concatenate([part.fingerprint for part in parts]),
    )


def _candidates(docs: Documents, reader: Reader) -> Candidates:
    """The actors whom a mention may mean, by document, in the order in which they are named.

    Outlets are none: their names stand in headers and signatures, where they speak. A channel's
    own actor is one only where somebody else is given the word.
    """
    width = np.int64(len(reader.knowledge.actors))
    doc = np.repeat(np.arange(docs.size), np.diff(docs.mention_first))
    quoted = (docs.facts & np.uint64(FACT["quotes"])) != 0
    may = (docs.mention_kind != reader.tables.outlet) & (docs.mention_share >= SMALLEST_SHARE)
    may &= (docs.mention_actor != docs.speaker[doc]) | quoted[doc]
    pair = (doc * width + docs.mention_actor)[may]
    pairs, first, place = np.unique(pair, return_index=True, return_inverse=True)
    shares = np.zeros(len(pairs), np.float32)
    np.maximum.at(shares, place, docs.mention_share[may])
    order = np.argsort(first, kind="stable")
    return Candidates(pairs[order] // width, pairs[order] % width, shares[order])
