"""What of the console's requests stands in the audit log: who, which page, never what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from ops.console.app import create_app
from ops.console.auditing import Auditing
from ops.console.security.access import Access
from tests.console.browsing import PASSWORD
from tests.console.office import Office
from warehouse import audit
from warehouse.audit import Audit


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


def test_the_console_itself(tmp_path: Path) -> None:
    """Signed in, an item is shown and decided, the queue searched: each leaves its mark."""
    office = Office(tmp_path)
    log = Audit(office.bench.store)
    office.console.audit = log
    office.app = create_app(office.console, access=Access(port=8765))
    channel = office.channel()
    item = office.item(channel)
    moderator = office.browser("asma")
    page = moderator.work()
    assert page.item == item
    moderator.decide(page, "confirm")
    moderator.look("/queue?text=SECRET&label=hostile")
    assert moderator.get("/users").status_code == 403
    log.close()
    entries = audit.listed(office.bench.store)
    acts = [(row["who"], row["what"]) for row in reversed(entries)]
    for expected in (
        ("(not signed in)", "POST /sign-in"),
        ("asma", "GET /review"),
        ("asma", "read.item"),
        ("asma", "POST /item/{item_no}/decide"),
        ("asma", "GET /queue"),
        ("asma", "GET /users"),
    ):
        assert expected in acts, expected
    read = next(row for row in entries if row["what"] == "read.item")
    assert json.loads(read["about"]) == {"item": item}
    told = str(entries)
    assert "SECRET" not in told
    assert "of channel" not in told, "the text of the message"
    assert PASSWORD not in told
    assert audit.verify(office.bench.store).broken_at is None
    office.close()
