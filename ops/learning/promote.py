"""Put a candidate in the place of the current model, so that there is a model at every moment.

Three files are replaced, each by one rename of a file that already lies beside it: the thresholds,
then the weights and, right after, their card. Loading compares weights and card and looks a second
time where they do not belong together, so whoever loads meanwhile gets one model or the other. A
process that is killed just between these two leaves a pair that loading refuses, saying that the
former files lie in ``previous/``.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from classifiers import knowledge, modelfile
from classifiers.labels import read_labels, read_thresholds
from classifiers.model import NAME, load
from classifiers.modelfile import FOLDER, FORMER, ModelFileError, read_card
from classifiers.training import THRESHOLDS
from ops.benchmarks.gate import Minimum, missed
from ops.benchmarks.running import Record
from ops.errors import ENVIRONMENT, PROBLEMS, CommandError
from ops.learning.compare import CANDIDATE, worse

WEIGHTS, CARD, LIMITS = f"{NAME}.safetensors", f"{NAME}.json", "thresholds.csv"
_LOCK = ".promotion.lock"
_STAGED = ".promoting."


def reasons_against(record: Record, minimums: Sequence[Minimum]) -> list[str]:
    """Why a measured candidate may not be promoted, a line each; none where it may.

    Every minimum has to be reached: one about a suite that was not measured is not.
    """
    return [*beneath(record, minimums), *worse(record)]


def beneath(record: Record, minimums: Sequence[Minimum]) -> list[str]:
    """The minimums that the candidate does not reach, a line each."""
    suites = {minimum.suite for minimum in minimums}
    return missed(minimums, record.metrics, CANDIDATE, {*record.suites, *suites})


def is_bundled(folder: Path) -> bool:
    """Whether a folder is the one that the scorer reads unless it is told otherwise."""
    return folder.resolve() == FOLDER.resolve()


def places(folder: Path) -> dict[str, Path]:
    """Where the files of the model of a folder lie, by name, in the order of replacing."""
    limits = THRESHOLDS if is_bundled(folder) else folder / LIMITS
    return {LIMITS: limits, WEIGHTS: folder / WEIGHTS, CARD: folder / CARD}


def promote(candidate: Path, folder: Path, replacing: str | None) -> None:
    """Put the model of ``candidate`` in the place of that of ``folder``; that goes to `previous`.

    Args:
        candidate: a folder that `channelwatch train` has written.
        folder: made where there is none.
        replacing: hash of the weights that the candidate was compared with, where they are those
            of ``folder``: others by now are another process's, and stay.

    Raises:
        ModelFileError, CommandError: the candidate is not whole, another promotion is going on, or
            has gone before. Nothing is changed then.
        OSError: a file cannot be written. Until all new files lie beside the old ones, nothing is
            changed.
    """
    load(candidate)
    _check_limits(candidate / LIMITS)
    folder.mkdir(parents=True, exist_ok=True)
    with _turn(folder):
        if replacing is not None and weights_hash(folder) != replacing:
            raise CommandError(
                f"{folder}: the model there is another one than the candidate was compared with; "
                "compare again: run the same command once more",
                PROBLEMS,
            )
        there = places(folder)
        staged = {
            name: _copy(candidate / name, place.with_name(_STAGED + name))
            for name, place in there.items()
        }
        _keep_former(folder, there)
        for name, place in there.items():
            _rename(staged[name], place)
        for parent in {place.parent for place in there.values()}:
            _sync(parent)
    knowledge.forget()  # it holds the former thresholds
    modelfile.code_hash.cache_clear()


def weights_hash(folder: Path) -> str | None:
    """The hash of the weights that the card of a folder states; None where there is no card."""
    try:
        return str(read_card(folder, NAME).get("weights_sha256"))
    except ModelFileError:
        return None


def refusal(reasons: Iterable[str], candidate: Path) -> CommandError:
    """The error of a candidate that is not promoted, each reason named."""
    listed = list(reasons)
    return CommandError(
        f"not promoted, for {len(listed)} reason{'s' * (len(listed) != 1)}; the candidate stays in "
        f"{candidate}:\n  " + "\n  ".join(listed),
        PROBLEMS,
    )


def _check_limits(path: Path) -> None:
    labels, _ = read_labels(knowledge.data_folder() / "labels.yaml")
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; train again")
    _, problems = read_thresholds(path, labels)
    if problems:
        raise ModelFileError(f"{path}: {problems[0]}; train again")


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One promotion into a folder at a time; the system lets go where a process is killed."""
    with (folder / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"{folder}: another promotion into this folder is going on; wait for it, then run "
                "the same command once more",
                ENVIRONMENT,
            ) from None
        yield


def _keep_former(folder: Path, there: Mapping[str, Path]) -> None:
    """Copy the present files into ``previous``, if they are a model that loads.

    What a promotion that was killed has left half replaced must not push out the good ones.
    """
    try:
        modelfile.load(folder, NAME)
    except ModelFileError:
        return
    fresh, former = folder / f"{_STAGED}{FORMER}", folder / FORMER
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for name, place in there.items():
        if place.exists():
            _copy(place, fresh / name)
    shutil.rmtree(former, ignore_errors=True)
    _rename(fresh, former)


def _copy(source: Path, place: Path) -> Path:
    """Copy a file and see it onto the disk."""
    with source.open("rb") as old, place.open("wb") as new:
        shutil.copyfileobj(old, new)
        new.flush()
        os.fsync(new.fileno())
    return place


def _rename(source: Path, place: Path) -> None:
    source.replace(place)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
