"""Message text on a terminal: hostile input made harmless, evidence marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from rich.text import Text

#: Controls of the terminal and of text direction: an escape sequence in a message must not reach
#: the terminal, and an override must not reorder the table around it.
_UNSAFE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_STYLES = {
    "target": "bold magenta",
    "cue": "bold red",
    "ask": "bold yellow",
    "route": "bold cyan",
    "beneficiary": "bold magenta",
    "claim": "bold red",
    "quote": "dim",
}


def printable(text: str) -> str:
    """Replace every control character by a space, one for one, so that spans still fit.

    >>> printable("a\\x1b[31mb\\u202ec")
    'a [31mb c'
    """
    return _UNSAFE.sub(" ", text)


def excerpt(text: str, evidence: Sequence[dict[str, Any]], width: int) -> Text:
    """About ``width`` characters of a message around its first evidence, the evidence styled.

    ``evidence`` holds dicts with start, end (code points, half-open) and shows.
    """
    first = min((span["start"] for span in evidence), default=0)
    start = 0 if len(text) <= width else max(0, min(first - width // 4, len(text) - width))
    end = min(len(text), start + width)
    # Never begin on a mark: it would combine with the ellipsis.
    while start < end and unicodedata.combining(text[start]):
        start += 1
    styled = Text("…" if start else "")
    lead = len(styled)
    styled.append(printable(text[start:end]))
    for span in evidence:
        low, high = max(span["start"], start) - start + lead, min(span["end"], end) - start + lead
        if low < high:
            styled.stylize(_STYLES.get(span["shows"], "bold"), low, high)
    if end < len(text):
        styled.append("…")
    return styled


def because(text: str, evidence: Sequence[dict[str, Any]], most: int = 4) -> Text:
    """The words that flagged a message, each with what it shows: ``target …; cue …``."""
    line = Text()
    for span in evidence[:most]:
        if line:
            line.append("; ")
        words = printable(" ".join(text[span["start"] : span["end"]].split()))
        line.append(f"{span['shows']} ", style="dim")
        line.append(words[:40], style=_STYLES.get(span["shows"], "bold"))
    if len(evidence) > most:
        line.append(f" (+{len(evidence) - most})", style="dim")
    return line
