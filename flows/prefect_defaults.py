"""Prefect's settings where the user has set none: offline, quiet, nothing sent anywhere."""

from __future__ import annotations

import os

DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    # The Prefect pages keep the whole log; the terminal belongs to the command's own output.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}


def set_defaults() -> None:
    """Set what is unset; call before Prefect is imported, which reads them once."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
