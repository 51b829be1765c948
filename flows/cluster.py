"""The Dask cluster: one that runs already, or one of our own on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flows.progress import Progress

#: Seconds in which a scheduler has to answer.
PATIENCE = 15


class ClusterProblem(Exception):  # noqa: N818
    """The cluster cannot be used; the message says why and what to do."""

    exit_code = 3


@contextmanager
def client_of(address: str | None, workers: int, progress: Progress) -> Iterator[Any]:
    """A client of the cluster at an address, else of one of our own, which goes at the end.

    Raises:
        ClusterProblem: no scheduler answers there.
    """
    from distributed import Client, LocalCluster  # noqa: PLC0415 (an extra; seconds to import)

    if not address:
        with LocalCluster(**options(workers)) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as problem:
        raise ClusterProblem(
            f"no Dask scheduler answers at {address} ({problem}); start one with `dask scheduler` "
            "and workers with `dask worker`, mend the address, or have --workers here"
        ) from problem
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            progress.say(f"{address} has no worker yet; waiting (dask worker {address})")
        yield client


def options(workers: int) -> dict[str, Any]:
    """A cluster on this machine: a process each, one thread in each, no pages."""
    return {
        "n_workers": workers,
        "threads_per_worker": 1,
        "processes": True,
        # None would be Dask's own port, and a warning where that is taken.
        "dashboard_address": "127.0.0.1:0",
        "scheduler_kwargs": {"dashboard": False},
    }
