"""The automations on a real Prefect server: what they say reaches somebody."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from prefect import get_client
from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.automations import BUILT_IN, AutomationsError, put_automations, read_automations
from flows.local_server import PrefectUnavailableError, healthy
from flows.prefect_defaults import standing_server
from ops.commands.automations import automations_command
from ops.errors import CommandError
from tests.serving.test_serve import READY, until
from warehouse.batches import run_metadata
from warehouse.inbox import Packed, hand_over
from warehouse.store import open_store

RULES = """
console: http://console.example
routes:
  - {name: automations, type: prefect}
rules:
  - {id: failed, kind: run_failed, severity: critical}
"""
#: A look for alerts that finds one, then one that fails, as the schedules tag them.
RUNS = """
import contextlib, pathlib, sys
from prefect import tags
from flows.alerts import alerts
with tags("channelwatch", "alerts"):
    alerts(warehouse=pathlib.Path(sys.argv[1]), rules=pathlib.Path(sys.argv[2]))
    with contextlib.suppress(Exception):
        alerts(warehouse=pathlib.Path(sys.argv[1]), rules=pathlib.Path("not-there.yaml"))
"""


def test_the_table_is_one_of_prefects() -> None:
    block = uuid4()
    rows = read_automations(None, block)
    assert len({row.name for row in rows}) == len(rows) == 3
    assert all(row.actions[0].block_document_id == block for row in rows)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("automations: [", "is no YAML"),
        ("rows: []", "has no list `automations`"),
        ("automations: []", "has no list `automations`"),
        (
            BUILT_IN.read_text("utf-8").replace("posture: Reactive", "posture: Sometimes", 1),
            r"automation 1, trigger.*",
        ),
        ("automations: [{name: x}]", "automation 1, trigger"),
    ],
)
def test_a_table_with_a_mistake_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(AutomationsError, match=says):
        read_automations(path, uuid4())
    with pytest.raises(AutomationsError, match="No such file"):
        read_automations(tmp_path / "b.yaml", uuid4())


def test_without_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(CommandError, match="start it, or set PREFECT_API_URL"):
        automations_command(tmp_path / "w.duckdb", "slack-webhook/team", None)
    with pytest.raises(PrefectUnavailableError, match="no Prefect server answers"):
        put_automations("http://127.0.0.1:9/api", "slack-webhook/team")


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with its services, as ``serve`` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = standing_server(tmp_path / "home", port)
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.local_server", str(port), "standing"],
        env=os.environ | told,
        stdin=subprocess.PIPE,
    )
    try:
        until(lambda: healthy(told["PREFECT_API_URL"], timeout=2), READY)
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        with temporary_settings({PREFECT_API_URL: told["PREFECT_API_URL"]}):
            yield told["PREFECT_API_URL"]
    finally:
        process.kill()
        process.wait(30)


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[str]]]:
    """Somebody's webhook, and what it was sent."""
    got: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", got
    server.shutdown()


@pytest.mark.slow
def test_somebody_is_told_of_a_critical_alert_and_of_a_failed_run(
    api: str,
    receiver: tuple[str, list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make_block: Callable[[str], str],
) -> None:
    address, got = receiver
    block = make_block(address)
    warehouse, rules = tmp_path / "w.duckdb", tmp_path / "rules.yaml"
    rules.write_text(RULES, "utf-8")
    with open_store(warehouse) as store:
        told = run_metadata(run_id="run-1", state="failed", time=datetime.now(UTC))
        hand_over(store.inbox, kind="run", order="1", batches=[Packed("run-1-failed", 0, told)])
        store.load_inbox()
    with pytest.raises(AutomationsError, match=f"did you mean {block}"):
        put_automations(api, f"{block}x")
    automations_command(warehouse, block, None)
    automations_command(warehouse, block, None)
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["created"] * 3 + ["replaced"] * 3
    with get_client(sync_client=True) as client:
        names = sorted(one.name for one in client.read_automations())
    assert names == sorted(
        row["name"] for row in yaml.safe_load(BUILT_IN.read_text())["automations"]
    )

    done = subprocess.run(
        [sys.executable, "-c", RUNS, str(warehouse), str(rules)],
        env=os.environ | {"PYTHONPATH": str(BUILT_IN.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wanted = ("The run run-1 ended badly", "alerts Failed")
    until(lambda: all(any(words in one for one in got) for words in wanted), 60)
    assert sum(wanted[0] in one for one in got) == 1
    assert any("http://console.example/alerts/" in one for one in got)


@pytest.fixture
def make_block() -> Callable[[str], str]:
    """Makes a block that posts to an address, as people do on Prefect's pages."""

    def make(address: str) -> str:
        block = CustomWebhookNotificationBlock(
            name="team", url=address, json_data={"subject": "{{subject}}", "body": "{{body}}"}
        )
        block.save("team")
        return "custom-webhook/team"

    return make
