"""Moderators' decisions in a warehouse as examples: to train on, and, held out, to measure with.

Of a revision only what somebody decided about it is known (``judged``); nothing is concluded about
the other labels. Near-copies share a family, and a family lies wholly in train, validation or test
by a hash of its name: it stays where it is, whatever is decided later.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from classifiers.evaluation import Aimed, Answer, Sample
from classifiers.evaluation.samples import CLAIMS, HOSTILE, LABELS, SOLICITS
from warehouse.store import Store

#: Of a hundred families so many are fitted on, and so many after them calibrate; the rest is held
#: out.
TRAIN, VALIDATION = 70, 15

#: Why a decision teaches nothing, in words for the report.
ABSENT = "about a revision that the warehouse does not hold"
NO_TEXT = "about a message without text"
UNKNOWN = "of a label or target that is not in the tables"
CONTRADICTED = "contradicted by another moderator, and nobody has adjudicated"

Row = Mapping[str, Any]
#: A label and, of ``hostile``, its target.
Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A revision and what was decided about it, as training takes examples.

    ``judged`` names exactly what somebody has said something about: labels, and of ``hostile``
    ``hostile:<target>``. What is not in it is unknown, whatever the other attributes say.
    """

    text: str
    language: str | None
    channel_actor: str | None
    reply_to_text: str | None
    split: str
    family: str
    judged: frozenset[str]
    hostile: tuple[Aimed, ...] = ()
    solicits_donation: bool = False
    routes: tuple[str, ...] = ()
    claims_attack: bool = False
    review: bool = False


