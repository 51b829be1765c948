"""A small warehouse whose flags and decisions a test writes down itself, and who looks at it."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ops.console.console import Console
from tests.console.reviewing import new_warehouse
from warehouse.review import folding
from warehouse.review.rules import Rules
from warehouse.store import Store, open_store

PASSWORD = "correct horse battery"
START = datetime(2024, 5, 1, tzinfo=UTC)

Row = dict[str, Any]


class Desk:
    """Writes flagged messages and decisions, and keeps a copy of each to reckon with."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self.store, self.now = store, now
        self.flags: list[Row] = []
        self.decisions: list[Row] = []
        self._add(
            "batches", batch_no=0, batch_id="b", kind="messages", run_no=0, rows=0, landed=0,
            unchanged=0, quarantined=0, analysed=0, loaded_at=now(),
        )  # fmt: skip
        self._add("channels", channel_no=1, channel_key="tg:1")
        self._add("channels", channel_no=2, channel_key="tg:2")
        self._add("channel_facts", channel_no=1, source_no=0, name="<b>One</b>")

    def _add(self, table: str, **row: Any) -> None:
        names, marks = ", ".join(row), ", ".join(f"${name}" for name in row)
        self.store.connection.execute(f"INSERT INTO base.{table} ({names}) VALUES ({marks})", row)

    def flag(
        self,
        number: int,
        label: str = "hostile",
        *,
        source: str | None = "iskp",
        target: str | None = "ttp",
        language: str = "ps",
        days: float = 0,
        channel_no: int = 1,
        severity: int = 1,
        text: str | None = None,
    ) -> None:
        """A flag of message ``number``, sent so many days after :data:`START`."""
        if label != "hostile":
            source = target = None
        sent_at = START + timedelta(days=days)
        common = {
            "revision_no": number, "channel_no": channel_no, "message_id": number,
            "content_id": str(uuid.UUID(int=number)), "sent_at": sent_at, "language": language,
            "text": text or f"text {number}", "position": "m", "batch_no": 0,
        }  # fmt: skip
        if number not in {row["revision_no"] for row in self.flags}:
            self._add(
                "revisions", **common, kind="message", time_basis="unix", entities=[],
                reactions=[], fingerprint=(number * 2654435761) ** 3 % 2**64,
            )  # fmt: skip
        row = common | {
            "label": label, "source": source, "target": target, "probability": 0.9,
            "status": "flagged", "severity": severity, "frames": [], "routes": [],
            "evidence": [], "model_version": "m",
        }  # fmt: skip
        self._add("flags", **row)
        self._add("changed", revision_no=number)
        self.flags.append(row)

    def folded(self) -> None:
        """Flags become items."""
        folding.fold(self.store, Rules(), self.now())

    def decides(
        self,
        number: int,
        judgement: str,
        by: str,
        *,
        purpose: str = "review",
        label: str | None = None,
        target: str | None = None,
        minutes: float | None = None,
        **more: Any,
    ) -> str:
        """A decision on a flag of message ``number`` (its first, unless named), and its id."""
        flag = next(
            row
            for row in self.flags
            if row["revision_no"] == number
            and label in (None, row["label"])
            and target in (None, row["target"])
        )
        if minutes is None:
            minutes = len(self.decisions)
        at = self.now() - timedelta(hours=20) + timedelta(minutes=minutes)
        row = {
            "decision_id": str(uuid.uuid4()),
            "channel_key": f"tg:{flag['channel_no']}",
            "message_id": number,
            "content_id": flag["content_id"],
            **{name: flag[name] for name in ("label", "source", "target", "language")},
            "judgement": judgement,
            "reviewer": by,
            "decided_at": at,
            "act_id": str(uuid.uuid4()),
            "purpose": purpose,
            "seconds": 8.0,
            **more,
        }  # fmt: skip
        self._add("decisions", **row)
        self.decisions.append(row)
        return str(row["decision_id"])


class Looker(TestClient):
    """Somebody who is signed in."""

    def __init__(self, app: FastAPI, name: str) -> None:
        super().__init__(app, base_url="http://localhost:8765", follow_redirects=False)
        token = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get("/sign-in").text)
        assert token
        form = {"csrf": token[1], "name": name, "password": PASSWORD}
        assert self.post("/sign-in", data=form).status_code == 303

    def text(self, path: str) -> str:
        """A page that opens."""
        answer: httpx.Response = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    """A warehouse of the test's own: it is not left as it was."""
    shutil.copy(new_warehouse(), tmp_path / "w.duckdb")
    with open_store(tmp_path / "w.duckdb", threads=1) as store:
        yield store


@pytest.fixture
def console(guarded: FastAPI, users: dict[str, str]) -> Console:
    found: Console = guarded.state.console
    return found


@pytest.fixture
def desk(console: Console) -> Desk:
    return Desk(console.store, console.now)


@pytest.fixture
def looks(guarded: FastAPI, users: dict[str, str]) -> Callable[[str], Looker]:
    return lambda name: Looker(guarded, name)


@pytest.fixture
def lead(looks: Callable[[str], Looker]) -> Looker:
    return looks("lead")
