"""The installation: Python, packages, our own files, the models, what was compiled ahead."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import zoneinfo
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from ops.doctor.finding import Finding, Place, fail, ok, warn
from ops.runbooks import Page

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
MODELS = ("scoring", "language")


def python(_place: Place) -> Iterator[Finding]:
    """The interpreter."""
    # An older one could not have come so far: the packages ask for 3.11.
    yield ok("Python", ".".join(map(str, sys.version_info[:3])))


def packages(_place: Place) -> Iterator[Finding]:
    """Every required distribution is installed, in a version that is allowed, and was tested."""
    from packaging.requirements import Requirement

    try:
        needed = [Requirement(line) for line in requires("channelwatch") or []]
    except PackageNotFoundError:
        yield fail(
            "packages", "channelwatch is not installed here", "run `make setup`", Page.INSTALLATION
        )
        return
    wrong, untried = [], []
    tested = tested_versions(ROOT / "requirements.lock")
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
        elif series(found) != series(tested.get(requirement.name.lower(), found)):
            untried.append(f"{requirement.name} {found} ({tested[requirement.name.lower()]})")
    if wrong:
        yield fail("packages", "; ".join(wrong), "run `make setup`", Page.INSTALLATION)
    elif untried:
        yield warn(
            "packages",
            f"others than were tested (in brackets): {', '.join(untried)}",
            "run `make setup`, which installs the tested set",
            Page.INSTALLATION,
        )
    else:
        yield ok("packages", f"{len(needed)} as required and as tested")


def tested_versions(lock: Path) -> dict[str, str]:
    """The set of versions that was tested, by name; empty where the lock did not come along."""
    try:
        return {name.lower(): found for name, found in PINNED.findall(lock.read_text("utf-8"))}
    except OSError:
        return {}


def series(found: str) -> list[str]:
    """What of a version says that something may work otherwise.

    >>> series("3.8.8") == series("3.8.9"), series("3.8.8") == series("3.9.0")
    (True, False)
    """
    return found.split(".")[:2]


def names(_place: Place) -> Iterator[Finding]:
    """No other distribution hides this one's packages: their names are common ones."""
    import classifiers
    import fixtures
    import flows
    import warehouse

    ours = (classifiers, fixtures, flows, warehouse)
    hidden = [module.__name__ for module in ours if Path(str(module.__file__)).parents[1] != ROOT]
    if hidden:
        yield fail(
            "import names",
            f"{', '.join(hidden)} come from another distribution",
            "give channelwatch an environment of its own",
            Page.INSTALLATION,
        )
    else:
        yield ok("import names", f"all from {ROOT}")


def models(_place: Place) -> Iterator[Finding]:
    """The bundled model files are there, and whole."""
    import classifiers

    yield from models_in(Path(classifiers.__file__).parent / "models")


def models_in(folder: Path) -> Iterator[Finding]:
    """The weights of a folder have the hash that their cards say."""
    import msgspec

    wrong = []
    for name in MODELS:
        card, weights = folder / f"{name}.json", folder / f"{name}.safetensors"
        try:
            told = msgspec.json.decode(card.read_bytes(), type=dict).get("weights_sha256")
            with weights.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as problem:
            wrong.append(f"{problem.filename or card}: {problem.strerror}")
        except msgspec.MsgspecError as problem:
            wrong.append(f"{card}: {problem}")
        else:
            if found != told:
                wrong.append(f"{weights} is not what its card was written for")
    if wrong:
        yield fail(
            "models",
            "; ".join(wrong),
            f"restore both files (`git checkout -- {folder}`), or train again",
            Page.MODEL_DAMAGED,
        )
    else:
        yield ok("models", f"{' and '.join(MODELS)} are whole")


def compiled(_place: Place) -> Iterator[Finding]:
    """What numba compiled ahead is there and newer than its source."""
    import classifiers

    yield from compiled_in(Path(classifiers.__file__).parent)


def compiled_in(folder: Path) -> Iterator[Finding]:
    """The same of a folder of sources."""
    elsewhere = os.environ.get("NUMBA_CACHE_DIR")
    if elsewhere:
        if not os.access(elsewhere, os.W_OK):
            yield warn(
                "compiled code",
                f"NUMBA_CACHE_DIR={elsewhere} cannot be written: every "
                "command compiles anew, half a minute each",
                "make it writable, or unset NUMBA_CACHE_DIR",
                Page.COMPILED_STALE,
            )
        else:
            yield ok("compiled code", f"kept in {elsewhere} (NUMBA_CACHE_DIR)")
        return
    cache = folder / "__pycache__"
    if not os.access(cache if cache.is_dir() else folder, os.W_OK):
        yield warn(
            "compiled code",
            f"{cache} cannot be written, and numba passes over what it may not write: all is "
            "compiled again, in .cache/numba of HOME where that can be written",
            "name a folder of this user with NUMBA_CACHE_DIR, and run `python -m ops.ahead` once",
            Page.COMPILED_STALE,
        )
        return
    stale = []
    for source in sorted(folder.glob("*.py")):
        if not re.search(r"^@(?:compiled|njit)\b", source.read_text("utf-8"), re.MULTILINE):
            continue
        kept = [path.stat().st_mtime for path in cache.glob(f"{source.stem}.*.nbi")]
        if not kept or max(kept) < source.stat().st_mtime:
            stale.append(source.name)
    if stale:
        yield warn(
            "compiled code",
            f"of {', '.join(stale)} missing or older than the source: the "
            "next command takes half a minute longer",
            "run `python -m ops.ahead` once, as whoever may write there",
            Page.COMPILED_STALE,
        )
    else:
        yield ok("compiled code", "compiled ahead")


def reference_data(_place: Place) -> Iterator[Finding]:
    """Labels and actors can be read; `channelwatch check` reads the cue words too."""
    from classifiers.knowledge import load

    try:
        load(cues=False)
    except (ValueError, OSError) as problem:
        yield fail(
            "reference data",
            first_line(problem),
            "mend the line that it names; `channelwatch check` lists all of them",
            Page.SETTINGS_INVALID,
        )
    else:
        yield ok("reference data", "labels and actors are valid")


def time_zones(_place: Place) -> Iterator[Finding]:
    """Time zones are known: dates in exports and schedules need them."""
    wanted = ("UTC", "Asia/Kabul", "Asia/Karachi")
    try:
        for name in wanted:
            zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError):
        yield fail(
            "time zones",
            f"no data of {name}",
            "install the system's package tzdata",
            Page.INSTALLATION,
        )
    else:
        yield ok("time zones", "known")


def first_line(problem: Exception) -> str:
    """What an error says, in a line."""
    return (str(problem).strip() or type(problem).__name__).split("\n", 1)[0]
