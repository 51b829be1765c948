"""Routes: to whom alerts go, and by what way. Secrets come from the environment or from files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

#: No secret is longer.
MOST_SECRET = 16_384


class RouteError(Exception):
    """A route cannot be used as it is set up; the message says why and what to do."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Route:
    """One receiver.

    ``settings`` are those of its type. ``details``: it is also told the subject's other fields,
    such as a payment indicator, which are text of messages. ``resolved``: it is also told what is
    over. ``digest_from``: from so many new events on they come as one. ``timeout`` is seconds that
    one attempt may take, ``attempts`` are made one after the other before it is left for the next
    time.
    """

    name: str
    type: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    details: bool = False
    resolved: bool = False
    digest_from: int = 6
    timeout: float = 10.0
    attempts: int = 3


class Setting(NamedTuple):
    """What a setting must be: text | secret | place (either) | texts | port | choice."""

    type: str
    needed: bool = False
    choices: tuple[str, ...] = ()
    default: Any = None


SETTINGS: dict[str, dict[str, Setting]] = {
    "webhook": {
        "url": Setting("place", needed=True),
        "secret": Setting("secret"),
        "ca": Setting("text"),
    },
    "email": {
        "host": Setting("text", needed=True),
        "port": Setting("port", default=587),
        "security": Setting("choice", choices=("starttls", "tls", "none"), default="starttls"),
        "user": Setting("place"),
        "password": Setting("secret"),
        "from": Setting("text", needed=True),
        "to": Setting("texts", needed=True),
        "ca": Setting("text"),
    },
    "prefect": {},
    "apprise": {"url": Setting("secret", needed=True)},
}


def secret(route: Route, name: str) -> str | None:
    """A setting that may stand elsewhere; None where the route has none.

    Raises:
        RouteError: the variable is not set, or the file cannot be read.
    """
    told = route.settings.get(name)
    if told is None or isinstance(told, str):
        return None if told is None else str(told)
    if variable := told.get("env"):
        found = os.environ.get(variable)
        if not found:
            raise RouteError(
                f"route {route.name}: its {name} is in the environment variable {variable}, which "
                "is not set"
            )
        return found
    path = Path(str(told["file"]))
    try:
        with path.open("rb") as file:
            text = file.read(MOST_SECRET).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RouteError(f"route {route.name}: its {name} cannot be read: {error}") from error
    if not text:
        raise RouteError(f"route {route.name}: {path}, which holds its {name}, is empty")
    return text
