"""What may stand in a log: short facts of known kinds. Message text is not among them.

Exports are hostile, and personal: a line of the log must not carry a post, an author or a secret to
wherever logs are kept. So known fields are bounded, unknown ones pass as numbers alone, some names
never pass, and of an exception only its kind and place are told, with its words where it is one
whose words are ours.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

#: Characters of a value, and of an event in words.
LONGEST, LONGEST_EVENT = 240, 400
#: Quoted words in an event that are longer than this may be of a message.
LONGEST_QUOTED = 60
#: Entries of counts, and frames of an error.
MOST_COUNTS, MOST_FRAMES = 40, 12

KNOWN = frozenset({
    "time", "level", "event", "logger", "run_id", "file", "batch", "seconds", "counts", "reason",
    "problem", "duty", "state", "warehouse", "address", "route", "method", "status", "version",
    "port", "host", "error", "says", "where", "runbook", "pid", "stage", "flow", "task",
})  # fmt: skip
NEVER = frozenset({
    "text", "raw", "message", "messages_text", "author", "author_id", "author_name", "name",
    "signature", "password", "token", "secret", "key", "cookie", "authorization", "csrf",
    "evidence", "note", "value",
})  # fmt: skip
_QUOTED = re.compile(rf"""(["'])(?!/)(.{{{LONGEST_QUOTED},}}?)\1""", re.DOTALL)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def safe(told: MutableMapping[str, Any]) -> dict[str, Any]:
    """What of a record may be written down; ``dropped`` names the fields that may not.

    >>> safe({"event": "file read", "file": "a.json", "text": "a post", "rows": 3, "odd": "x" * 9})
    {'event': 'file read', 'file': 'a.json', 'rows': 3, 'dropped': ['odd', 'text']}
    """
    kept: dict[str, Any] = {}
    dropped = []
    for name, value in told.items():
        if name in NEVER:
            dropped.append(name)
        elif name == "event":
            kept[name] = words(str(value), LONGEST_EVENT)
        elif value is None or isinstance(value, bool | int | float):
            kept[name] = value
        elif name == "counts" and isinstance(value, Mapping):
            kept[name] = numbers(value)
        elif name == "where" and isinstance(value, list):
            kept[name] = [words(str(frame)) for frame in value[-MOST_FRAMES:]]
        elif name in KNOWN:
            kept[name] = words(str(value))
        else:
            dropped.append(name)
    if dropped:
        kept["dropped"] = sorted(bounded(str(name), 40) for name in dropped)[:MOST_COUNTS]
    return kept


def numbers(counts: Mapping[Any, Any]) -> dict[str, int | float]:
    """Those entries that are numbers."""
    found = {
        bounded(str(name), 60): value
        for name, value in counts.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return dict(list(found.items())[:MOST_COUNTS])


def counted(counts: Mapping[Any, Any]) -> str:
    """The numbers among some facts, those of facts within them too, as a line.

    >>> counted({"landed": 3, "problems": ["a"], "delivery": {"failed": 1}})
    'landed 3, delivery failed 1'
    """
    facts = {
        f"{name} {inner}" if inner else name: number
        for name, value in counts.items()
        for inner, number in (value if isinstance(value, Mapping) else {"": value}).items()
    }
    return ", ".join(f"{name} {value}" for name, value in numbers(facts).items())


def words(text: str, most: int = LONGEST) -> str:
    """Words in one line: bounded, nothing invisible, and no long quotation.

    >>> words('cannot read "' + "a" * 80 + '" here')
    'cannot read "(80 characters)" here'
    """
    text = text[: most * 8]
    return bounded(_QUOTED.sub(lambda m: f"{m[1]}({len(m[2])} characters){m[1]}", text), most)


def bounded(text: str, most: int) -> str:
    """At most so many characters, none of them a control."""
    text = _UNSEEN.sub(" ", text)
    return text if len(text) <= most else text[: most - 1] + "…"


def error_facts(info: ExcInfo) -> dict[str, Any]:
    """Of an exception: its kind, where it was raised, and its words where they are ours.

    The words of others may quote the data that they choked on.
    """
    kind, error, trace = info
    facts: dict[str, Any] = {
        "error": kind.__name__,
        "where": [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(trace)[-MOST_FRAMES:]
        ],
    }
    if isinstance(getattr(error, "exit_code", None), int):
        facts["says"] = str(error)
    elif isinstance(error, OSError) and error.strerror:
        facts["says"] = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return facts
