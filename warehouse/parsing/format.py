"""What a reader is: how it tells its files, how it reads them, and the examples it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warehouse.parsing.bytestream import pieces, utf8_pieces
from warehouse.parsing.head import Head, head_of
from warehouse.parsing.rows import Item
from warehouse.parsing.values import Tally


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a user may say about how files are read.

    ``timezone`` is where dates without an offset are from. ``chats`` is "channels_and_groups" or
    "all", which adds personal chats. ``mapping`` names the columns of plain files: our name to
    theirs, e.g. ``{"text": "content"}``. A message above ``max_message_bytes`` is quarantined.
    """

    timezone: str = "UTC"
    chats: str = "channels_and_groups"
    mapping: Mapping[str, str] = field(default_factory=dict)
    max_message_bytes: int = 4 * 1024 * 1024


@dataclass(slots=True)
class Input:
    """One file as a reader gets it."""

    path: Path
    compression: str | None
    source_id: str
    options: ReadOptions
    tally: Tally = field(default_factory=Tally)
    complete: bool = True  # a reader that cannot read to the end says so here

    def text(self) -> Iterator[bytes]:
        """The content as UTF-8, decompressed, piece by piece; each call begins anew."""
        return utf8_pieces(self.raw())

    def raw(self) -> Iterator[bytes]:
        """The content, decompressed, piece by piece; each call begins anew."""
        return pieces(self.path, self.compression)

    def head(self) -> Head:
        """What the beginning of the content looks like."""
        return head_of(self.path, self.compression, self.source_id)

    def file_key(self, within: str | None = None) -> str:
        """A channel key that holds for this file alone."""
        return f"file:{self.source_id[:12]}" + (f":{within}" if within else "")


@dataclass(frozen=True, slots=True)
class Example:
    """A small file, and the columns that its rows must have (those not named may be anything)."""

    content: bytes
    rows: Sequence[Mapping[str, Any]]
    quarantined: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Format:
    """A reader.

    ``sniff`` answers how sure it is that a file is its own: 0 not at all, 1 by the looks of it,
    2 by its fields, 3 by fields that no other format has, 4 where 3 would not do. ``parse``
    yields messages, what is to be quarantined, and facts about channels (before their messages);
    it never raises for what is in the file. ``most`` is the most that ``sniff`` answers: it is not
    asked where another format is surer than that.
    """

    name: str
    sniff: Callable[[Head], int]
    parse: Callable[[Input], Iterator[Item]]
    examples: Callable[[], Sequence[Example]]
    most: int = 4
