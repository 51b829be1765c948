"""The report of a day, as Markdown and as JSON: counts, never the text of a message."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import msgspec


def as_markdown(day: dict[str, Any]) -> str:
    """A page of what the duty ``day`` has counted.

    >>> empty = {"day": "2024-05-01", "counts": {"landed": 3}, "flagged": [], "runs": []}
    >>> print(as_markdown(empty).splitlines()[0])
    # 2024-05-01 (UTC)
    """
    parts = [f"# {day['day']} (UTC)", ""]
    parts += _table(["", "number"], [[_words(name), n] for name, n in day["counts"].items()])
    parts += ["## Flagged, of what arrived", ""]
    columns = ["label", "target", "language", "flagged", "review"]
    parts += _table(columns, [[row[name] or "" for name in columns] for row in day["flagged"]])
    parts += ["## Runs", ""]
    columns = ["run_id", "state", "landed", "unchanged", "quarantined"]
    parts += _table(columns, [[row[name] for name in columns] for row in day["runs"]])
    return "\n".join(parts)


def write(day: dict[str, Any], folder: Path) -> Path:
    """Write the report of a day into a folder, in the place of an earlier one; the page's path.

    Raises:
        OSError: the folder may not be written, or the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / f"{day['day']}.json", msgspec.json.format(msgspec.json.encode(day)))
    page = folder / f"{day['day']}.md"
    _replace(page, as_markdown(day).encode())
    return page


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _table(columns: list[str], rows: list[list[Any]]) -> list[str]:
    if not rows:
        return ["None.", ""]
    lines = [columns, ["---"] * len(columns), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]


def _words(name: str) -> str:
    return name.replace("_", " ")
