"""Requests that change something come from our own pages: a token, and what the browser says.

The token is made from the session's own token, so that it changes with each sign-in and needs no
room; it does not give that away.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from fastapi import HTTPException, Request

#: The field of a form, and the header, that carry the token.
FIELD, HEADER = "csrf", "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def token_of(secret: str) -> str:
    """The token of the pages that are shown under a cookie of this value."""
    return hmac.new(secret.encode("utf-8", "replace"), b"csrf", hashlib.sha256).hexdigest()


async def sent(request: Request) -> str | None:
    """The token that the request carries, in the header or in its form."""
    if request.method in SAFE:
        return None
    header = request.headers.get(HEADER)
    if header is not None:
        return header
    if not request.headers.get("content-type", "").startswith(FORMS):
        return None
    field = (await request.form()).get(FIELD)
    return field if isinstance(field, str) else None


def check(request: Request, token: str | None, expected: str) -> None:
    """Let a request pass that changes nothing, or that a page of ours has sent.

    Raises:
        HTTPException: 403, it is neither.
    """
    if request.method in SAFE:
        return
    if token is None or not secrets.compare_digest(
        token.encode("utf-8", "replace"), expected.encode()
    ):
        raise HTTPException(
            403, "This page is older than your sign-in. Load it again and repeat what you did."
        )
    if not from_here(request):
        raise HTTPException(403, "This was sent from another site's page. Nothing was changed.")


def from_here(request: Request) -> bool:
    """Whether the browser, where it says, names a page of ours as the sender."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    if origin == "null":  # a page that hides where it is from; ours may be one, if the browser says
        return site == "same-origin"
    # The scheme is left out: before a proxy it is another one than here.
    return origin.partition("://")[2].lower() == request.headers.get("host", "").lower()
