"""Every route is guarded: found by walking the application, also those that are added later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from ops.console.accounts import Accounts
from ops.console.security.capabilities import CAPABILITIES
from ops.console.security.roles import Allowed
from tests.console.browsing import Browser, Clock

#: What is open to whoever reaches the console. Whoever adds to it says why.
OPEN = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),  # has a token of its own, made before there is a session
    ("GET", "/enter"),  # has the one-time key
    ("GET", "/health"),  # says nothing but that it answers
    ("GET", "/metrics"),  # numbers alone: to this machine, or to whoever has the token
    ("GET", "/static/{name:path}"),  # nothing in there is anybody's
}


class Guarded(NamedTuple):
    """A route with one of its methods, and the capability that it asks for."""

    method: str
    path: str
    capability: str | None

    @property
    def address(self) -> str:
        """An address that leads to it."""
        return re.sub(r"\{[^}]*\}", "1", self.path)

    @property
    def open(self) -> bool:
        return (self.method, self.path) in OPEN


def capabilities(dependant: Dependant) -> Iterator[str]:
    """The capabilities that the dependencies of a route ask for."""
    for each in dependant.dependencies:
        if isinstance(each.call, Allowed):
            yield each.call.capability
        yield from capabilities(each)


def walk(routes: Iterable[BaseRoute]) -> Iterator[Guarded]:
    """All routes, also those of included routers; fails on a kind that it does not know."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if isinstance(router, APIRouter):
            yield from walk(router.routes)
        elif isinstance(route, APIRoute):
            asked = set(capabilities(route.dependant))
            assert len(asked) <= 1, f"{route.path} asks for {asked}; one says it"
            for method in sorted(route.methods):
                yield Guarded(method, route.path, next(iter(asked), None))
        elif isinstance(route, Route):
            for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
                yield Guarded(method, route.path, None)
        else:
            pytest.fail(f"{route!r} is no route that this test knows; teach it, or leave it out")


def unguarded(app: FastAPI) -> list[tuple[str, str]]:
    """The routes that are neither guarded nor meant to be open."""
    return [
        (each.method, each.path)
        for each in walk(app.routes)
        if each.capability is None and not each.open
    ]


@pytest.fixture
def routes(guarded: FastAPI) -> list[Guarded]:
    """The routes that are not open."""
    return [each for each in walk(guarded.routes) if not each.open]


@pytest.fixture
def signed_in(guarded: FastAPI, users: dict[str, str]) -> dict[str, Browser]:
    """A browser for each role."""
    browsers = {role: Browser(guarded) for role in users}
    for role, browser in browsers.items():
        assert browser.sign_in(role).status_code == 303
    return browsers


def test_every_route_is_guarded_or_known_to_be_open(guarded: FastAPI) -> None:
    assert unguarded(guarded) == []
    found = {(each.method, each.path) for each in walk(guarded.routes)}
    assert found >= OPEN
    assert ("POST", "/users/{name}/role") in found


def test_the_walk_finds_a_route_without_a_guard(guarded: FastAPI) -> None:
    router = APIRouter()
    router.add_api_route("/late/{number}", lambda: "", methods=["POST"])
    guarded.include_router(router)
    guarded.add_route("/plain", lambda _: None, methods=["DELETE"])  # type: ignore[arg-type,return-value]
    assert unguarded(guarded) == [("POST", "/late/{number}"), ("DELETE", "/plain")]


def test_there_are_no_pages_about_the_routes(guarded: FastAPI) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert Browser(guarded).get(path).status_code == 404


def test_without_a_session_every_route_leads_to_the_sign_in_page(
    guarded: FastAPI, routes: list[Guarded]
) -> None:
    browser = Browser(guarded)
    token = browser.token("/sign-in")
    for each in routes:
        answer = browser.request(each.method, each.address, headers={"X-CSRF-Token": token})
        assert answer.status_code == 303, each
        assert answer.headers["location"].startswith("/sign-in"), each
        part = browser.request(each.method, each.address, headers={"HX-Request": "true"})
        assert part.headers["HX-Redirect"].startswith("/sign-in"), each
        assert not part.text


