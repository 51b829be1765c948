"""The table of schedules as a Prefect project file, for a server or cloud that is there already.

``python -m ops.serving.project > ops/prefect.yaml`` writes it again; a test holds that it is so.
"""

from __future__ import annotations

import sys
from typing import Any

import yaml

from flows.schedules import BUILT_IN, PLACEHOLDERS, Deployment, Schedules, read_schedules

POOL = "channelwatch"

#: What need not be said. A variable that is not set would be deployed as an empty text.
OPTIONAL = ("$channels", "$models", "$console")
#: What the others are called in the environment of `prefect deploy`.
VARIABLES = {
    name: f"CHANNELWATCH_{name.removeprefix('$').upper()}"
    for name in PLACEHOLDERS
    if name not in OPTIONAL
}

HEAD = """\
# The deployments of ops/schedules.yaml, for a Prefect server or cloud that is there already.
# Written by `python -m ops.serving.project > ops/prefect.yaml`: change the table, then run that.
#
#   prefect work-pool create channelwatch --type process --concurrency-limit 2
#   export CHANNELWATCH_HOME=/srv/channelwatch CHANNELWATCH_WATCH=/srv/exports \\
#          CHANNELWATCH_WAREHOUSE=/srv/channelwatch/channelwatch.duckdb \\
#          CHANNELWATCH_REPORTS=/srv/channelwatch/reports CHANNELWATCH_BACKUPS=/srv/backups
#   prefect deploy --all --prefect-file ops/prefect.yaml     all of them must be set
#   prefect worker start --pool channelwatch                 on the machine that has the warehouse
#
# Where you use them, add `affiliations` (CSV channel,actor) and `models` (a folder) to parameters.

"""


def project(table: Schedules) -> dict[str, Any]:
    """What ``prefect deploy`` is to be told."""
    directory = {"directory": "{{ $CHANNELWATCH_HOME }}"}
    return {
        "name": "channelwatch",
        "build": None,
        "push": None,
        "pull": [{"prefect.deployments.steps.set_working_directory": directory}],
        "deployments": [_deployment(row) for row in table.deployments.values()],
    }


def text_of(table: Schedules) -> str:
    """The project file."""
    body = yaml.safe_dump(project(table), sort_keys=False, allow_unicode=True, width=100)
    return HEAD + body


def _deployment(row: Deployment) -> dict[str, Any]:
    schedules: list[dict[str, Any]] = []
    if row.cron is not None:
        schedules = [{"cron": row.cron, "timezone": row.timezone}]
    elif row.every_minutes is not None:
        schedules = [{"interval": row.every_minutes * 60}]
    return {
        "name": row.name,
        "entrypoint": f"flows.scheduled.{row.attribute}",
        "description": row.description,
        "tags": list(row.tags),
        "parameters": {
            name: _value(value) for name, value in row.parameters.items() if value not in OPTIONAL
        },
        "schedules": schedules,
        "paused": row.paused,
        "concurrency_limit": {
            "limit": row.concurrency,
            "collision_strategy": "CANCEL_NEW" if row.when_busy == "skip" else "ENQUEUE",
        },
        "work_pool": {"name": POOL, "work_queue_name": "default", "job_variables": {}},
    }


def _value(value: Any) -> Any:
    if not isinstance(value, str) or value not in VARIABLES:
        return value
    told = "{{ $" + VARIABLES[value] + " }}"
    return [told] if value == "$watch" else told


if __name__ == "__main__":
    sys.stdout.write(text_of(read_schedules(BUILT_IN)))
