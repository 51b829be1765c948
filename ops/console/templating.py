"""Pages from templates: everything escaped, nothing undefined, the same few names in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from ops.console.files import StaticFiles

if TYPE_CHECKING:  # roles knows of the sign-in page, which is made here
    from ops.console.security.roles import Viewer


def environment(static: StaticFiles) -> Environment:
    """The templates. Made once: each is compiled when it is first used.

    ``url`` and ``static`` write addresses; a page's own names are given to :func:`page`.
    """
    templates = Environment(
        loader=PackageLoader("ops.console"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=-1,
    )
    templates.globals.update(url=url, static=static.url)
    return templates


def url(path: str, /, **query: object) -> str:
    """An address of our own; what is None or empty is left out, a list is written out.

    >>> url("/queue", label="hostile", text="", channel=[1, 2], page=None)
    '/queue?label=hostile&channel=1&channel=2'
    """
    given = {name: value for name, value in query.items() if value not in (None, "", [], ())}
    address = quote(path, safe="/~@:+,;=!$&'()*-._")
    return f"{address}?{urlencode(given, doseq=True)}" if given else address


def page(
    request: Request,
    viewer: Viewer | None,
    template: str,
    /,
    *,
    status_code: int = 200,
    **context: object,
) -> HTMLResponse:
    """A template as an answer, page or fragment.

    It knows ``viewer``, ``waiting`` (asked for only where it is shown), ``policy``, ``here`` (the
    path) and what is given as ``context``.
    """
    state = request.app.state
    names: dict[str, object] = {
        "viewer": viewer,
        "waiting": Later(state.console.waiting) if viewer is not None else None,
        "policy": state.console.policy,
        "here": request.url.path,
    }
    templates: Environment = state.templates
    text = templates.get_template(template).render(names | context)
    return HTMLResponse(text, status_code)


class Later:
    """Stands for what a function gives, and calls it when something of that is first used.

    >>> Later(lambda: 3 + 4j).imag
    4.0
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        if "made" not in self.__dict__:
            self.__dict__["made"] = self._make()
        return getattr(self.__dict__["made"], name)
