"""What is measured: samples with gold labels on one side, a model's answers on the other.

Every suite gives :class:`Sample` rows and every model :class:`Answer` rows, whatever they come
from: the fixtures, a functional case, a user's labelled file; the bundled scorer, an evaluator's
own function, a file of predictions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

HOSTILE, SOLICITS, CLAIMS = "hostile", "solicits_donation", "claims_attack"
LABELS = (HOSTILE, SOLICITS, CLAIMS)


@dataclass(frozen=True, slots=True)
class Aimed:
    """Gold: the text is hostile to ``target``; severity 1 to 3, 0 and no frames where not said."""

    target: str
    source: str | None = None
    severity: int = 0
    frames: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A message with its gold labels.

    ``group``: samples of one origin (a phrase family, a case), which intervals resample together.
    ``slices``: further ways to part the samples, as ``{"functionality": ("news_report",)}``.
    ``hostile`` and the two labels are None where nobody has said: then nothing is measured.
    ``judged`` is the one label that a functional case is about; "" for all of them.
    """

    id: str
    text: str
    language: str | None = None
    channel_actor: str | None = None
    reply_text: str | None = None
    group: str = ""
    hostile: tuple[Aimed, ...] | None = None
    solicits_donation: bool | None = None
    claims_attack: bool | None = None
    routes: tuple[str, ...] = ()
    slices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    judged: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """A model's answer for one label (and target): ``probability`` None where it abstains."""

    probability: float | None
    flagged: bool
    source: str | None = None
    severity: int | None = None
    frames: tuple[str, ...] = ()
    evidence: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer for one message; labels that it does not know are left out of ``known``."""

    language: str | None
    scores: Mapping[tuple[str, str | None], Score]
    known: frozenset[str] = frozenset(LABELS)

    def flagged(self, label: str) -> frozenset[str | None]:
        """The targets flagged for a label; ``{None}`` for one without direction."""
        return frozenset(
            target
            for (name, target), score in self.scores.items()
            if name == label and score.flagged
        )


class Labelled(Protocol):
    """An example with gold labels, as the fixtures give them."""

    @property
    def text(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def channel_actor(self) -> str | None: ...
    @property
    def reply_to_text(self) -> str | None: ...
    @property
    def family(self) -> str: ...
    @property
    def act(self) -> str: ...
    @property
    def hostile(self) -> Sequence[Any]: ...
    @property
    def solicits_donation(self) -> bool: ...
    @property
    def claims_attack(self) -> bool: ...


def samples_of(examples: Iterable[Labelled], prefix: str = "") -> list[Sample]:
    """Examples as samples, numbered in their order."""
    return [
        Sample(
            id=f"{prefix}{number}",
            text=item.text,
            language=item.language,
            channel_actor=item.channel_actor,
            reply_text=item.reply_to_text,
            group=item.family,
            hostile=tuple(
                Aimed(row.target, row.source, row.severity, tuple(row.frames))
                for row in item.hostile
            ),
            solicits_donation=item.solicits_donation,
            claims_attack=item.claims_attack,
            routes=tuple(getattr(item, "routes", ())),
            slices={
                "act": (item.act,),
                **(
                    {"obfuscation": tuple(item.obfuscation) or ("none",)}
                    if hasattr(item, "obfuscation")
                    else {}
                ),
            },
        )
        for number, item in enumerate(examples)
    ]


def table_of(samples: Sequence[Sample]) -> pa.Table:
    """Messages as :meth:`classifiers.scorer.Scorer.score` takes them."""
    return pa.table(
        {
            "text": pa.array([item.text for item in samples], pa.string()),
            "channel_actor": pa.array([item.channel_actor for item in samples], pa.string()),
            "reply_text": pa.array([item.reply_text for item in samples], pa.string()),
        }
    )


def answers_of(rows: Iterable[Mapping[str, Any]]) -> list[Answer]:
    """Rows of :data:`warehouse.schemas.ANALYSES` as answers."""
    return [
        Answer(
            str(row["language"]),
            {
                (item["label"], item["target"]): Score(
                    probability=item["probability"],
                    flagged=item["status"] == "flagged",
                    source=item["source"],
                    severity=item["severity"],
                    frames=tuple(item["frames"] or ()),
                    evidence=tuple(
                        (span["start"], span["end"], span["shows"])
                        for span in item.get("evidence") or ()
                    ),
                )
                for item in row["scores"]
            },
        )
        for row in rows
    ]
