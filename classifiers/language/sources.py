"""Labelled text to fit on: public corpora in a folder, and the project's own phrase tables.

No sentence is kept in the project: this reads them where they lie, and the model card says what
was read, from where, under which licence.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from zlib import crc32

import yaml

from classifiers.language.messages import cldr, fluent, mediawiki, words
from classifiers.language.table import Languages

PATH = Path(__file__).parents[1] / "data" / "language_sources.yaml"
SLOTS = "slots.csv"
#: The slots that hold names.
NAMES = ("name", "place", "group", "media", "self")
_SLOT = re.compile(r"\{([A-Z]+)\}")
#: What the slots of a phrase are filled with, by the name that slots.csv uses.
_FILLERS = {
    "T": "name", "O": "name", "S": "name", "E": "epithet", "P": "place", "D": "day",
    "G": "group", "MEDIA": "media",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and the tag of its language. ``split``: train, validation or test."""

    text: str
    tag: str
    source: str
    split: str = "train"


@dataclass(frozen=True, slots=True)
class Source:
    """One row of ``language_sources.yaml``."""

    id: str
    file: str
    origin: str
    licence: str
    noisy: bool
    format: str = "tsv"
    text: str = "text"
    tag: str = "tag"
    language: str | None = None
    columns: tuple[str, ...] = ()
    only: Mapping[str, frozenset[str]] | None = None
    tags: Mapping[str, str] | None = None
    most: int | None = None


def read_sources(path: Path = PATH) -> list[Source]:
    """The table of public sources.

    Raises:
        ValueError: an entry lacks a key or has an unknown one.
    """
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    found = []
    for number, row in enumerate(rows, 1):
        try:
            only = row.pop("only", None)
            found.append(
                Source(
                    **{**row, "columns": tuple(row.get("columns", ()))},
                    only={key: frozenset(values) for key, values in only.items()} if only else None,
                )
            )
        except TypeError as error:
            raise ValueError(f"{path}, source {number} ({row.get('id')}): {error}") from None
    return found


def public(folder: Path, source: Source, table: Languages) -> Iterator[Sample]:
    """The samples of one source; none where it is not in the folder.

    Raises:
        ValueError: a row has a language that ``languages.yaml`` does not know.
    """
    path = folder / source.file
    if not path.exists():
        return
    read = _FORMATS.get(source.format)
    rows = read(path, source.tags or {}) if read else _rows_of(path, source)
    by_tag: dict[str, dict[str, None]] = defaultdict(dict)
    for text, tag in rows:
        if tag not in table.by_tag:
            raise ValueError(f"{path}: {_unknown(tag, table)}")
        if text:
            by_tag[tag][text] = None
    for tag, texts in by_tag.items():
        # The same ones always, whatever else is read.
        kept = sorted(texts, key=lambda text: crc32(text.encode()))[: source.most]
        yield from (Sample(text, tag, source.id) for text in kept)


_FORMATS = {"mediawiki": mediawiki, "cldr": cldr, "fluent": fluent, "words": words}


def _rows_of(path: Path, source: Source) -> Iterator[tuple[str, str]]:
    """(text, tag) of the rows of a file with tabs."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(
            file,
            fieldnames=list(source.columns) or None,
            delimiter="\t",
            quoting=csv.QUOTE_NONE,
        )
        for row in rows:
            if not source.only or all(row[key] in good for key, good in source.only.items()):
                yield row[source.text], source.language or row[source.tag]


def _unknown(tag: str, table: Languages) -> str:
    try:
        table.class_of(tag)
    except ValueError as error:
        return str(error)
    return ""


def phrases(folder: Path, seed: int) -> Iterator[Sample]:
    """The phrase tables ``<tag>.csv`` of a folder: each once without slots and once filled.

    Slots are filled from ``slots.csv`` beside them, in the phrase's own language.
    """
    fillers = _fillers(folder)
    random = Random(seed)  # noqa: S311 - not for secrets
    for path in sorted(folder.glob("*.csv")):
        if path.name == SLOTS:
            continue

        def fill(match: re.Match[str], tag: str = path.stem) -> str:
            words = fillers.get((tag, _FILLERS.get(match[1], "")))
            return random.choice(words) if words else ""

        for row in _rows(path):
            source = "phrases"
            bare = " ".join(_SLOT.sub(" ", row["text"]).split())
            yield Sample(bare, path.stem, source, row["split"])
            filled = " ".join(_SLOT.sub(fill, row["text"]).split())
            if filled != bare:
                yield Sample(filled, path.stem, source, row["split"])


def with_names(
    samples: Iterable[Sample], folder: Path, seed: int, share: float = 0.5
) -> Iterator[Sample]:
    """Copies of a share of the samples with a name of ``slots.csv`` put between two words.

    Names are the same in every language: without this, Latin letters about Pakistan would be Urdu.
    """
    fillers = _fillers(folder)
    random = Random(seed)  # noqa: S311 - not for secrets
    for sample in samples:
        names = [n for slot in NAMES for n in fillers.get((sample.tag, slot), ())]
        if names and random.random() < share:
            words = sample.text.split()
            words.insert(random.randint(0, len(words)), random.choice(names))
            yield replace(sample, text=" ".join(words))


def _fillers(folder: Path) -> dict[tuple[str, str], list[str]]:
    """What slots are filled with, by language and slot; nothing where there is no table."""
    fillers: dict[tuple[str, str], list[str]] = defaultdict(list)
    if (folder / SLOTS).is_file():
        for row in _rows(folder / SLOTS):
            fillers[row["language"], row["slot"]].append(row["text"])
    return fillers


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
