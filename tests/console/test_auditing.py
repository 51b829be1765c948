"""What of the console's requests stands in the audit log: who, which page, never what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from ops.console.auditing import Auditing


class Log:
    def __init__(self) -> None:
        self.entries: list[tuple[str, str, dict[str, Any]]] = []

    def note(self, who: str, what: str, about: Mapping[str, Any], /) -> None:
        self.entries.append((who, what, dict(about)))


class Who:
    name = "asma"


def application(log: Log) -> TestClient:
    app = FastAPI()

    @app.get("/item/{item_no}/around")
    def around(request: Request, item_no: int) -> str:
        request.state.viewer = Who()
        return "SECRET words"

    @app.get("/static")
    def static() -> str:
        return "x"

    @app.post("/sign-in")
    def sign_in() -> str:
        return "x"

    @app.get("/broken")
    def broken(request: Request) -> str:
        request.state.viewer = Who()
        raise RuntimeError("SECRET")

    app.add_middleware(Auditing, audit=log)
    return TestClient(app, raise_server_exceptions=False)


def test_who_asked_for_what() -> None:
    log = Log()
    client = application(log)
    client.get("/item/7/around?label=hostile&text=SECRET")
    client.get("/static")
    client.post("/sign-in", data={"password": "SECRET"})
    client.get("/broken")
    assert log.entries == [
        (
            "asma",
            "GET /item/{item_no}/around",
            {"status": 200, "item_no": "7", "label": "hostile", "text": True},
        ),
        ("(not signed in)", "POST /sign-in", {"status": 200}),
        ("asma", "GET /broken", {"status": 500}),
    ]
    assert "SECRET" not in str(log.entries)
