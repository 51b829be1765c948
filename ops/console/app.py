"""The console as a web application: its pages, its files, what guards them."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from ops.console.console import Console
from ops.console.files import StaticFiles
from ops.console.pages import ROUTERS
from ops.console.problems import answer_problems
from ops.console.security.access import Access
from ops.console.security.gate import Gate
from ops.console.security.headers import SecurityHeaders
from ops.console.security.limits import Limits
from ops.console.templating import environment
from ops.console.watching import Watched, Watching, metrics


def create_app(
    console: Console, *, access: Access | None = None, limits: Limits | None = None
) -> FastAPI:
    """The application over ``console``.

    Handlers find it as ``request.app.state.console``. Without ``access`` it answers to the names
    of this machine alone, on any port, and sets cookies for http.
    """
    access = access or Access()
    app = FastAPI(title="channelwatch", docs_url=None, redoc_url=None, openapi_url=None)
    static = StaticFiles()
    app.state.console = console
    app.state.access = access
    app.state.limits = limits or Limits()
    app.state.defaults = console.policy.preferences
    app.state.templates = environment(static)
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.append(static.route())
    app.add_api_route("/health", health, methods=["GET"], response_class=PlainTextResponse)
    app.add_api_route("/metrics", metrics, methods=["GET"], response_model=None)
    answer_problems(app)
    app.state.watching = Watching(console)
    app.add_middleware(Watched, watching=app.state.watching)
    # The last one added is the first to see a request.
    app.add_middleware(Gate, access=access)
    app.add_middleware(SecurityHeaders, secure=access.secure)
    return app


def health() -> str:
    """That the console answers."""
    return "ok"
