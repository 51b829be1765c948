"""The reference tables, compiled for reading messages; computed once and kept on disk."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classifiers import knowledge, precomputed
from classifiers.codepoints import PLANES
from classifiers.document_kernel import Tables
from classifiers.documents import CLASSES, TermMarks, particles, term_marks
from classifiers.features import FACT
from classifiers.knowledge import Knowledge
from classifiers.language.model import Model as LanguageModel
from classifiers.lexicon_kernel import Trie
from classifiers.matching import sign_table
from classifiers.ngrams import Bytes
from classifiers.normalise import load_tables
from classifiers.references import References, compile_references
from classifiers.vocabulary import ROUTES

#: A message without any of these classes, and without an indicator, gets no document. Routes are
#: left out: the name of a bank is no ask, and an ask brings the message in by itself.
_MATTERS = frozenset(
    ("actor", "epithet", "designation", "outlet", "ask", "beneficiary", "claim", "harm")
)
_QUOTING = frozenset(("reporting", "quoting"))


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
FindIndicators = Callable[[pa.Array], Mapping[int, Sequence[Indicator]]]


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
    parts: dict[str, Any] = {
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
