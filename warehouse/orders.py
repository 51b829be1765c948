"""Orders: how a process that may not open the warehouse has its owner do something for it.

An order is a small JSON file in the folder ``orders`` of the inbox, whole when it can be seen; its
answer another one in ``answers``. The owner carries orders out one after the other, and takes an
order away only when its answer lies there: killed in between, it carries it out again. So what an
order asks for must come to the same when it is done twice.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.encryption import KEY_FILE, KeyProblem, incoming, outgoing
from warehouse.inbox import inbox_of

#: Bounds of an order and of how long an answer that nobody fetched is kept.
MOST_BYTES, KEPT_SECONDS = 1 << 20, 86_400.0

_NAME = re.compile(r"\d{20}-[0-9a-f]{16}")
_DUTY = re.compile(r"[a-z][a-z_]{0,63}")


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of the owner: the name of a duty and its parameters, plain JSON."""

    order_id: str
    duty: str
    parameters: dict[str, Any]


def place(warehouse: Path, duty: str, parameters: Mapping[str, Any]) -> str:
    """Put an order before the owner of a warehouse; its id.

    Raises:
        ValueError: the duty's name or the parameters cannot be written down.
        OSError: the folder may not be written, or the disk is full.
    """
    if not _DUTY.fullmatch(duty):
        raise ValueError(f"{duty!r} is no name of a duty: small letters and _")
    order_id = f"{time.time_ns():020d}-{secrets.token_hex(8)}"
    data = json.dumps({"duty": duty, "parameters": dict(parameters)}, allow_nan=False).encode()
    if len(data) > MOST_BYTES:
        raise ValueError(f"the parameters of {duty!r} are {len(data):,} bytes; 1 MiB at most")
    _write(inbox_of(warehouse) / "orders" / f"{order_id}.json", data)
    return order_id


def waiting(warehouse: Path) -> list[Order]:
    """The orders that wait, oldest first; what cannot be read is answered with why."""
    folder = inbox_of(warehouse) / "orders"
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        if not _NAME.fullmatch(path.stem):
            continue
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError("it is larger than 1 MiB")
            told = json.loads(incoming(path.read_bytes()))
            found.append(Order(path.stem, str(told["duty"]), dict(told["parameters"])))
        except (ValueError, KeyError, TypeError) as error:
            answer(warehouse, path.stem, {"error": f"the order cannot be read: {error}"})
        except FileNotFoundError:  # whoever placed it has taken it back
            continue
    return found


def answer(warehouse: Path, order_id: str, result: Mapping[str, Any]) -> None:
    """Write the answer to an order and take the order away.

    Raises:
        OSError: the folder may not be written, or the disk is full; the order stays.
    """
    inbox = inbox_of(warehouse)
    _write(inbox / "answers" / f"{order_id}.json", json.dumps(dict(result), default=str).encode())
    (inbox / "orders" / f"{order_id}.json").unlink(missing_ok=True)
    _sweep(inbox / "answers")


def answered(warehouse: Path, order_id: str) -> dict[str, Any] | None:
    """The answer to an order, which is taken away; None while there is none.

    Raises:
        KeyProblem: the owner has another key than this process.
    """
    path = inbox_of(warehouse) / "answers" / f"{order_id}.json"
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        told = incoming(data)
    except ValueError as problem:
        raise KeyProblem(
            f"the owner of {warehouse} answered, and {problem}: name the file of the key of the "
            f"warehouse with {KEY_FILE}"
        ) from problem
    result: dict[str, Any] = json.loads(told)
    path.unlink(missing_ok=True)
    return result


def take_back(warehouse: Path, order_id: str) -> bool:
    """Withdraw an order that is not carried out yet; whether it was still there."""
    path = inbox_of(warehouse) / "orders" / f"{order_id}.json"
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = outgoing(path.parent.parent, data)
    temporary = path.with_name(f".{os.getpid()}-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _sweep(folder: Path) -> None:
    """Forget answers that nobody fetched within a day."""
    limit = time.time() - KEPT_SECONDS
    for path in folder.glob("*.json"):
        try:
            if path.stat().st_mtime < limit:
                path.unlink()
        except FileNotFoundError:
            continue
