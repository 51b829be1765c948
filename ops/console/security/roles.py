"""Who looks at a page, and whether he may: the dependency that every route has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from ops.console.accounts.preferences import DEFAULTS, Preferences
from ops.console.security import csrf
from ops.console.security.access import Access
from ops.console.security.capabilities import CAPABILITIES, KNOWN
from ops.console.security.limits import Limits

#: Where a temporary password leads; these and signing out are open with it.
PASSWORD_PAGE = "/settings/password"  # noqa: S105


class MustChange(Exception):  # noqa: N818
    """Who asks has a temporary password; the answer leads to the page that changes it."""


class NoSession(Exception):  # noqa: N818
    """The request has no session that holds; the answer leads to the sign-in page."""


@dataclass(frozen=True)
class Viewer:
    """Who looks. ``preferences`` are complete: what he did not set is the organisation's.

    ``temporary``: his password is known to whoever gave it to him, and only lets him change it.
    """

    name: str
    role: str
    csrf: str
    preferences: Preferences = DEFAULTS
    session_no: int = 0
    temporary: bool = False

    def may(self, capability: str) -> bool:
        """Whether his role has this capability."""
        return capability in CAPABILITIES[self.role]


@dataclass(frozen=True)
class Allowed:
    """A dependency: the viewer, if his role has ``capability`` and the request is from our page.

    Raises:
        NoSession: nobody is signed in.
        MustChange: he has to change his password first.
        HTTPException: 403 for a role without the capability, for a request other than GET without
            the session's token or from another site; 429 for too many requests.
    """

    capability: str

    def __call__(
        self, request: Request, token: Annotated[str | None, Depends(csrf.sent)]
    ) -> Viewer:
        """The viewer of this request."""
        viewer = viewer_of(request)
        if viewer is None:
            raise NoSession
        request.state.viewer = viewer  # for the audit log, refused or not
        limits: Limits = request.app.state.limits
        limits.requests.take(str(viewer.session_no))
        if not viewer.may(self.capability):
            raise HTTPException(403, f"This needs another role than {viewer.role}.")
        csrf.check(request, token, viewer.csrf)
        if viewer.temporary and request.url.path not in {PASSWORD_PAGE, "/sign-out"}:
            raise MustChange
        return viewer


def allowed(capability: str) -> Allowed:
    """The dependency for routes that need ``capability``.

    >>> Annotated[Viewer, Depends(allowed("read"))].__metadata__[0].dependency.capability
    'read'
    """
    if capability not in KNOWN:
        raise ValueError(f"no capability {capability!r}; there are {', '.join(sorted(KNOWN))}")
    return Allowed(capability)


def viewer_of(request: Request) -> Viewer | None:
    """Who is signed in, if anybody."""
    access: Access = request.app.state.access
    token = request.cookies.get(access.cookie)
    if not token:
        return None
    console = request.app.state.console
    known = console.accounts.sessions.known(token)
    if known is None:
        return None
    defaults: Preferences = request.app.state.defaults
    return Viewer(
        name=known.name,
        role=known.role,
        csrf=csrf.token_of(token),
        preferences=known.preferences.over(defaults),
        session_no=known.session_no,
        temporary=known.temporary,
    )
