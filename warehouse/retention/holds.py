"""Legal holds: what must not be removed, whatever its age, until the hold is lifted."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from warehouse.retention.rules import RetentionError
from warehouse.sql import query
from warehouse.store import Store


def add(  # noqa: PLR0913
    store: Store,
    *,
    hold_id: str,
    who: str,
    why: str,
    now: datetime,
    channel: str | None = None,
    message: int | None = None,
    item: int | None = None,
    case: str | None = None,
) -> int:
    """Put a channel, a message of it, or an item under a hold; how many messages or channels.

    Doing it again with the same ``hold_id`` changes nothing.

    Raises:
        RetentionError: it does not say what to hold, by whom or why, or there is no such thing.
    """
    if (channel is None) == (item is None) or (message is not None and channel is None):
        raise RetentionError("name a channel, a channel and a message of it, or an item")
    for name, value in (("who", who), ("why", why)):
        if not value.strip():
            raise RetentionError(f"a hold says {name}; nothing was held")
    known = store.rows("retention/known", channel_key=channel, item_no=item)[0]
    if item is not None and not known["item"]:
        raise RetentionError(f"there is no item {item}; nothing was held")
    if channel is not None and not known["channel"]:
        raise RetentionError(
            f"no message of a channel {channel!r} is here; nothing was held. Channels are named as "
            "in the view `channels`, such as tg:1234567890"
        )
    kind = "item" if item is not None else "channel" if message is None else "message"
    with store.transaction_alone() as connection:
        row = connection.execute(
            query("retention/hold"),
            {
                "hold_id": str(uuid.UUID(hold_id)),
                "kind": kind,
                "case_name": case,
                "channel_key": channel,
                "message_id": message,
                "item_no": item,
                "who": who,
                "now": now,
                "why": why,
            },
        ).fetchone()
    return int(row[0]) if row else 0


def lift(  # noqa: PLR0913
    store: Store,
    *,
    who: str,
    why: str,
    now: datetime,
    hold_id: str | None = None,
    case: str | None = None,
) -> list[str]:
    """Lift a hold, or every hold of a case; the ids of those that were in force.

    Raises:
        RetentionError: it does not say which, by whom or why.
    """
    if (hold_id is None) == (case is None):
        raise RetentionError("name the hold or the case that is lifted")
    for name, value in (("who", who), ("why", why)):
        if not value.strip():
            raise RetentionError(f"lifting a hold says {name}; nothing was lifted")
    try:
        named = str(uuid.UUID(hold_id)) if hold_id else None
    except ValueError as error:
        raise RetentionError(f"{hold_id!r} is no id of a hold; see them with hold list") from error
    with store.transaction_alone() as connection:
        rows = connection.execute(
            query("retention/lift"),
            {"hold_id": named, "case_name": case, "who": who, "now": now, "why": why},
        ).fetchall()
    return [str(row[0]) for row in rows]


def listed(store: Store) -> list[dict[str, Any]]:
    """Every hold, oldest first; those lifted too."""
    return store.rows("retention/holds")
