"""What is said of alerts: sentences, addresses, plain text and JSON. Names in them do nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from flows.alerting.routes import Route
from warehouse.alerting.kinds import kinds
from warehouse.alerting.rule import SEVERITIES

Event = Mapping[str, Any]

#: A name is cut here.
MOST_NAME = 80

HAPPENED = {
    "raised": "new",
    "again": "still so",
    "worse": "much worse",
    "resolved": "over",
}

_FIELD = re.compile(r"\{([a-z_]+)\}")
#: A moment as DuckDB says it.
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d):\d\d(?:\.\d+)?\+00")
_MARKUP = str.maketrans("[]<>`|@\\", "［］＜＞｀｜＠＼")
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def inert(text: object) -> str:
    """Text of others for a line of ours: short, on one line, no link, nothing that is not seen.

    >>> inert("a\\u202eb [x](https://c.example)\\n@d")
    'ab ［x］(https:⁄⁄c․example) ＠d'
    """
    seen = "".join(
        " " if letter in "\t\n\r" else letter
        for letter in str(text)[: 4 * MOST_NAME]
        if letter in "\t\n\r" or unicodedata.category(letter) not in _HIDDEN
    )
    line = " ".join(seen.translate(_MARKUP).replace("//", "⁄⁄").split())
    # Mail programs make links of whatever looks like the name of a host.
    line = re.sub(r"(?<=\w)\.(?=[^\W\d])", "․", line)
    return line if len(line) <= MOST_NAME else line[: MOST_NAME - 1] + "…"


def sentence(event: Event) -> str:
    """What an alert says, by the sentence of its kind; moments to the minute.

    >>> sent = {"first_sent_at": "2024-05-06 14:56:46.5+00"}
    >>> named = {"name": "Lamp", "channel": "tg:7"}
    >>> sentence({"kind": "first_solicitation", "evidence": sent, "subject": named})
    'Lamp (tg:7) asks for donations: its first flagged message is of 2024-05-06 14:56 UTC.'
    """
    kind = kinds().get(event["kind"])
    fields = {**event["evidence"], **event["subject"]}

    def field(match: re.Match[str]) -> str:
        value = fields.get(match[1])
        if isinstance(value, list):
            return " and ".join(inert(one) for one in value)
        if moment := _MOMENT.fullmatch(str(value)):
            return f"{moment[1]} UTC"
        return "(no name)" if value is None else inert(value)

    return _FIELD.sub(field, kind.says) if kind else event["rule"]


def said_fields(event: Event) -> dict[str, Any]:
    """The fields of the subject that its kind says out loud."""
    kind = kinds().get(event["kind"])
    named = set(_FIELD.findall(kind.says)) if kind else set()
    return {name: value for name, value in event["subject"].items() if name in named}


def rows_address(event: Event, console: str) -> str | None:
    """Where the rows of an alert are; None where it has none in the queue."""
    return f"{console}/queue?{event['link']}" if event["link"] else None


def page_address(event: Event, console: str) -> str:
    """Where an alert is acknowledged or silenced."""
    return f"{console}/alerts/{event['alert_id']}"


def title(events: Sequence[Event]) -> str:
    """One line for some events: the most urgent severity, and what it is about."""
    worst = max((event["severity"] for event in events), key=SEVERITIES.index)
    if len(events) > 1:
        return f"[channelwatch] {worst}: {len(events)} alerts"
    [event] = events
    return f"[channelwatch] {worst}: {event['rule']} ({HAPPENED[event['event']]})"


def plain_text(events: Sequence[Event], console: str) -> str:
    """The text of a message to people: sentences, numbers and addresses; no text of messages."""
    return "\n".join(line for event in events for line in _lines(event, console)) + "\n"


def _lines(event: Event, console: str) -> list[str]:
    numbers = ", ".join(
        f"{name.replace('_', ' ')} {value}"
        for name, value in sorted(event["evidence"].items())
        if isinstance(value, int | float) and not isinstance(value, bool)
    )
    rows = rows_address(event, console)
    return [
        f"{event['severity']}: {sentence(event)}",
        f"  Rule      {event['rule']} ({HAPPENED[event['event']]}): {inert(event['description'])}",
        f"  Since     {event['first_seen'][:16].replace('T', ' ')} UTC",
        *([f"  Numbers   {numbers}"] if numbers else []),
        *([f"  Rows      {rows}"] if rows else []),
        f"  Answer    {page_address(event, console)}",
        "",
    ]


def as_json(event: Event, route: Route, console: str) -> dict[str, Any]:
    """An event as receivers of JSON get it; ``id`` is the same whenever it is sent."""
    return {
        "id": event["event_id"],
        "alert": event["alert_id"],
        "event": event["event"],
        "at": event["happened_at"],
        "since": event["first_seen"],
        "rule": event["rule"],
        "kind": event["kind"],
        "severity": event["severity"],
        "says": sentence(event),
        "count": event["count"],
        "measure": event["measure"],
        "subject": dict(event["subject"]) if route.details else said_fields(event),
        "evidence": dict(event["evidence"]),
        "rows": rows_address(event, console),
        "page": page_address(event, console),
    }
