"""Everything that is looked at, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Iterator

from ops.doctor import installation, keeping, machine, prefect, settings, waiting
from ops.doctor.finding import Finding, Look, Place, fail
from ops.runbooks import Page

QUICK: tuple[Look, ...] = (
    installation.python,
    installation.packages,
    installation.names,
    installation.models,
    installation.compiled,
    installation.reference_data,
    installation.time_zones,
    machine.disk,
    machine.memory,
    machine.clock,
    keeping.warehouse,
    waiting.inbox,
    settings.accounts,
    settings.policy,
    settings.tables,
    machine.port,
    prefect.server,
    prefect.writable,
)
DEEP: tuple[Look, ...] = (keeping.models_answer, keeping.whole)


def look_around(place: Place, *, deep: bool = False) -> Iterator[Finding]:
    """What every look finds; a look that fails itself is a finding too, and the others go on."""
    for look in (*QUICK, *(DEEP if deep else ())):
        try:
            yield from look(place)
        except Exception as problem:  # noqa: BLE001 (what is broken may break a look in any way)
            says = f"could not be looked at: {type(problem).__name__}: {str(problem)[:200]}"
            yield fail(look.__name__.replace("_", " "), says, "see the runbook", Page.INSTALLATION)
