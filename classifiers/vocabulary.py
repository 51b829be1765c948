"""The closed sets that the reference tables draw from, and the entry they are read into."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

#: Languages that have terms. A name that looks the same everywhere is listed under ``any``.
LANGUAGES = ("en", "ur", "ps", "prs", "ur-Latn", "ps-Latn", "any")

ACTOR_KINDS = ("armed_group", "de_facto_authority", "political_party", "community", "state")

ROUTES = ("crypto", "mobile_money", "bank", "hawala", "cash", "in_kind", "contact")

#: Classes of the cue tables and what a term of each says about the text around it.
CUE_CLASSES: Mapping[str, str] = {
    "hostile": "insults, excommunicates, delegitimises or threatens whom it is said of",
    "benign": "a phrase in which the name or cue inside it is not meant; vetoes what it covers",
    "negation": "denies what it governs",
    "reporting": "attributes what follows or precedes to somebody who said it",
    "quoting": "marks words as somebody else's, often to rebut them",
    "hypothetical": "makes what it governs a condition or a supposition",
    "ask": "asks for money, goods or help",
    "beneficiary": "somebody whom a gift serves: fighters, a front, their families",
    "humanitarian": "somebody or something that relief serves",
    "route": "a way to pay; the frame column holds the route",
    "claim": "says that an attack is the speaker's own",
    "attack": "names an attack",
    "casualty": "names killed or wounded",
    "thanks": "thanks for gifts already given",
    "warning": "warns against paying or following",
    "scam": "a lure for profit",
    "ruling": "a question or ruling of religious law",
    "commerce": "buying and selling",
    "arrest": "arrests, courts, sanctions",
    "self": "the speaker's own side: we, our",
    "pronoun": "stands for somebody named before: they, this group",
    "peace": "talks, truce, agreement",
    "praise": "praises whom it is said of",
    "negative": "speaks ill, or of bad things, in harmless text too: lie, fail, weak, crime",
    "debate": "disagrees in doctrine or policy without insult: in our view, a mistaken decision",
    "intensifier": "calls on the reader: must, duty, hurry",
    "harm": "wishes or calls for harm",
    "celebration": "rejoices, congratulates; at somebody's harm it is hostile",
    "passive": "marks its subject as the one acted upon",
    "agent": "marks the one who acts in a passive: by, at the hands of",
}

FRAMES: tuple[str, ...] = (
    "apostasy",
    "foreign_puppet",
    "nationalism",
    "abandoned_cause",
    "democracy",
    "diplomacy",
    "worldliness",
    "misleads_youth",
    "ignorance",
    "oppression",
    "sectarian",
    "fraud",
    "other",
)

#: Classes of the names in ``actors.yaml``; of overlapping names only the longest stands.
NAME_CLASSES: Mapping[str, str] = {
    "actor": "a name or alias of an actor",
    "epithet": "names an actor and is hostile by itself",
    "designation": "what a group calls its own people; means the speaker's side",
    "outlet": "a media outlet of an actor",
    "context": "a word that decides whom an ambiguous name means",
}


@dataclass(frozen=True, slots=True)
class Context:
    """Words that, where one of them stands in the message, decide whom a name means."""

    words: tuple[str, ...]
    means: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reference:
    """Whom a name means: actor id → share of belief (the shares sum to at most 1).

    The first that applies decides: ``context`` words in the message, the speaker, ``hints`` in
    the message, the prior ``means``. Without any of the words of ``requires`` (where there are
    any) it names nobody.
    """

    means: Mapping[str, float] = field(default_factory=dict)
    context: tuple[Context, ...] = ()
    speakers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    hints: tuple[Context, ...] = ()
    requires: tuple[str, ...] = ()

    def resolve(
        self, speaker: str | None = None, present: Container[str] = ()
    ) -> Mapping[str, float]:
        """Whom the name means when ``speaker`` says it and the ``present`` context words stand by.

        >>> khawarij = Reference({"a": 0.5, "b": 0.5}, speakers={"c": {"a": 1.0}})
        >>> khawarij.resolve("c"), khawarij.resolve()
        ({'a': 1.0}, {'a': 0.5, 'b': 0.5})
        """
        if self.requires and not any(word in present for word in self.requires):
            return {}
        for context in self.context:
            if any(word in present for word in context.words):
                return context.means
        if speaker is not None and speaker in self.speakers:
            return self.speakers[speaker]
        for context in self.hints:
            if any(word in present for word in context.words):
                return context.means
        return self.means

    @property
    def words(self) -> tuple[str, ...]:
        """Every context word that the resolution may look for."""
        found = list(self.requires)
        for context in (*self.context, *self.hints):
            found.extend(context.words)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase of the tables, as it is written there.

    ``klass`` is one of :data:`CUE_CLASSES` or :data:`NAME_CLASSES`; ``frames`` holds frames for
    hostile terms and routes for routes; ``severity`` is 1 to 3 for hostile terms; ``reference``
    is there for names only; ``cased`` terms count only in this very case; ``place`` is file:line.
    """

    text: str
    language: str
    klass: str
    frames: tuple[str, ...] = ()
    severity: int | None = None
    reference: Reference | None = None
    cased: bool = False
    note: str = ""
    file: str = ""
    line: int = 1

    @property
    def place(self) -> str:
        """Where the term stands, as ``file:line``."""
        return f"{self.file}:{self.line}"
