"""Locks: many together or one alone, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable

from warehouse.turns import Shared

#: Seconds that a thread is given to do what it can.
SOON = 10.0


def begun(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_many_hold_it_together() -> None:
    lock, met = Shared(), threading.Barrier(3)

    def work() -> None:
        with lock.together():
            met.wait(SOON)  # broken, if they were let in one by one

    threads = [begun(work) for _ in range(3)]
    for thread in threads:
        thread.join(SOON)
    assert not met.broken


def test_one_who_holds_it_alone_keeps_out_all_others() -> None:
    lock, inside, most = Shared(), [0], [0]

    def together() -> None:
        for _ in range(200):
            with lock.together():
                assert not inside[0]

    def alone() -> None:
        for _ in range(200):
            with lock.alone():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                assert inside[0] == 1
                inside[0] -= 1

    failed: list[object] = []
    former, threading.excepthook = threading.excepthook, lambda args: failed.append(args.exc_value)
    try:
        threads = [begun(work) for work in (together, alone, together, alone)]
        for thread in threads:
            thread.join(SOON)
    finally:
        threading.excepthook = former
    assert failed == []
    assert most == [1]


def test_who_wants_it_alone_is_not_kept_waiting_by_a_stream_of_others() -> None:
    lock = Shared()
    order: list[str] = []

    def alone() -> None:
        with lock.alone():
            order.append("alone")

    def later() -> None:
        with lock.together():
            order.append("later")

    with lock.together():
        waiting = begun(alone)
        while not lock._wanting_alone:  # it says so once it waits
            pass
        late = begun(later)
        late.join(0.05)
        assert order == []
    waiting.join(SOON)
    late.join(SOON)
    assert order == ["alone", "later"]


def test_what_is_raised_inside_gives_it_free() -> None:
    lock = Shared()
    for way in (lock.together, lock.alone, lock.together):
        try:
            with way():
                raise KeyError
        except KeyError:
            pass
    with lock.alone():
        pass
