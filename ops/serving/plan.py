"""What `channelwatch serve` is told, and the children that it makes of it."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from flows.prefect_defaults import DEFAULTS, standing_server
from flows.schedules import CHECK, VARIABLE, Schedules, read_schedules
from ops.console.serving import Serving
from ops.errors import ENVIRONMENT, USAGE, CommandError
from ops.serving.children import Child
from warehouse.encryption import from_environment
from warehouse.pseudonyms import author_key

#: For processes that live for months: two pools of free memory in glibc instead of some for every
#: core, and none of Arrow's own.
LASTING = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
PREFECT, CONSOLE, SCHEDULES = "the Prefect server", "the console", "the schedules"


@dataclass(frozen=True)
class Plan:
    """What is to be served.

    ``console`` is None where no console is wanted; ``prefect_port`` 0 takes a free port;
    ``api`` is the address of a Prefect API that is there already, None starts one.
    """

    warehouse: Path
    folders: tuple[Path, ...]
    table: Schedules
    console: Serving | None
    prefect_port: int = 4200
    api: str | None = None
    channels: Path | None = None
    models: Path | None = None

    @property
    def prefect_home(self) -> Path:
        """Where the Prefect server keeps its records: beside the warehouse."""
        return beside(self.warehouse, "prefect")

    def values(self) -> dict[str, Any]:
        """What the placeholders of the table stand for."""
        console = self.console
        scheme = "https" if console is not None and console.tls else "http"
        return {
            "$warehouse": str(self.warehouse),
            "$watch": [str(folder) for folder in self.folders],
            "$channels": str(self.channels) if self.channels else None,
            "$models": str(self.models) if self.models else None,
            "$reports": str(beside(self.warehouse, "reports")),
            "$backups": str(beside(self.warehouse, "backups")),
            "$console": f"{scheme}://{console.host}:{console.port}" if console else None,
        }


def tell_api(plan: Plan) -> None:
    """Leave the address of Prefect's API beside the warehouse, for commands about it."""
    path = beside(plan.warehouse, "prefect")
    path.mkdir(mode=0o700, exist_ok=True)
    (path / "address").write_text(
        plan.api or f"http://127.0.0.1:{plan.prefect_port}/api", encoding="utf-8"
    )


def api_of(warehouse: Path) -> str | None:
    """The address that :func:`tell_api` left; None where nobody served this warehouse."""
    try:
        return (beside(warehouse, "prefect") / "address").read_text("utf-8") or None
    except OSError:
        return None


def beside(warehouse: Path, what: str) -> Path:
    """The folder beside a warehouse for something of it.

    >>> beside(Path("/srv/w.duckdb"), "reports").as_posix()
    '/srv/w.duckdb.reports'
    """
    return warehouse.with_name(f"{warehouse.name}.{what}")


def prepare(plan: Plan) -> None:
    """Make the folders, and refuse what cannot go well, before anything is started.

    Raises:
        CommandError: a folder is missing, or a port is taken.
        KeyProblem: a key that the environment names cannot be used.
    """
    author_key()  # each run would fail for itself, and nobody be told at the start
    from_environment()
    if not plan.warehouse.parent.is_dir():
        raise CommandError(f"the folder {plan.warehouse.parent} does not exist; make it first")
    for folder in plan.folders:
        if not folder.is_dir():
            raise CommandError(f"--watch {folder}: no such folder; make it first")
    for path in (plan.channels, plan.models):
        if path is not None and not path.exists():
            raise CommandError(f"{path}: no such file or folder")
    if plan.console is not None:
        plan.console.check()
        _free(plan.console.host, plan.console.port, "--port")
    if plan.api is None:
        _free("127.0.0.1", plan.prefect_port, "--prefect-port")
        plan.prefect_home.mkdir(mode=0o700, exist_ok=True)


def check_schedules(plan: Plan) -> None:
    """See that every row of the table can be served, before anything is started.

    In a process of its own: Prefect stays out of the one that watches over the others.

    Raises:
        CommandError: a flow, a parameter or a schedule is not as it must be.
    """
    values = msgspec.json.encode(plan.values()).decode()
    checked = subprocess.run(  # noqa: S603 (our own)
        [sys.executable, "-m", "flows.serving", values, CHECK],
        env=os.environ | environment(plan),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if checked.returncode:
        code = USAGE if checked.returncode == USAGE else ENVIRONMENT
        why = checked.stderr.strip() or f"its check ended with code {checked.returncode}"
        raise CommandError(f"{why}\nThe schedules cannot be served: nothing was started", code)


def settled(plan: Plan) -> Plan:
    """The same plan with ports chosen where it says 0."""
    console = plan.console
    if console is not None and console.port == 0:
        console = dataclasses.replace(console, port=_some_port(console.host))
    port = plan.prefect_port or _some_port("127.0.0.1")
    return dataclasses.replace(plan, console=console, prefect_port=port)


def environment(plan: Plan) -> dict[str, str]:
    """What all children have in their environment."""
    given = {name: os.environ.get(name, value) for name, value in (DEFAULTS | LASTING).items()}
    given[VARIABLE] = str(plan.table.path)
    if plan.api is None:
        return given | standing_server(plan.prefect_home, plan.prefect_port)
    return given | {"PREFECT_API_URL": plan.api}


def children(plan: Plan, hear: Callable[[str, str], None]) -> list[Child]:
    """The processes, in the order of their start; ``hear`` is given a name and a line of its."""
    common = environment(plan)

    def child(name: str, module: str, *arguments: str, grace: float) -> Child:
        return Child(
            name=name,
            command=[sys.executable, "-m", module, *arguments],
            grace=grace,
            hears=lambda line: hear(name, line),
            environment=common,
            # Usage and environment: what the child said has to be mended first.
            fatal=frozenset({USAGE, ENVIRONMENT}) if name != PREFECT else frozenset(),
        )

    found = []
    if plan.console is not None:
        told = msgspec.json.encode(plan.console, enc_hook=str).decode()
        found.append(child(CONSOLE, "ops.serving.console", told, grace=20))
    if plan.api is None:
        port = str(plan.prefect_port)
        found.append(child(PREFECT, "flows.local_server", port, "standing", grace=15))
    values = msgspec.json.encode(plan.values()).decode()
    found.append(child(SCHEDULES, "flows.serving", values, grace=40))
    return found


def with_rhythm(table: Schedules, every_minutes: float | None, warehouse: Path) -> Schedules:
    """The table with another rhythm of ``watch``, written beside the warehouse for flow runs.

    Raises:
        SchedulesError: the table has no such row.
    """
    if every_minutes is None:
        return table
    row = msgspec.structs.replace(table.named("watch"), every_minutes=every_minutes, cron=None)
    rows = [row if each.name == "watch" else each for each in table.deployments.values()]
    path = beside(warehouse, "schedules.yaml")
    path.write_bytes(msgspec.yaml.encode({"deployments": rows}))
    return read_schedules(path)


def _free(host: str, port: int, option: str) -> None:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        raise CommandError(
            f"cannot listen on {host}:{port}: {error.strerror}. Something else may be running "
            f"there; choose another port with {option}, or 0 for a free one",
            ENVIRONMENT,
        ) from error


def _some_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as probe:
        port: int = probe.getsockname()[1]
        return port