def test_without_the_right_role_every_route_answers_403(
    routes: list[Guarded], signed_in: dict[str, Browser], clock: Clock
) -> None:
    refused = 0
    for role, browser in signed_in.items():
        token = browser.token()
        for each in routes:
            if each.capability in CAPABILITIES[role]:
                continue
            answer = browser.request(
                each.method, each.address, headers={"X-CSRF-Token": token}, data={"csrf": token}
            )
            assert answer.status_code == 403, (role, each)
            assert "another role" in answer.text, (role, each)
            refused += 1
            clock.move(seconds=1)
    assert refused > 15


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({}, {}),
        ({"X-CSRF-Token": "0" * 64}, {}),
        ({"X-CSRF-Token": ""}, {}),
        ({"X-CSRF-Token": "نه"}, {}),
        ({}, {"csrf": "0" * 64}),
        ({"X-CSRF-Token": "OTHER"}, {}),
        ({}, {"csrf": "OTHER"}),
        ({"X-CSRF-Token": "OWN", "Origin": "https://a.example"}, {}),
        ({"X-CSRF-Token": "OWN", "Sec-Fetch-Site": "cross-site"}, {}),
        ({"X-CSRF-Token": "OWN", "Sec-Fetch-Site": "same-site"}, {}),
        ({"X-CSRF-Token": "OWN", "Origin": "null"}, {}),
    ],
)
def test_without_a_token_of_ours_every_route_that_changes_something_answers_403(
    routes: list[Guarded],
    signed_in: dict[str, Browser],
    clock: Clock,
    headers: dict[str, str],
    form: dict[str, str],
) -> None:
    browser = signed_in["admin"]
    meant = {"OWN": browser.token(), "OTHER": signed_in["lead"].token()}
    sent = {name: meant.get(value, value).encode() for name, value in headers.items()}
    data = {name: meant.get(value, value) for name, value in form.items()}
    changing = [each for each in routes if each.method != "GET"]
    assert len(changing) >= 10
    for each in changing:
        answer = browser.request(each.method, each.address, headers=sent, data=data or None)
        assert answer.status_code == 403, each
        clock.move(seconds=1)
    assert browser.get("/settings").status_code == 200  # signed in still: nothing was done


def test_with_role_and_token_no_route_refuses(
    accounts: Accounts, routes: list[Guarded], signed_in: dict[str, Browser], clock: Clock
) -> None:
    browser = signed_in["admin"]
    token = browser.token()
    for each in routes:
        if each.path == "/sign-out":
            continue
        answer = (
            browser.request(
                each.method, each.address, headers={"X-CSRF-Token": token}, data={"csrf": token}
            )
            if each.method != "GET"
            else browser.get(each.address)
        )
        assert answer.status_code != 403, each
        assert answer.status_code < 500, each
        assert not answer.headers.get("location", "").startswith("/sign-in"), each
        clock.move(seconds=1)
    assert browser.post("/sign-out", data={"csrf": token}).headers["location"] == "/sign-in"


def test_with_a_temporary_password_only_the_password_can_be_changed(
    guarded: FastAPI, accounts: Accounts, routes: list[Guarded], clock: Clock
) -> None:
    accounts.users.add("new", "admin", "given by the admin", temporary=True)
    browser = Browser(guarded)
    browser.sign_in("new", "given by the admin")
    token = browser.token("/settings/password")
    for each in routes:
        if each.path in {"/settings/password", "/sign-out"}:
            continue
        answer = browser.request(each.method, each.address, headers={"X-CSRF-Token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/settings/password"), each
        clock.move(seconds=1)
    form = {"former": "given by the admin", "password": "of my own choice"}
    assert browser.submit("/settings/password", **form, again="of my own choice").status_code == 303
    assert browser.get("/users").status_code == 200
