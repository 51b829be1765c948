"""From a batch of texts to documents: what training and scoring do alike, done once.

A text is cleaned and its language named, its lexicon terms are found, and if any of them, or a
payment indicator, can matter to a label it becomes a document. The others have none of the
evidence that a label could rest on and cost nothing more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers import document_kernel as kernel
from classifiers import knowledge, precomputed
from classifiers.codepoints import PLANES
from classifiers.document_kernel import Asked, Tables
from classifiers.documents import CLASSES, Documents, TermMarks, particles, term_marks
from classifiers.features import FACT, Candidates
from classifiers.knowledge import Knowledge
from classifiers.language.detection import Columns as Languages
from classifiers.language.detection import SecondOpinion, decide
from classifiers.language.model import Model as LanguageModel
from classifiers.language.scoring import Kept, empty_scores, room_to_keep, score_block
from classifiers.lexicon_kernel import MAX_HITS, Trie, places_of, room
from classifiers.matching import room_for_words, sign_table
from classifiers.mentions import SMALLEST_SHARE
from classifiers.ngrams import Bytes, Integers, blocks
from classifiers.normalise import load_tables
from classifiers.references import References, compile_references
from classifiers.token_kernel import MAX_TOKENS, Tokens
from classifiers.vocabulary import ROUTES

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
_QUOTING = frozenset(("reporting", "quoting"))
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


#: Texts → by row, for the rows that have any, the indicators that stand in them.
FindIndicators = Callable[[pa.Array], dict[int, Sequence[Indicator]]]


@dataclass(frozen=True, slots=True)
class Reader:
    """The reference tables, compiled for reading.

    ``reply_bits``: by term, the facts that it makes of a message that replies to it; ``serves``:
    by term, whether it names a militant beneficiary; ``routes``: by term, payment routes as bits.
    """

    knowledge: Knowledge
    tables: Tables
    language: LanguageModel
    find_indicators: FindIndicators
    militant: NDArray[np.bool_]
    reply_bits: NDArray[np.uint64]
    serves: NDArray[np.bool_]
    routes: NDArray[np.uint8]

    @property
    def actors(self) -> list[str]:
        """The ids of the actors, in the order of their numbers."""
        return list(self.knowledge.actors)


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
    indicators: dict[int, Sequence[Indicator]]
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


def militants(known: Knowledge) -> NDArray[np.bool_]:
    """By actor, in the order of the table: whether gifts to it are solicitation."""
    return np.array([actor.militant for actor in known.actors.values()], dtype=np.bool_)


def make_reader(language: LanguageModel, find_indicators: FindIndicators) -> Reader:
    """The bundled tables, compiled; ``language``'s table may carry letter weights too."""
    compiled = precomputed.kept("terms", _compile_terms)

    def part(name: str, of: Callable[..., Any]) -> Any:
        found = {
            key.removeprefix(f"{name}."): value
            for key, value in compiled.items()
            if key.startswith(f"{name}.")
        }
        return of(**{key: value if value.ndim else int(value) for key, value in found.items()})

    tables = Tables(
        fold=load_tables("match").fold,
        kind=load_tables("clean").kind,
        signs=sign_table(),
        sticks=compiled["sticks"],
        trie=part("trie", Trie),
        terms=part("terms", TermMarks),
        references=part("references", References),
        particles=compiled["particles"],
        matters=np.array([klass in _MATTERS for klass in CLASSES]),
        quoting=np.array([klass in _QUOTING for klass in CLASSES]),
        outlet=CLASSES.index("outlet"),
    )
    known = knowledge.load(cues=False)
    return Reader(
        knowledge=known,
        tables=tables,
        language=language,
        find_indicators=find_indicators,
        militant=militants(known),
        reply_bits=compiled["reply_bits"],
        serves=compiled["serves"],
        routes=compiled["routes"],
    )


def _compile_terms() -> dict[str, NDArray[Any]]:
    """Everything that follows from the terms of the tables."""
    from classifiers.lexicon import lexicon  # noqa: PLC0415 - takes a second, and is seldom needed

    known, words = knowledge.load(), lexicon()
    militant = {actor.id for actor in known.actors.values() if actor.militant}
    reply, serves, routes = [], [], []
    for term in words.terms:
        named = term.reference is not None and not militant.isdisjoint(term.reference.means)
        gift = term.klass in ("beneficiary", "designation")
        serves.append(gift or (named and term.klass != "epithet"))
        bits = FACT["reply_ask"] if term.klass == "ask" else 0
        if term.klass != "ask" and (gift or named):
            bits |= FACT["reply_beneficiary"]
        reply.append(bits | (FACT["reply_serves"] if serves[-1] else 0))
        route = term.frames if term.klass == "route" else ()
        routes.append(sum(1 << ROUTES.index(name) for name in route))
    parts = {
        "trie": words.trie,
        "terms": term_marks(words.terms),
        "references": compile_references(words.terms, list(known.actors)),
    }
    return {
        **{
            f"{name}.{key}": np.asarray(value)
            for name, part in parts.items()
            for key, value in part._asdict().items()
        },
        "sticks": _sticks(),
        "particles": particles(),
        "reply_bits": np.array(reply or [0], np.uint64),
        "serves": np.array(serves or [False], np.bool_),
        "routes": np.array(routes or [0], np.uint8),
    }


