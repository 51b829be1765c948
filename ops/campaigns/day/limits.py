"""What is called flat, and late: the table `limits.yaml`."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The limits; the head of each in the file says what it is."""

    memory_percent: float
    memory_mb: float
    files: float
    threads: float
    late_seconds: float
    every_seconds: float


def read_limits() -> Limits:
    """The limits that are in force."""
    text = Path(__file__).with_name("limits.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=Limits)
