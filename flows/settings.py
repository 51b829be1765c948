"""The one settings object of a run, built at the edge and passed down."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from flows.picking import Picking

#: Which chats of a whole-account export are read.
Chats = Literal["channels_and_groups", "all"]

DEFAULT_WAREHOUSE = Path("channelwatch.duckdb")


def usable_cores() -> int:
    """How many processors this process may use, at least one."""
    return max(
        1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )


@dataclass(frozen=True)
class Settings:
    """What a run reads, how, and where it lands.

    ``timezone`` is an IANA name for dates that carry no offset; ``chats`` is
    ``channels_and_groups`` or ``all``; ``mapping`` names the columns of plain files
    (``{"text": "body"}``); ``affiliations`` is a CSV ``channel,actor``; ``models`` a folder of
    model files, the built-in ones where it is None; ``shadow`` one of a candidate that scores
    beside it; ``batch_rows`` counts messages; ``picking`` says which of the files found are taken;
    ``author_key`` is a file with the key that authors are named by (:mod:`warehouse.pseudonyms`).
    With ``inbox`` everything is handed over there, to whoever loads it, and no warehouse is opened.
    """

    sources: tuple[Path, ...]
    warehouse: Path = DEFAULT_WAREHOUSE
    affiliations: Path | None = None
    models: Path | None = None
    shadow: Path | None = None
    inbox: Path | None = None
    timezone: str = "UTC"
    chats: Chats = "channels_and_groups"
    mapping: Mapping[str, str] = field(default_factory=dict)
    batch_rows: int = 20_000
    workers: int = field(default_factory=usable_cores)
    picking: Picking = field(default_factory=Picking)
    author_key: Path | None = None

    def reading(self) -> str:
        """A short hash of what decides how a file's bytes become batches.

        >>> a = Settings(sources=()); b = Settings(sources=(), timezone="Asia/Kabul")
        >>> a.reading() == Settings(sources=()).reading(), a.reading() == b.reading()
        (True, False)
        """
        facts = [self.timezone, self.chats, sorted(self.mapping.items()), self.batch_rows]
        return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:12]

    def fingerprint(self, model_version: str) -> str:
        """Tells whether a run that was cut short was this one: same sources, way and model."""
        sources = [str(path.resolve()) for path in self.sources]
        affiliations = self.affiliations.read_bytes().hex() if self.affiliations else None
        days = [str(self.picking.since), str(self.picking.until)]
        facts = [sources, affiliations, self.reading(), model_version, days]
        return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:32]
