"""Have a duty done on a warehouse, by this process where it is free, else by its owner."""

from __future__ import annotations

import time
from logging import ERROR
from pathlib import Path
from typing import Any

from flows.duties import DutyError, UnansweredError, do
from flows.watching.events import tell
from warehouse import orders
from warehouse.store import Store, StoreError, StoreLocked, open_store

#: Seconds between two looks for an answer.
PAUSE = 0.2


def on_warehouse(
    warehouse: Path, duty: str, *, timeout: float = 600.0, **parameters: Any
) -> dict[str, Any]:
    """The result of a duty; see :mod:`flows.duties` for what there is.

    One that takes long is asked for until it is done.

    Args:
        timeout: seconds to wait for the owner, where another process is it. What is not begun by
            then is withdrawn.

    Raises:
        StoreError: the warehouse cannot be used.
        DutyError: the duty failed.
        UnansweredError: its owner did not answer in time.
    """
    while (done := _asked(warehouse, duty, timeout, parameters)).get("pending"):
        time.sleep(PAUSE)
    return done


def _asked(
    warehouse: Path, duty: str, timeout: float, parameters: dict[str, Any]
) -> dict[str, Any]:
    """What a duty comes to, or that its owner is still at it."""
    end = time.monotonic() + timeout
    order_id: str | None = None
    while True:
        try:
            with open_store(warehouse) as store:
                if order_id is None or orders.take_back(warehouse, order_id):
                    carry_out(store)  # what was ordered while nobody had it: notes of the audit log
                    while (done := do(store, duty, parameters)).get("pending"):
                        time.sleep(PAUSE)  # closed meanwhile, it would be begun anew
                    return done
        except StoreLocked:
            pass
        if order_id is None:
            order_id = orders.place(warehouse, duty, parameters)
        result = _wait(warehouse, order_id, min(end, time.monotonic() + 10))
        if result is not None:
            if "error" in result:
                raise DutyError(str(result["error"]))
            return result
        if time.monotonic() >= end:
            orders.take_back(warehouse, order_id)
            raise UnansweredError(
                f"{duty}: whoever has {warehouse} open did not answer within {timeout:.0f} s. Is "
                "it the console or `channelwatch serve`? A run answers no orders: try after it"
            )


def carry_out(store: Store) -> int:
    """Do the duties that were ordered of this owner; how many they were."""
    found = orders.waiting(store.path)
    for order in found:
        began = time.monotonic()
        try:
            result = do(store, order.duty, order.parameters)
            tell("duty_done", duty=order.duty, seconds=time.monotonic() - began)
        except Exception as error:  # noqa: BLE001 (whoever asked is told; the owner goes on)
            result = {"error": str(error) or type(error).__name__}
            tell(
                "duty_failed",
                level=ERROR,
                duty=order.duty,
                problem=result["error"],
                seconds=time.monotonic() - began,
            )
        orders.answer(store.path, order.order_id, result)
    return len(found)


def _wait(warehouse: Path, order_id: str, end: float) -> dict[str, Any] | None:
    while time.monotonic() < end:
        result = orders.answered(warehouse, order_id)
        if result is not None:
            return result
        time.sleep(PAUSE)
    return orders.answered(warehouse, order_id)


__all__ = ["DutyError", "StoreError", "UnansweredError", "carry_out", "on_warehouse"]
