"""Browsers of the console without a browser, and a clock to be moved."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

PASSWORD = "correct horse battery"
#: The least that argon2 takes: what is tested is not how slow it is.
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    time: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    def move(self, **much: float) -> None:
        self.time += timedelta(**much)


class Browser(TestClient):
    """A browser of one's own, at the console's address; it does not follow on its own."""

    def __init__(self, app: FastAPI, base_url: str = "http://localhost:8765") -> None:
        super().__init__(
            app, base_url=base_url, follow_redirects=False, raise_server_exceptions=False
        )

    def token(self, path: str = "/settings") -> str:
        """The token that a page carries."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(path).text)
        assert found, f"no token on {path}"
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        form = {"csrf": self.token("/sign-in"), "name": name, "password": password} | more
        return self.post("/sign-in", data=form)

    def submit(self, path: str, **form: str) -> httpx.Response:
        """Post a form as a page of ours would."""
        return self.post(path, data={"csrf": self.token("/settings/password")} | form)
