"""What can be refused before anything is done: the files, the table of channels, the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers.knowledge import load as load_knowledge
from flows import affiliations, scoring
from flows.picking import pick
from flows.settings import Settings
from warehouse.reading import discover


@dataclass(frozen=True)
class Prepared:
    """The files that are read, those that are not and why, who speaks, and with what is scored.

    ``model`` is what a run notes of the model: its version, and what that is made of.
    """

    files: tuple[Path, ...]
    ignored: tuple[tuple[str, str], ...]
    affiliations: Mapping[str, str]
    model_version: str
    model: Mapping[str, Any]
    shadow: scoring.Shadow | None = None


class SourceError(ValueError):
    """A source that was named is not there; the message says which, and what is near it."""

    exit_code = 2


def prepare(settings: Settings) -> Prepared:
    """Find the files and load what the run needs; raises what a user can mend."""
    try:
        found = discover(settings.sources)
    except FileNotFoundError as problem:
        raise SourceError(str(problem)) from problem
    files, left = pick(found.files, settings.picking)
    table: dict[str, str] = {}
    if settings.affiliations is not None:
        table = affiliations.load(settings.affiliations, load_knowledge(cues=False).actors)
    scorer = scoring.load_scorer(settings.models)
    version = version_of(scorer.version, table)
    return Prepared(
        files=tuple(files),
        ignored=tuple((str(path), why) for path, why in [*found.ignored, *left]),
        affiliations=table,
        model_version=version,
        model=noted(scorer, version),
        shadow=_candidate(settings.shadow, table),
    )


def _candidate(folder: Path | None, table: Mapping[str, str]) -> scoring.Shadow | None:
    if folder is None:
        return None
    return scoring.Shadow(version_of(scoring.load_scorer(folder).version, table), folder)


def noted(scorer: Any, version: str) -> dict[str, Any]:
    """What a run notes in the warehouse of the model that it scores with."""
    parts = getattr(scorer, "parts", None)
    return {"version": version, "parts": parts.to_dict() if parts else None}


def version_of(model: str, table: Mapping[str, str]) -> str:
    """The model's version, and that of the table of channels: who speaks decides scores too.

    >>> version_of("9f3c", {}), version_of("9f3c", {"some channel": "ttp"})
    ('9f3c', '9f3c-84b6bcb5')
    """
    if not table:
        return model
    return f"{model}-{hashlib.sha256(json.dumps(sorted(table.items())).encode()).hexdigest()[:8]}"
