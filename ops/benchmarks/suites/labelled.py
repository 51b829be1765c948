"""Suite `labelled`: the user's own labelled file, as CSV, TSV or NDJSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from classifiers.evaluation import Aimed, Sample
from classifiers.knowledge import load as load_knowledge
from ops.benchmarks.options import Options
from ops.errors import CommandError
from ops.mapping import mapping

#: Fields of a sample, each read from the column of the same name unless mapped.
FIELDS = (
    *("id", "text", "language", "channel_actor", "reply_text", "group"),
    *("hostile", "solicits_donation", "claims_attack", "severity", "routes"),
)
LABELS = ("hostile", "solicits_donation", "claims_attack")
_YES = {"1", "true", "yes", "y", "t"}
_NO = {"0", "false", "no", "n", "f", ""}
_DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_JSON = (".ndjson", ".jsonl", ".json")
#: A cell may be as long as any message is.
_CELL = 1 << 24


def samples(options: Options) -> list[Sample]:
    """The rows of the file, in order.

    ``hostile`` holds target ids, joined by ``;`` (or a list); a label whose column is missing is
    not measured, and neither is one that is null in NDJSON: nobody knows. ``id`` defaults to the
    number of the row.

    Raises:
        CommandError: the file cannot be read, has no text or no label, or a value is wrong; names
            the row.
    """
    path = options.labelled
    if path is None:
        raise CommandError(
            "the suite 'labelled' needs --labelled FILE: CSV, TSV or NDJSON with a text and labels"
        )
    columns = {name: name for name in FIELDS} | mapping(options.columns, FIELDS)
    rows = list(_rows(path))
    present = {name for _, row in rows[:1000] for name in row}
    _check(path, columns, present, options.slices)
    actors = tuple(load_knowledge().actors)
    return [_sample(where, row, columns, present, options, actors) for where, row in rows]


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    suffix = path.suffix.lower()
    if not path.is_file():
        raise CommandError(f"{path}: no such file")
    if suffix not in _DELIMITERS and suffix not in _JSON:
        raise CommandError(
            f"{path}: the ending says the format: {', '.join((*_DELIMITERS, *_JSON))}"
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if suffix in _JSON:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield f"{path}:{number}", _object(f"{path}:{number}", line)
                return
            csv.field_size_limit(_CELL)
            reader = csv.DictReader(file, delimiter=_DELIMITERS[suffix], strict=True)
            for row in reader:
                where = f"{path}:{reader.line_num}"
                if None in row or None in row.values():
                    raise CommandError(f"{where}: not as many cells as the header has columns")
                yield where, row
    except UnicodeDecodeError as problem:
        raise CommandError(f"{path}: not UTF-8 at byte {problem.start}; convert it") from None
    except csv.Error as problem:
        raise CommandError(f"{path}: {problem}") from None


def _object(where: str, line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise CommandError(f"{where}: not a JSON object: {problem}") from None
    if not isinstance(found, dict):
        raise CommandError(f"{where}: not a JSON object")
    return found


def _check(path: Path, columns: Mapping[str, str], present: set[str], slices: Any) -> None:
    listed = ", ".join(sorted(present)) or "none"
    if columns["text"] not in present:
        raise CommandError(f"{path}: no column {columns['text']!r}; it has {listed}. "
                           "Name it: --map text=COLUMN")  # fmt: skip
    if not any(columns[label] in present for label in LABELS):
        raise CommandError(f"{path}: no label; name at least one of {', '.join(LABELS)}, "
                           f"as --map solicits_donation=COLUMN. It has {listed}")  # fmt: skip
    for name in [*slices, *(c for f, c in columns.items() if c != f)]:
        if name not in present:
            raise CommandError(f"{path}: no column {name!r}; it has {listed}")


def _sample(  # noqa: PLR0913, PLR0917
    where: str,
    row: Mapping[str, Any],
    columns: Mapping[str, str],
    present: set[str],
    options: Options,
    actors: tuple[str, ...],
) -> Sample:
    def text(field: str) -> str | None:
        value = row.get(columns[field])
        return None if value is None or value == "" else str(value)

    def known(field: str) -> bool:
        return columns[field] in present and row.get(columns[field], "") is not None

    def label(field: str) -> bool | None:
        if not known(field):
            return None
        value = row.get(columns[field])
        said = str(value if value is not None else "").strip().casefold()
        if said not in _YES | _NO:
            raise CommandError(f"{where}: {columns[field]} is yes or no, not {value!r}")
        return said in _YES

    hostile: tuple[Aimed, ...] | None = None
    if known("hostile"):
        severity = text("severity")
        if severity is not None and severity not in ("1", "2", "3"):
            raise CommandError(f"{where}: severity is 1, 2 or 3, not {severity!r}")
        hostile = tuple(
            Aimed(_actor(where, name, actors), severity=int(severity or 0))
            for name in _listed(row.get(columns["hostile"]))
        )
    speaker = text("channel_actor")
    return Sample(
        id=f"labelled:{text('id') or where.rpartition(':')[2]}",
        text=text("text") or "",
        language=text("language"),
        channel_actor=_actor(where, speaker, actors) if speaker else None,
        reply_text=text("reply_text"),
        group=text("group") or "",
        hostile=hostile,
        solicits_donation=label("solicits_donation"),
        claims_attack=label("claims_attack"),
        routes=tuple(_listed(row.get(columns["routes"]))),
        slices={name: (str(row.get(name)),) for name in options.slices},
    )


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    items = value if isinstance(value, list) else str(value).replace(",", ";").split(";")
    return [name for item in items if (name := str(item).strip())]


def _actor(where: str, name: str, actors: tuple[str, ...]) -> str:
    if name in actors:
        return name
    near = get_close_matches(name, actors, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(actors)}"
    raise CommandError(f"{where}: unknown actor {name!r}; {hint}")
