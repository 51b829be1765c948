"""Prefect's settings where the user has set none: offline, quiet, nothing sent anywhere."""

from __future__ import annotations

import os
from pathlib import Path

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


def standing_server(home: Path, port: int) -> dict[str, str]:
    """The environment of a server that stays, and of all that talk to it.

    Its records lie in ``home``, where those of runs older than a month are thrown away; places in
    concurrency limits are kept in files there, so that they outlast the server.
    """
    address = f"http://127.0.0.1:{port}/api"
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": address,
        "PREFECT_SERVER_UI_API_URL": address,
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "pages"),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86_400),
    }
