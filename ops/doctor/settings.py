"""The files that people write: the policy, the schedules, the rules of alerts; and the accounts."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from ops.doctor.finding import Finding, Place, fail, ok
from ops.doctor.installation import first_line
from ops.runbooks import Page


def accounts(place: Place) -> Iterator[Finding]:
    """The console's accounts are its user's alone."""
    path = place.warehouse.with_name(place.warehouse.name + ".console")
    if not path.exists():
        yield ok("accounts", "none yet")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield fail(
            "accounts",
            f"others can read {path} (mode {mode:04o})",
            f"chmod 600 {path} and give its users new passwords if somebody may have read it",
            Page.ACCOUNTS_OPEN,
        )
    elif not os.access(path, os.R_OK | os.W_OK):
        yield fail(
            "accounts",
            f"{path} cannot be read and written by this user",
            "give it to the user that runs the console",
            Page.ACCOUNTS_OPEN,
        )
    else:
        yield ok("accounts", f"{path}, mode {mode:04o}")


def policy(place: Place) -> Iterator[Finding]:
    """The policy of the console is valid."""
    from classifiers.knowledge import load
    from ops.console.policy import BUILT_IN, read_policy

    path = place.policy or BUILT_IN
    yield valid("policy", path, lambda: read_policy(path, load(cues=False).labels))


def tables(place: Place) -> Iterator[Finding]:
    """The schedules and the rules of alerts are valid, where they are installed."""
    for what, module, reader, given in (
        ("schedules", "flows.schedules", "read_schedules", place.schedules),
        ("alert rules", "flows.alerting.reading", "read_alerts", place.rules),
    ):
        try:
            known = find_spec(module) is not None
        except ModuleNotFoundError:
            known = False
        if not known:
            continue
        loaded = import_module(module)
        named = given or os.environ.get(loaded.VARIABLE)
        path = Path(named) if named else None
        yield valid(what, path, partial(getattr(loaded, reader), path))


def valid(what: str, path: Path | None, read: Callable[[], object]) -> Finding:
    """Whether a file can be read as what it should be."""
    try:
        read()
    except Exception as problem:  # told apart by whose it is
        if not hasattr(problem, "exit_code") and not isinstance(problem, OSError | ValueError):
            raise
        return fail(what, first_line(problem), "mend what it names", Page.SETTINGS_INVALID)
    return ok(what, f"{path or 'the bundled one'} is valid")
