"""The flows of the table of schedules, each under its deployment's name.

``flows.scheduled.watch`` is the flow of the row ``watch`` with that row's retries and time limit:
a deployment's entry point, from which any runner or worker loads it. Importing a name of this
module imports Prefect.
"""

from __future__ import annotations

import atexit
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

from flows.parentage import leave_with_its_parent
from flows.prefect_defaults import set_defaults
from flows.schedules import Deployment, Schedules, SchedulesError, filled, read_schedules, unknown
from flows.watching import logs, telemetry

#: Seconds that a run has to say that it was ended, once the process that started it has gone.
GRACE = 5.0


class NotInstalledError(LookupError):
    """A flow needs what is not installed here; the message says which and what."""


def __getattr__(name: str) -> Any:
    """The flow of a row of the chosen table."""
    if name.startswith("__"):
        raise AttributeError(name)
    table = read_schedules()
    for row in table.deployments.values():
        if row.attribute == name:
            _watched()
            return flow_of(table, row)
    raise AttributeError(f"{table.path} has no deployment {name!r}")


@cache
def _watched() -> None:
    """Have this process, which runs the flow, write its log as ours and be counted to its end.

    Where `serve` has started it, it leaves with it: also where both processes that see to its end
    are killed at once.
    """
    leave_with_its_parent(GRACE)
    logs.configure()
    exported = telemetry.exporting("channelwatch-flow")
    exported.__enter__()
    atexit.register(exported.__exit__, None, None, None)


def flow_of(table: Schedules, row: Deployment) -> Any:
    """The flow of a row, as a Prefect flow with the row's options.

    Raises:
        SchedulesError: there is no such module, or no such flow in it; the message names the line.
        NotInstalledError: the module is there, and a package that it needs is not.
    """
    set_defaults()
    from prefect import Flow  # noqa: PLC0415 (whoever reads the table alone needs no Prefect)

    module, _, name = row.flow.partition(":")
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        said = unknown("module", module, _beside(module), every=False)
        raise SchedulesError(f"{table.where(row.name)}: {said}")
    try:
        loaded = import_module(module)
    except ModuleNotFoundError as error:
        raise NotInstalledError(f"{row.name}: {module} needs {error.name}") from error
    found = getattr(loaded, name, None)
    if not isinstance(found, Flow):
        flows = [
            f"{module}:{key}" for key, value in vars(loaded).items() if isinstance(value, Flow)
        ]
        raise SchedulesError(f"{table.where(row.name)}: {unknown('flow', row.flow, flows)}")
    # Drawn in each run's own process: runs that failed together do not come back together.
    wait = round(row.retry_wait_seconds * (1 + random.random() * row.retry_jitter))  # noqa: S311
    return found.with_options(
        description=row.description,
        flow_run_name=lambda: f"{row.name} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        retries=row.retries,
        retry_delay_seconds=wait,
        timeout_seconds=row.timeout_minutes * 60 if row.timeout_minutes else None,
    )


def _beside(module: str) -> list[str]:
    """The modules of the package in which ``module`` would be."""
    package = module.rpartition(".")[0]
    try:
        spec = find_spec(package) if package else None
    except ModuleNotFoundError:
        return []
    if spec is None:
        return []
    return [f"{package}.{each.name}" for each in iter_modules(spec.submodule_search_locations)]


def checked_parameters(
    table: Schedules, row: Deployment, flow: Any, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of a row with its placeholders replaced, checked against its flow.

    Raises:
        SchedulesError: the flow has no such parameter, needs one more, or one does not fit; the
            message names the row's line.
    """
    from prefect.exceptions import ParameterBindError, ParameterTypeError  # noqa: PLC0415

    known = list(flow.parameters.properties)
    for name in row.parameters:
        if name not in known:
            said = unknown(f"parameter of {row.flow}", name, known)
            raise SchedulesError(f"{table.where(row.name)}: {said}")
    given = filled(row, values)
    missing = [name for name in flow.parameters.required if name not in given]
    if missing:
        raise SchedulesError(f"{table.where(row.name)}: {row.flow} needs {', '.join(missing)}")
    try:
        flow.validate_parameters(given)
    except (ParameterBindError, ParameterTypeError) as error:
        raise SchedulesError(f"{table.where(row.name)}: {row.flow}: {error}") from error
    return given
