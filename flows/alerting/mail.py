"""Alerts by e-mail: plain text, numbers and addresses."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from flows.alerting import wording
from flows.alerting.routes import Route, secret
from flows.alerting.webhook import NotDelivered, deadline


def message_of(delivery: Mapping[str, Any], route: Route, console: str) -> EmailMessage:
    """The message: its Message-ID is the same whenever the same delivery is sent."""
    told, events = route.settings, delivery["events"]
    message = EmailMessage(policy=SMTP)
    message["From"] = told["from"]
    message["To"] = ", ".join(told["to"])
    message["Subject"] = wording.title(events)
    message["Message-ID"] = f"<{delivery['delivery_id']}@channelwatch.invalid>"
    message["Idempotency-Key"] = str(delivery["delivery_id"])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
    message.set_content(wording.plain_text(events, console), cte="quoted-printable")
    return message


def send(delivery: Mapping[str, Any], route: Route, console: str) -> str:
    """Send a delivery once; to whom it went.

    Raises:
        NotDelivered: the server did not take it.
        RouteError: the route is not set up.
    """
    told = route.settings
    message = message_of(delivery, route, console)
    user, password = secret(route, "user"), secret(route, "password")
    try:
        with _connected(route) as server, deadline(server.sock, route.timeout):
            if user is not None and password is not None:
                server.login(user, password)
            refused = server.send_message(message)
    except TimeoutError as error:
        raise NotDelivered(f"no answer within {route.timeout:g} s") from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        raise NotDelivered("every recipient was refused", min(codes) >= 500) from error
    except smtplib.SMTPResponseException as error:
        # A wrong password can be mended, so it is tried again.
        final = error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)
        raise NotDelivered(f"SMTP {error.smtp_code}: {error.smtp_error!r}", final) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from error
    taken = len(told["to"]) - len(refused)
    return f"{taken} of {len(told['to'])} recipients"


def _connected(route: Route) -> smtplib.SMTP:
    """A connection, with TLS where the route has it: never without where it should be."""
    told = route.settings
    host, port = told["host"], told["port"]
    if told["security"] == "none":
        return smtplib.SMTP(host, port, timeout=route.timeout)
    context = ssl.create_default_context(cafile=told.get("ca"))
    if told["security"] == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=route.timeout, context=context)
    server = smtplib.SMTP(host, port, timeout=route.timeout)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server