@dataclass(frozen=True, slots=True)
class Learnt:
    """The examples of a warehouse, in a stable order, and what became of its decisions.

    ``decisions`` counts those in force; ``left_out``: why → how many of them teach nothing (of
    those contradicted: how many labels).
    """

    examples: tuple[Reviewed, ...]
    decisions: int
    left_out: Mapping[str, int]

    @property
    def sha256(self) -> str:
        """A hash of everything that the examples say."""
        digest = hashlib.sha256()
        for example in self.examples:
            facts = replace(example, judged=frozenset())
            digest.update(f"{facts!r}\0{sorted(example.judged)}\n".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    def facts(self) -> dict[str, Any]:
        """The counts, and the hash, as plain data."""
        splits = Counter(example.split for example in self.examples)
        return {
            "in_force": self.decisions,
            "examples": {name: splits[name] for name in ("train", "validation", "test")},
            "left_out": dict(self.left_out),
            "sha256": self.sha256,
        }

    def told(self) -> list[str]:
        """What a person wants to know before training on them, line by line."""
        splits = Counter(example.split for example in self.examples)
        lines = [
            f"decisions in force: {self.decisions:,}; revisions that they teach of: "
            f"{len(self.examples):,} ({splits['train']:,} to fit on, {splits['validation']:,} to "
            f"calibrate on, {splits['test']:,} held out)"
        ]
        return lines + [f"left out: {count:,} {why}" for why, count in self.left_out.items()]


@dataclass(frozen=True, slots=True)
class _Statement:
    """Somebody says that a label is true or not true of a revision."""

    true: bool
    reviewer: str
    decided_at: datetime
    adjudicates: bool
    source: str | None = None
    severity: int = 0
    frames: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Revision:
    """What is said about one revision, by label and target."""

    first: Row
    said: dict[Key, list[_Statement]] = field(default_factory=lambda: defaultdict(list))


def learn(store: Store, actors: Collection[str]) -> Learnt:
    """The decisions in force of a warehouse as examples.

    Args:
        store: an open warehouse; read only is enough.
        actors: ids that a target may be.
    """
    return learnt(store.query("reviewed").to_pylist(), actors)


def streamed(store: Store, actors: Collection[str], batch_rows: int) -> Iterator[Reviewed]:
    """The examples of :func:`learn`, with no more than some decisions in memory at once."""
    with store.stream_query("reviewed", batch_rows) as reader:
        rows = (row for batch in reader for row in batch.to_pylist())
        yield from _examples(rows, actors, Counter())


def learnt(rows: Sequence[Row], actors: Collection[str]) -> Learnt:
    """Rows of ``queries/reviewed.sql``, in its order, as examples: one per revision.

    ``confirm`` says that the label is true as flagged, ``reject`` that it is not, ``change`` that
    what it was changed to is true and what was flagged is not. Of one reviewer the latest word
    counts. Where two contradict each other, a later decision that replaced one of another reviewer
    settles it; without one the label is left out, and counted.
    """
    left_out: Counter[str] = Counter()
    examples = tuple(_examples(rows, actors, left_out))
    return Learnt(examples, len(rows), dict(sorted(left_out.items())))


def _examples(
    rows: Iterable[Row], actors: Collection[str], left_out: Counter[str]
) -> Iterator[Reviewed]:
    known = frozenset(actors)
    for _, group in groupby(
        rows, key=lambda row: (row["channel_key"], row["message_id"], row["content_id"])
    ):
        revision = _read(list(group), known, left_out)
        example = _example(revision, left_out) if revision else None
        if example:
            yield example


def _read(rows: Sequence[Row], actors: frozenset[str], left_out: Counter[str]) -> _Revision | None:
    first = rows[0]
    if not (first["text"] or "").strip():
        left_out[ABSENT if first["text"] is None else NO_TEXT] += len(rows)
        return None
    revision = _Revision(first)
    for row in rows:
        statements = dict(_statements(row))
        known = {
            key: statement
            for key, statement in statements.items()
            if key[0] in LABELS and (key[0] != HOSTILE or key[1] in actors)
        }
        if len(known) < len(statements):
            left_out[UNKNOWN] += 1
        for key, statement in known.items():
            revision.said[key].append(statement)
    return revision


def _statements(row: Row) -> Iterator[tuple[Key, _Statement]]:
    """What one decision says: of a change, what is not true before what is."""
    who = {name: row[name] for name in ("reviewer", "decided_at", "adjudicates")}
    flagged = _key(row["label"], row["target"])
    as_flagged = _Statement(
        True,
        **who,
        source=row["source"],
        severity=int(row["severity"] or 0),
        frames=tuple(row["frames"] or ()),
        routes=tuple(row["routes"] or ()),
    )
    if row["judgement"] == "confirm":
        yield flagged, as_flagged
        return
    yield flagged, _Statement(False, **who)
    if row["judgement"] != "change":
        return
    label = row["changed_label"] or row["label"]
    changed = _key(label, row["changed_target"] or row["target"])
    same_label = label == row["label"]
    yield (
        changed,
        replace(
            as_flagged,
            source=row["changed_source"] or row["source"],
            severity=int(row["changed_severity"] or (as_flagged.severity if same_label else 0)),
            frames=as_flagged.frames if same_label else (),
            routes=as_flagged.routes if same_label else (),
        ),
    )


def _key(label: str, target: str | None) -> Key:
    return label, target if label == HOSTILE else None


def _settled(statements: Iterable[_Statement]) -> _Statement | None:
    """The word that counts, None where moderators contradict each other."""
    latest = {said.reviewer: said for said in statements}
    rows = sorted(latest.values(), key=lambda said: said.decided_at)
    last = next((number for number in reversed(range(len(rows))) if rows[number].adjudicates), 0)
    rows = rows[last:]
    return rows[-1] if len({said.true for said in rows}) == 1 else None


def _example(revision: _Revision, left_out: Counter[str]) -> Reviewed | None:
    first = revision.first
    settled: dict[Key, _Statement] = {}
    for key, statements in revision.said.items():
        found = _settled(statements)
        if found is None:
            left_out[CONTRADICTED] += 1
        else:
            settled[key] = found
    if not settled:
        return None
    true = {key: said for key, said in settled.items() if said.true}
    family = family_of(first["fingerprint"], first["content_id"])
    asks = true.get((SOLICITS, None))
    return Reviewed(
        text=first["text"],
        language=first["language"],
        channel_actor=first["channel_actor"],
        reply_to_text=first["reply_text"],
        split=split_of(family),
        family=family,
        judged=frozenset(f"{label}:{target}" if target else label for label, target in settled),
        hostile=tuple(
            Aimed(str(target), said.source, said.severity, said.frames)
            for (label, target), said in sorted(true.items(), key=str)
            if label == HOSTILE
        ),
        solicits_donation=asks is not None,
        routes=asks.routes if asks else (),
        claims_attack=(CLAIMS, None) in true,
    )


def family_of(fingerprint: int | None, content_id: str) -> str:
    """The family of a revision: its near-copies have the same fingerprint.

    >>> family_of(255, "…"), family_of(None, "0b7a")
    ('reviewed-00000000000000ff', 'reviewed-0b7a')
    """
    return f"reviewed-{fingerprint:016x}" if fingerprint else f"reviewed-{content_id}"


def split_of(family: str) -> str:
    """Where a family lies for ever: ``train``, ``validation`` or ``test``."""
    digest = hashlib.blake2b(family.encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "big") % 100
    if place < TRAIN:
        return "train"
    return "validation" if place < TRAIN + VALIDATION else "test"


def held_out(examples: Iterable[Reviewed]) -> dict[str, tuple[Sample, frozenset[str]]]:
    """The examples of the split ``test`` by the id of their sample, with what was judged of each.

    Give a model's answers through :func:`as_judged` before they are measured.
    """
    found = {}
    for number, example in enumerate(e for e in examples if e.split == "test"):
        name = f"decisions:{number}"
        judged = example.judged
        sample = Sample(
            id=name,
            text=example.text,
            language=example.language,
            channel_actor=example.channel_actor,
            reply_text=example.reply_to_text,
            group=example.family,
            hostile=example.hostile if any(key.startswith(HOSTILE) for key in judged) else None,
            solicits_donation=example.solicits_donation if SOLICITS in judged else None,
            claims_attack=example.claims_attack if CLAIMS in judged else None,
            routes=example.routes,
        )
        found[name] = sample, judged
    return found


def as_judged(answer: Answer, judged: frozenset[str]) -> Answer:
    """An answer without what nobody has judged: of that there is no truth to hold against it."""
    scores = {
        (label, target): score
        for (label, target), score in answer.scores.items()
        if (f"{label}:{target}" if target else label) in judged
    }
    return replace(answer, scores=scores)
