"""What happens, told once: a name and plain facts, through the standard library's logging."""

from __future__ import annotations

import logging
from typing import Any

#: Every event is told to this logger.
NAME = "channelwatch"
_logger = logging.getLogger(NAME)


def tell(event: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Say that something happened.

    Facts are numbers, short names, paths: ``run_id``, ``file``, ``batch`` (the order of a lot),
    ``seconds``, ``counts`` (name → number). Never message text, names of authors, or secrets: what
    looks like any of them is dropped where it would be written down.
    """
    if _logger.isEnabledFor(level):
        _logger.log(level, event, extra={"facts": facts})


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """The facts of a record; none where it is somebody else's."""
    facts = getattr(record, "facts", None)
    return facts if isinstance(facts, dict) else {}
