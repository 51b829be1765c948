"""The console as a web application: its pages, its files, what guards them."""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ops.console.auditing import Auditing
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
from ops.health import health_of


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
    app.add_api_route("/health", health, methods=["GET"], response_model=None)
    app.add_api_route("/metrics", metrics, methods=["GET"], response_model=None)
    answer_problems(app)
    app.state.watching = Watching(console)
    app.add_middleware(Watched, watching=app.state.watching)
    # The last one added is the first to see a request.
    if console.audit is not None:
        app.add_middleware(Auditing, audit=console.audit)
    app.add_middleware(Gate, access=access)
    app.add_middleware(SecurityHeaders, secure=access.secure)
    return app


def health(request: Request) -> Response:
    """That the console answers and its keeper keeps: ``ok``, else 503 and why.

    With ``?details``, and on this machine alone, what :func:`ops.health.health_of` has found, and
    the latest run, as JSON: nothing of it is of use to strangers.
    """
    store = request.app.state.console.store
    found = health_of(store.path)
    status = 503 if found.problems and found.owner is not None else 200
    if "details" in request.query_params and _local(request):
        runs = store.rows("latest_run")
        return JSONResponse(
            found.to_dict() | {"last_run": jsonable_encoder(runs[0]) if runs else None}, status
        )
    return PlainTextResponse("ok" if status == 200 else "failing", status)


def _local(request: Request) -> bool:
    """Whether this machine asks, by the address that its connection comes from."""
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
