"""What to take from a JSON document, and what comes of it while it is walked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Path = tuple[str | int, ...]

#: How much of something unreadable is kept.
RAW_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Take:
    """Hand over this value whole."""


@dataclass(frozen=True, slots=True)
class Each:
    """Open this array (or, with ``members``, this object) and hand over each of its elements.

    ``name`` tells apart the kinds of element of one plan; ``signature`` matches where such an
    element begins and nothing that can lie inside one.
    """

    name: str
    of: Take | Fields
    signature: re.Pattern[bytes]
    members: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """Open this object and treat each of its fields as said; ``others``: those not named."""

    known: Mapping[str, Plan | None]
    others: Take | None = None


Plan = Take | Each | Fields


@dataclass(frozen=True, slots=True)
class Opened:
    """The container at ``path`` begins."""

    path: Path


@dataclass(frozen=True, slots=True)
class Value:
    """A value that was asked for with :class:`Take`."""

    path: Path
    raw: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class Elements:
    """Consecutive elements of the container at ``path``; ``first`` is the first one's index.

    Element ``i`` is ``data[starts[i]:ends[i]]``; it lies at ``offset + starts[i]``.
    """

    path: Path
    first: int
    data: bytes
    starts: list[int]
    ends: list[int]
    offset: int


@dataclass(frozen=True, slots=True)
class Broken:
    """Bytes that are no element; ``raw`` is their beginning, ``size`` their number."""

    path: Path
    index: int
    raw: bytes
    offset: int
    size: int
    reason: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The container at ``path`` ends; ``complete``: by its own closing bracket."""

    path: Path
    complete: bool


Event = Opened | Value | Elements | Broken | Closed
