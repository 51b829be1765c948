"""Where batches are scored: threads for a little, processes for much.

Scoring holds Python's lock for most of its time, so threads share one core. Processes use all of
them, and cost some seconds each to start: they pay from :data:`LARGE` bytes of input on.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager

#: Bytes on disk from which on processes are worth their start; some 12,000 messages.
LARGE = 8 * 1024 * 1024


@contextmanager
def pool(workers: int, size: int) -> Iterator[Executor]:
    """An executor of ``workers`` threads or processes for an input of ``size`` bytes."""
    executor: Executor
    if workers > 1 and size >= LARGE:
        executor = ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), initializer=_leave_with_parent
        )
    else:
        executor = ThreadPoolExecutor(workers)
    with executor:
        yield executor


def _leave_with_parent() -> None:
    """End a worker whose run was killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
