"""Prefect's server as it is installed with the libraries beside it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body, FastAPI
from prefect.server.api.dependencies import LimitBody
from starlette.testclient import TestClient


def test_the_nulls_that_its_clients_send_are_taken() -> None:
    # Its runner asks so for runs to be cancelled once it has lost the server for a moment; refused,
    # it gives up for good.
    app = FastAPI()

    @app.post("/flow_runs/filter")
    def read(
        limit: Annotated[int, LimitBody()],
        sort: Annotated[str, Body()] = "ID_DESC",
    ) -> list[Any]:
        return [limit, sort]

    answer = TestClient(app).post("/flow_runs/filter", json={"sort": None, "limit": None})
    assert answer.status_code == 200, answer.text
    assert answer.json()[0] > 0
