"""`channelwatch doctor`: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

import msgspec

from ops.console_output import stdout
from ops.errors import ENVIRONMENT

#: Less room than this beside the warehouse is worth a word.
LOW_DISK = 2 * 1024**3


class Finding(NamedTuple):
    """One thing looked at: ``good``, or what is wrong and what to do."""

    what: str
    good: bool
    says: str


def doctor_command(warehouse: Path, as_json: bool) -> None:
    """Look at everything and print it; exit 3 where something is wrong."""
    findings = [look(warehouse) for look in LOOKS]
    if as_json:
        sys.stdout.write(msgspec.json.encode([f._asdict() for f in findings]).decode() + "\n")
    else:
        console = stdout()
        for finding in findings:
            mark = "[green]good [/]" if finding.good else "[bold red]wrong[/]"
            console.print(f"{mark} {finding.what}: ", end="")
            console.print(finding.says, markup=False)
    if not all(finding.good for finding in findings):
        raise SystemExit(ENVIRONMENT)


def python(_warehouse: Path) -> Finding:
    """The interpreter."""
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("Python", good, found if good else f"{found}; 3.11 or newer is needed")


def packages(_warehouse: Path) -> Finding:
    """Every required distribution is installed, in a version that the project allows."""
    from packaging.requirements import Requirement

    wrong = []
    try:
        needed = [Requirement(line) for line in requires("channelwatch") or []]
    except PackageNotFoundError:
        return Finding("packages", False, "channelwatch is not installed here; run `make setup`")
    for requirement in needed:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} {found} is outside {requirement.specifier}")
    says = "; ".join(wrong) + "; run `make setup`" if wrong else f"{len(needed)} as required"
    return Finding("packages", not wrong, says)


def names(_warehouse: Path) -> Finding:
    """No other distribution hides this one's packages: their names are common ones."""
    import classifiers
    import fixtures
    import flows
    import ops
    import warehouse as warehouse_package

    here = Path(ops.__file__).parents[1]
    ours = (classifiers, fixtures, flows, warehouse_package)
    hidden = [module.__name__ for module in ours if Path(str(module.__file__)).parents[1] != here]
    says = f"{', '.join(hidden)} come from another distribution; use an environment of its own"
    return Finding("import names", not hidden, says if hidden else f"all from {here}")


def models(_warehouse: Path) -> Finding:
    """The bundled models answer."""
    from ops.commands.check import model_problems

    problems = model_problems()
    return Finding("models", not problems, "; ".join(problems) or "loaded and answering")


def database(warehouse: Path) -> Finding:
    """The warehouse can be opened."""
    from warehouse.store import StoreError, open_store

    if not warehouse.exists():
        return Finding(
            "warehouse", True, f"{warehouse} is not there yet; `channelwatch run` makes it"
        )
    try:
        with open_store(warehouse, read_only=True) as store:
            totals = store.totals()
    except StoreError as problem:
        return Finding("warehouse", False, str(problem))
    return Finding("warehouse", True, f"{warehouse}, {totals['messages']:,} messages")


def disk(warehouse: Path) -> Finding:
    """There is room, and the folder may be written."""
    folder = warehouse.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return Finding("disk", False, f"{folder} cannot be written; choose another --warehouse")
    free = shutil.disk_usage(folder).free
    says = f"{free / 1e9:,.1f} GB free in {folder}"
    return Finding("disk", free > LOW_DISK, says if free > LOW_DISK else says + "; make room")


def inbox(warehouse: Path) -> Finding:
    """Nothing waits for ever, and nothing was rejected."""
    from warehouse.inbox import inbox_of, pending

    folder = inbox_of(warehouse)
    waiting, strangers = pending(folder)
    rejected = [path for path in (folder / "rejected").glob("*") if path.suffix != ".txt"]
    if rejected or strangers:
        says = f"{len(rejected) + len(strangers)} files in {folder} could not be loaded"
        return Finding("inbox", False, f"{says}; the reasons lie beside them in rejected/")
    return Finding("inbox", True, f"{len(waiting)} batches wait; the next run loads them")


LOOKS: tuple[Callable[[Path], Finding], ...] = (
    python,
    packages,
    names,
    models,
    database,
    disk,
    inbox,
)
