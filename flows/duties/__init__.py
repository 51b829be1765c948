"""What only the owner of a warehouse can do, one module each, by the module's name.

A duty is a function ``run(store, **parameters)`` that returns plain JSON. It is done by whoever
owns the warehouse: this process, or through :mod:`warehouse.orders` another one. It must come to
the same when it is done twice.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from warehouse.store import Store

Duty = Callable[..., dict[str, Any]]

#: Seconds after which whoever asked is told to ask again: the owner has other work.
PATIENCE = 1.0


class DutyError(Exception):
    """A duty could not be done; the message says why and what to do."""

    exit_code = 1


class UnansweredError(DutyError):
    """Whoever owns the warehouse did not answer in time."""


def beside(store: Store, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a duty that takes long comes to, done beside the owner's other work; or that it goes on.

    ``{"pending": True}`` is answered after :data:`PATIENCE`; who asks again under the same name
    gets what it came to (:func:`flows.owner.on_warehouse` does).
    """
    going = store.beside(name, work)
    try:
        return going.result(PATIENCE)
    except TimeoutError:
        if going.done():  # its own error, and not that it takes long
            raise
        return {"pending": True}


def names() -> list[str]:
    """The duties that there are.

    >>> all(name.isidentifier() for name in names())
    True
    """
    return sorted(module.name for module in iter_modules(__path__))


def do(store: Store, duty: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Do a duty on an open warehouse.

    Raises:
        DutyError: there is no such duty, or its parameters are not as they must be.
    """
    if duty not in names():
        near = get_close_matches(duty, names(), 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names())}"
        raise DutyError(f"no duty {duty!r}{hint}")
    run: Duty = import_module(f"{__name__}.{duty}").run
    try:
        return run(store, **parameters)
    except TypeError as error:
        raise DutyError(f"the duty {duty!r} was not done: {error}") from error
