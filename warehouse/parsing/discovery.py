"""Find the export files among those that a user names."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from warehouse.parsing.bytestream import compression_of, utf16_of
from warehouse.parsing.head import is_binary, look

_PAGE, _CODE, _DATABASE = "part of a web page", "documentation or code", "part of a database"

#: What lies beside an export and is no export, whatever is in it.
_BESIDE = {
    **dict.fromkeys((".html", ".htm", ".css", ".js", ".mjs", ".svg", ".map"), _PAGE),
    **dict.fromkeys((".md", ".rst", ".py", ".sh", ".sql", ".toml", ".yaml", ".yml"), _CODE),
    **dict.fromkeys((".duckdb", ".wal", ".sqlite", ".db"), _DATABASE),
}


@dataclass(frozen=True, slots=True)
class Discovery:
    """``files`` to read, sorted; ``ignored`` ones, each with why."""

    files: list[Path]
    ignored: list[tuple[Path, str]]


def discover(paths: Sequence[Path]) -> Discovery:
    """The files to read: those named, and those in the folders named, at any depth.

    In folders, what is plainly no export (hidden files, web pages, media and other binary files,
    gold labels, links that lead out) is left aside and listed; a file that is named is always
    taken.

    Raises:
        FileNotFoundError: when a path that was named does not exist; the message is for users.
    """
    files: set[Path] = set()
    ignored: dict[Path, str] = {}
    for path in paths:
        require(path)
        if path.is_dir():
            _search(path, path.resolve(), files, ignored)
        else:
            files.add(path)
    left = sorted((path, why) for path, why in ignored.items() if path not in files)
    return Discovery(sorted(files), left)


def require(path: Path) -> None:
    """See that a path that was named is there.

    Raises:
        FileNotFoundError: it is not; the message is for users.
    """
    if not (path.exists() or path.is_symlink()):
        raise FileNotFoundError(f"{path}: no such file or folder{_nearest(path)}")


def _nearest(path: Path) -> str:
    """A hint at what the path may have meant."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"; {path.parent} cannot be listed"
    close = get_close_matches(path.name, names, 1)
    return f"; did you mean {path.parent / close[0]}?" if close else ""


def _search(folder: Path, root: Path, files: set[Path], ignored: dict[Path, str]) -> None:
    """Sort the content of a folder, links out of ``root`` not followed."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        ignored[folder] = f"the folder cannot be listed: {error.strerror}"
        return
    for entry in entries:
        if entry.name.startswith("."):
            ignored[entry] = "hidden"
        elif entry.name.endswith(".inbox") and entry.is_dir():
            ignored[entry] = "the inbox of a warehouse"
        elif entry.is_symlink() and (why := _leads_out(entry, root)):
            ignored[entry] = why
        elif entry.is_dir():
            _search(entry, root, files, ignored)
        elif why := _no_export(entry):
            ignored[entry] = why
        else:
            files.add(entry)


def _leads_out(link: Path, root: Path) -> str | None:
    """Why a link in a folder is not followed; None for one to a file within the folder."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if not target.is_relative_to(root):
        return "a link that leads out of the folder"
    return "a link to a folder" if target.is_dir() else None


def _no_export(path: Path) -> str | None:
    """Why a file in a folder is plainly no export; None for one to be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "not a regular file"
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return None  # to be quarantined, with the reason
    why = _BESIDE.get(path.suffix.lower())
    if not start:
        why = "empty"
    elif start.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        why = "part of a web page"
    elif start.startswith(b"{") and "text_sha256" in look(iter([start])).first:
        why = "gold labels"
    elif {b"channel", b"actor"} <= {*start.partition(b"\n")[0].strip().split(b",")}:
        why = "affiliations of channels"
    elif is_binary(start) and not (
        compression_of(start) or utf16_of(start) or start.startswith(b"PAR1")
    ):
        why = why or "media or another binary file"
    return why
