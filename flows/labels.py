"""Training labels as a file: what moderators decided, one revision a line, to train on elsewhere.

Each line is a JSON object with the fields that ``channelwatch benchmark labelled`` reads, and what
training wants besides: which labels somebody has judged, and of each target source, severity and
frames. What nobody has judged is null.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from classifiers.evaluation import Aimed
from classifiers.evaluation.samples import CLAIMS, HOSTILE, LABELS, SOLICITS
from flows.reviewed import Learnt, Reviewed, split_of


class LabelsError(Exception):
    """A file of training labels is not as it must be; the message says where and what."""

    exit_code = 2


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line. ``group`` is the family, ``hostile`` the ids of the targets, ``aimed`` the same in
    full, ``severity`` the greatest; ``split`` says where training puts it (always by ``group``).
    """

    id: str
    text: str
    language: str | None
    channel_actor: str | None
    reply_text: str | None
    group: str
    hostile: list[str] | None
    solicits_donation: bool | None
    claims_attack: bool | None
    severity: int | None
    routes: list[str]
    judged: list[str]
    aimed: list[Target]
    split: str


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """At whom a revision is hostile, as :class:`classifiers.evaluation.Aimed`."""

    target: str
    source: str | None
    severity: int
    frames: list[str]


def written(examples: Iterable[Reviewed]) -> Iterator[bytes]:
    """The examples as lines, in their order."""
    encoder = msgspec.json.Encoder()
    for number, example in enumerate(examples):
        yield encoder.encode(_line(f"decided:{number}", example)) + b"\n"


def read(path: Path, actors: Collection[str]) -> Learnt:
    """The examples of a file that :func:`written` made.

    Args:
        path: the file.
        actors: ids that a target may be.

    Raises:
        LabelsError: there is no such file, or a line is not as it must be; says which.
    """
    if not path.is_file():
        raise LabelsError(f"{path}: no such file; the console's page Export makes one")
    examples = []
    decoder = msgspec.json.Decoder(Line)
    with path.open("rb") as file:
        for number, data in enumerate(file, 1):
            if not data.strip():
                continue
            try:
                line = decoder.decode(data)
                examples.append(_example(line, actors))
            except (msgspec.MsgspecError, ValueError) as problem:
                raise LabelsError(
                    f"{path}:{number}: not a training label of this version: {problem}; export "
                    "them again from the console"
                ) from None
    return Learnt(tuple(examples), sum(len(example.judged) for example in examples), {})


def _line(name: str, example: Reviewed) -> Line:
    judged = example.judged
    hostile = any(key.startswith(f"{HOSTILE}:") for key in judged)
    return Line(
        id=name,
        text=example.text,
        language=example.language,
        channel_actor=example.channel_actor,
        reply_text=example.reply_to_text,
        group=example.family,
        hostile=[aimed.target for aimed in example.hostile] if hostile else None,
        solicits_donation=example.solicits_donation if SOLICITS in judged else None,
        claims_attack=example.claims_attack if CLAIMS in judged else None,
        severity=max((aimed.severity for aimed in example.hostile), default=0) or None,
        routes=list(example.routes),
        judged=sorted(judged),
        aimed=[
            Target(
                target=aimed.target,
                source=aimed.source,
                severity=aimed.severity,
                frames=list(aimed.frames),
            )
            for aimed in example.hostile
        ],
        split=example.split,
    )


def _example(line: Line, actors: Collection[str]) -> Reviewed:
    named: dict[str, Any] = {key: key.partition(":") for key in line.judged}
    for key, (label, _, target) in named.items():
        if label not in LABELS or (label == HOSTILE) != bool(target):
            raise ValueError(f"`judged` names no label: {key!r}")
        if target and target not in actors:
            raise ValueError(f"unknown actor {target!r}")
    if missing := {aimed.target for aimed in line.aimed} - {n[2] for n in named.values()}:
        raise ValueError(f"{min(missing)!r} is aimed at and not judged")
    return Reviewed(
        text=line.text,
        language=line.language,
        channel_actor=line.channel_actor,
        reply_to_text=line.reply_text,
        split=split_of(line.group),
        family=line.group,
        judged=frozenset(line.judged),
        hostile=tuple(
            Aimed(aimed.target, aimed.source, aimed.severity, tuple(aimed.frames))
            for aimed in line.aimed
        ),
        solicits_donation=bool(line.solicits_donation),
        routes=tuple(line.routes),
        claims_attack=bool(line.claims_attack),
    )
