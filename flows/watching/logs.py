"""The one place that sets up logging, called by whoever starts a process.

A line of JSON for each record, or a line for people on a terminal; ``CHANNELWATCH_LOG`` (``json``
or ``text``) and ``CHANNELWATCH_LOG_LEVEL`` (``debug`` to ``error``) say otherwise. What Prefect,
uvicorn and Python's warnings say goes the same way.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from copy import copy
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from flows.watching.events import NAME, facts_of
from flows.watching.safe import error_facts, safe

STYLE, LEVEL = "CHANNELWATCH_LOG", "CHANNELWATCH_LOG_LEVEL"
#: Loggers of others whose news are ours too; of everybody else, warnings.
HEARD = ("uvicorn.error",)


class Lines(logging.StreamHandler[TextIO]):
    """A handler that writes records as lines; its formatter is its own.

    Prefect makes its handlers from a table of settings: given the name of this class for its
    console, it writes the same lines. ``styles`` is of that table.
    """

    def __init__(self, stream: TextIO | None = None, styles: object = None) -> None:
        super().__init__(stream)
        self._formatter = formatter(as_json(self.stream, os.environ), self.stream.isatty())
        # Handlers that fail write whole tracebacks between the lines otherwise, Prefect's for one
        # when its server is away, which whoever watches the server says; see handleError for ours.
        logging.raiseExceptions = False

    def setFormatter(self, fmt: logging.Formatter | None) -> None:  # noqa: N802 (logging's name)
        """Nobody else's formatter is taken."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Say in a line of its own that a record could not be written, and why."""
        told = logging.LogRecord(
            record.name, logging.ERROR, record.pathname, record.lineno, "line_not_written", None,
            sys.exc_info(),
        )  # fmt: skip
        with suppress(Exception):  # where the stream is gone, nobody is left to tell
            self.stream.write(self.format(told) + self.terminator)
            self.flush()

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        if record.exc_info and record.exc_info[0] is not None and record.exc_info[1] is not None:
            # As facts, not as the traceback that a formatter prints: it has the error's own words.
            facts = error_facts((record.exc_info[0], record.exc_info[1], record.exc_info[2]))
            record = copy(record)
            record.exc_info = record.exc_text = None
            record.facts = facts_of(record) | facts
        return self._formatter.format(record)


def configure(stream: TextIO | None = None, *, least: int = logging.INFO) -> None:
    """Write what happens to a stream (standard error), from a level on; call it again at will."""
    level = level_of(os.environ, least)
    handler = Lines(stream or sys.stderr)
    handler.setLevel(level)
    root = logging.getLogger()
    for former in [each for each in root.handlers if isinstance(each, Lines)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in (NAME, *HEARD):
        logging.getLogger(name).setLevel(min(level, logging.INFO))
    for name in HEARD:
        _reach_root(name)
    logging.captureWarnings(True)
    # Prefect sets up logging anew when it is imported, here and in the processes of its flows.
    # Its second handler is for what its own services say.
    for handler_name in ("CONSOLE", "DEBUG"):
        os.environ[f"PREFECT_LOGGING_HANDLERS_{handler_name}_CLASS"] = (
            f"{__name__}.{Lines.__name__}"
        )
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = logging.getLevelName(level)


def _reach_root(name: str) -> None:
    """Let what a logger tells come to the root, whatever a library has set up on the way."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        logger = logging.getLogger(".".join(parts[:length]))
        logger.handlers.clear()
        logger.propagate, logger.disabled = True, False


def as_json(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether lines are JSON: where asked for, and where no person reads along."""
    told = environ.get(STYLE, "").lower()
    return told == "json" or (told != "text" and not stream.isatty())


def level_of(environ: Mapping[str, str], least: int) -> int:
    """The level from which on records are written."""
    told = logging.getLevelNamesMapping().get(environ.get(LEVEL, "").upper())
    return least if told is None else told


def formatter(json: bool, colours: bool) -> logging.Formatter:
    """What makes lines of records."""
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=True, default=str)
    if not json:
        last = structlog.dev.ConsoleRenderer(
            colors=colours, timestamp_key="time", exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.stdlib.ProcessorFormatter(
        processors=[_facts, structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    )


def _facts(_logger: Any, _method: str, told: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The fields of a record, in their order, and safe to be kept."""
    record: logging.LogRecord = told["_record"]
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "event": told["event"],
    }
    if record.name != NAME:
        fields["logger"] = record.name
    fields |= {name: each for name, each in facts_of(record).items() if name not in fields}
    return safe(fields) | {"_record": record, "_from_structlog": False}