def _sticks() -> Bytes:
    """By code point: 1 for what belongs to a word, 2 for what cannot be cut off its letter."""
    table = np.zeros(PLANES, np.uint8)
    for code in (*range(0x3400), *range(0xA000, 0xAC00), *range(0xF900, PLANES)):
        char = chr(code)
        mark = unicodedata.category(char)[0] == "M"
        table[code] = (char.isalnum() or mark or char == "ـ") | (2 if mark else 0)
    table[0x3400:0xA000] = table[0xAC00:0xD7A4] = 1
    for char in "\u200d\ufe0f\ufe0e":
        table[ord(char)] |= 2
    return table


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
    docs = _room(kept, messages.size, keep_rows)
    counts, prints = np.zeros(5, np.int64), np.zeros(messages.size, np.uint64)
    kernel.read_block(
        offsets, data, kernel.Cleaned(*kept), asked, reader.tables, scratch, keep_rows,
        reply_facts, docs, counts, prints,
    )  # fmt: skip
    docs = _cut_to(docs, counts)
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
    indicators: dict[int, Sequence[Indicator]],
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


def _room(kept: Kept, messages: int, keep_rows: bool) -> Documents:
    """Arrays for the documents of a block: every character may be a token."""
    tokens = int(kept.first[-1]) + 1
    small, wide, long = np.int32, np.uint64, np.int64
    return Documents(
        first=np.zeros(messages + 1, long),
        surface=np.empty(tokens, wide),
        stem=np.empty(tokens, wide),
        shape=np.empty(tokens, wide),
        kind=np.empty(tokens, np.int8),
        marks=np.empty(tokens, wide),
        begin=np.empty(tokens, small),
        end=np.empty(tokens, small),
        letters=np.empty((tokens, kept.letters.shape[1]), small),
        grams=np.empty(tokens, small),
        row_first=np.empty(tokens, long),
        rows=np.empty(kept.rows.size if keep_rows else 0, small),
        message=np.empty(messages, long),
        language=np.empty(messages, np.int8),
        speaker=np.empty(messages, long),
        facts=np.empty(messages, wide),
        mention_first=np.zeros(messages + 1, long),
        mention_token=np.empty(4 * tokens, long),
        mention_actor=np.empty(4 * tokens, long),
        mention_share=np.empty(4 * tokens, np.float32),
        mention_kind=np.empty(4 * tokens, long),
        hit_first=np.zeros(messages + 1, long),
        hit_term=np.empty(2 * tokens, small),
        hit_token=np.empty(2 * tokens, long),
        hit_begin=np.empty(2 * tokens, small),
        hit_end=np.empty(2 * tokens, small),
    )


#: Which count an array of documents is as long as; one more for those that say where things start.
_LENGTHS = {
    kernel.DOCUMENTS: ("message", "language", "speaker", "facts"),
    kernel.TOKENS: (
        *("surface", "stem", "shape", "kind", "marks", "begin", "end", "letters", "grams"),
        "row_first",
    ),
    kernel.MENTIONS: ("mention_token", "mention_actor", "mention_share", "mention_kind"),
    kernel.HITS: ("hit_term", "hit_token", "hit_begin", "hit_end"),
    kernel.ROWS: ("rows",),
}
_STARTS = {"first": "surface", "mention_first": "mention_token", "hit_first": "hit_term"}


def _cut_to(docs: Documents, counts: NDArray[np.int64]) -> Documents:
    cut = {
        name: getattr(docs, name)[: counts[which]]
        for which, names in _LENGTHS.items()
        for name in names
    }
    starts = {name: getattr(docs, name)[: counts[kernel.DOCUMENTS] + 1] for name in _STARTS}
    return docs._replace(**cut, **starts)


def _joined(parts: Sequence[Batch]) -> Batch:
    """Several batches as one."""
    sizes = [len(part.letters) for part in parts]
    rows = np.concatenate([[0], np.cumsum(sizes)]).tolist()
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part.docs, name) for part in parts])
        for names in _LENGTHS.values()
        for name in names
    }
    shifted = {"message": rows}
    for name, counted in _STARTS.items():
        ends = np.cumsum([0, *(len(getattr(part.docs, counted)) for part in parts)])
        pieces = [
            getattr(part.docs, name)[1:] + end for part, end in zip(parts, ends, strict=False)
        ]
        columns[name] = np.concatenate([np.zeros(1, np.int64), *pieces])
        if counted == "surface":
            shifted |= {"mention_token": ends.tolist(), "hit_token": ends.tolist()}
    shifted["row_first"] = np.cumsum([0, *(len(part.docs.rows) for part in parts)]).tolist()
    for name, starts in shifted.items():
        columns[name] = np.concatenate(
            [
                np.where(getattr(part.docs, name) < 0, -1, getattr(part.docs, name) + start)
                for part, start in zip(parts, starts, strict=False)
            ]
        )
    docs = Documents(**columns)
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
