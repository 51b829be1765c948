"""Decode one JSON element, repairing what exporters are known to break.

Repairs, each counted as a warning: control characters written as ``\\xNN`` or left raw, escapes
that JSON does not know (kept as they stand), NaN and Infinity. Two repairs lose something: bytes
that are not UTF-8, and halves of surrogate pairs, become U+FFFD. The message is read all the
same, for one bad byte must not hide it from review, and its original bytes are kept beside it.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import msgspec

from warehouse.parsing.plan import RAW_LIMIT
from warehouse.parsing.values import Tally

_decode = msgspec.json.Decoder().decode

_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(u[0-9A-Fa-f]{4}|[\"\\/bfnrt])|(.?))", re.DOTALL)

_HALF = re.compile("[\ud800-\udfff]")

#: The field under which the original bytes of a lossy repair are kept, in ``details``.
RAW_FIELD = "raw_base64"


class UndecodableError(ValueError):
    """The bytes are no JSON, even after repair; the message says why."""


def decode(raw: bytes, tally: Tally) -> tuple[Any, dict[str, str]]:
    """The decoded value, and details to keep when the repair lost something.

    Raises:
        UndecodableError: when the bytes cannot be repaired.

    >>> decode(b'{"a": "\\\\x0B"}', Tally())
    ({'a': '\\x0b'}, {})
    """
    try:
        return _decode(raw), {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return _repair(raw, tally)


def _repair(raw: bytes, tally: Tally) -> tuple[Any, dict[str, str]]:
    lost = False
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text, lost = raw.decode("utf-8", "replace"), True
    try:
        value = json.loads(_ESCAPE.sub(_mended, text), strict=False)
    except RecursionError:
        raise UndecodableError("nested too deeply") from None
    except ValueError as error:
        raise UndecodableError(f"broken JSON: {error}"[:500]) from None
    if lost:
        tally.warnings["messages with bytes that are not UTF-8 (original kept in details)"] += 1
    scrubbed = scrub(value)
    if scrubbed != value:
        lost = True
        tally.warnings["messages with half surrogate pairs (original kept in details)"] += 1
    if not lost:
        tally.warnings["messages with repaired JSON"] += 1
        return scrubbed, {}
    return scrubbed, {RAW_FIELD: base64.b64encode(raw[:RAW_LIMIT]).decode()}


def _mended(match: re.Match[str]) -> str:
    control, known, other = match.groups()
    if control is not None:
        return "\\u00" + control
    return match.group() if known is not None else "\\\\" + other


def scrub(value: Any) -> Any:
    """The value with every half of a surrogate pair replaced by U+FFFD: UTF-8 cannot hold it."""
    if isinstance(value, str):
        return value if value.isascii() else _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [scrub(item) for item in value]
    if isinstance(value, dict):
        return {scrub(key): scrub(item) for key, item in value.items()}
    return value
