"""Message text for a page: hostile input made harmless to look at, and never altered.

What a page gets is flat data (paragraphs of segments); ``templates/text.html`` writes it down and
``static/text.css`` shows it. Every offset is half-open, in code points of the raw text.
"""

from __future__ import annotations

from ops.console.text.difference import Change, changed
from ops.console.text.evidence import Passage, passages
from ops.console.text.segments import KINDS, Segment
from ops.console.text.showing import MOST, Paragraph, Shown, shown

__all__ = [
    "KINDS",
    "MOST",
    "Change",
    "Paragraph",
    "Passage",
    "Segment",
    "Shown",
    "changed",
    "passages",
    "shown",
]
