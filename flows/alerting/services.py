"""Alerts by whatever else apprise knows (Matrix, Slack, Teams, SMS and a hundred more)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.alerting import wording
from flows.alerting.routes import Route, RouteError, secret
from flows.alerting.webhook import NotDelivered


def send(delivery: Mapping[str, Any], route: Route, console: str) -> str:
    """Send a delivery once, as plain text.

    Raises:
        NotDelivered: the service did not take it; apprise says no more than that.
        RouteError: the route's address is none that apprise knows.
    """
    import apprise  # noqa: PLC0415 (half a second, for those who use it)

    service = apprise.Apprise()
    if not service.add(str(secret(route, "url"))):
        raise RouteError(f"route {route.name}: its url is none that apprise knows")
    events = delivery["events"]
    text = wording.plain_text(events, console)
    if not service.notify(body=text, title=wording.title(events), body_format="text"):
        raise NotDelivered("the service did not take it")
    return "taken"
