"""The console's numbers: who may read them, what they are, and that there are few of them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from flows.watching.events import tell
from flows.watching.telemetry import ENDPOINT, exporting
from ops.console.security.access import Access
from ops.console.watching import TOKEN, TOKEN_FILE


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (TOKEN, TOKEN_FILE, ENDPOINT):
        monkeypatch.delenv(name, raising=False)


def client(app: FastAPI, address: str = "127.0.0.1") -> TestClient:
    return TestClient(
        app,
        base_url="http://127.0.0.1:8765",
        client=(address, 4),
        follow_redirects=False,
        raise_server_exceptions=False,
    )


def samples(app: FastAPI) -> dict[str, dict[str, float]]:
    """Name of a sample → its labels as one string → value."""
    answer = client(app).get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for each in family.samples:
            labels = " ".join(f"{k}={v}" for k, v in sorted(each.labels.items()))
            found.setdefault(each.name, {})[labels] = each.value
    return found


def test_prometheus_reads_what_there_is(guarded: FastAPI) -> None:
    found = samples(guarded)
    assert found["channelwatch_warehouse_messages"]["outcome=landed"] == 0
    assert found["channelwatch_runs"] == {"state=finished": 0, "state=failed": 0, "state=open": 0}
    assert found["channelwatch_inbox_files"] == {"": 0}
    assert found["channelwatch_queue_waiting"] == {"": 0}
    assert found["channelwatch_process_memory_bytes"][""] > 1_000_000
    assert found["channelwatch_process_open_files"][""] > 2


def test_requests_are_counted_by_the_template_of_their_route(guarded: FastAPI) -> None:
    browser = client(guarded)
    for number in range(20):
        browser.get(f"/item/{number}")
        browser.get(f"/no/such/page/{number}")
        browser.request(f"ODD{number}", "/health")
    found = samples(guarded)["http_server_request_duration_seconds_count"]
    assert len(found) <= 4, found
    by_route = {re.sub(r".*http_route=(\S+).*", r"\1", key): value for key, value in found.items()}
    assert by_route["/item/{item_no}"] == 20
    assert by_route["none"] == 20
    assert by_route["/health"] == 20


def test_nobody_elsewhere_reads_them(guarded: FastAPI) -> None:
    assert client(guarded, "192.0.2.7").get("/metrics").status_code == 404
    assert client(guarded, "testclient").get("/metrics").status_code == 404


def test_a_proxy_that_asks_for_whomever_is_asked_for_the_token(
    guarded: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded.state.access = Access(port=None)
    assert client(guarded).get("/metrics").status_code == 404
    monkeypatch.setenv(TOKEN, "a-long-token")
    given = {"Authorization": "Bearer a-long-token"}
    assert client(guarded).get("/metrics", headers=given).status_code == 200


def test_the_token_opens_it_from_everywhere_and_is_asked_for_here_too(
    guarded: FastAPI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("from-a-file\n")
    monkeypatch.setenv(TOKEN_FILE, str(tmp_path / "token"))
    for address in ("127.0.0.1", "192.0.2.7"):
        browser = client(guarded, address)
        assert browser.get("/metrics").status_code == 404
        for wrong in ("Bearer x", "Basic from-a-file", "from-a-file", "Bearer "):
            answer = browser.get("/metrics", headers={"Authorization": wrong})
            assert answer.status_code == 404
        given = {"Authorization": "Bearer from-a-file"}
        assert browser.get("/metrics", headers=given).status_code == 200


@pytest.mark.parametrize("content", [None, ""])
def test_a_token_that_cannot_be_read_lets_nobody_in(
    guarded: FastAPI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)
    monkeypatch.setenv(TOKEN_FILE, str(tmp_path / "token"))
    for header in ({}, {"Authorization": "Bearer "}):
        assert client(guarded).get("/metrics", headers=header).status_code == 404


def test_what_is_told_is_counted_and_an_order_cannot_make_labels(guarded: FastAPI) -> None:
    with guarded.state.watching.listening():
        tell("landed", seconds=0.5, counts={"landed": 3, "unchanged": 2, "quarantined": 0})
        for number in range(30):
            tell("duty_failed", duty=f"made_up_{number}", seconds=0.1)
        tell("duty_done", duty="checkpoint", seconds=0.1)
        found = samples(guarded)
    assert found["channelwatch_messages_total"] == {"outcome=landed": 3, "outcome=unchanged": 2}
    assert found["channelwatch_stage_duration_seconds_sum"] == {"stage=land": 0.5}
    assert found["channelwatch_duties_total"] == {
        "duty=other outcome=failed": 30,
        "duty=checkpoint outcome=done": 1,
    }


class Collector(ThreadingHTTPServer):
    """A collector of OTLP over HTTP: it keeps what it is sent, by path."""

    def __init__(self) -> None:
        self.got: dict[str, bytes] = {}
        outer = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    import gzip

                    body = gzip.decompress(body)
                outer.got[self.path] = outer.got.get(self.path, b"") + body
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Taking)


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def a_run() -> None:
    tell("run_started", run_id="r1", counts={"files": 1})
    tell("file_begun", run_id="r1", file="a.json", level=10)
    tell("lot_scored", batch="r1-00000001-0", seconds=0.1, counts={"messages": 7})
    tell("file_read", run_id="r1", file="a.json", seconds=0.2, counts={"read": 7})
    tell("landed", seconds=0.1, counts={"landed": 7})
    tell("run_finished", run_id="r1", seconds=0.5, counts={"read": 7})


def test_a_run_is_traced_to_the_collector_that_is_named(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
        ExportTraceServiceRequest,
    )

    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{collector.server_port}")
    with exporting("channelwatch-run"):
        a_run()
    assert b"channelwatch.messages" in collector.got["/v1/metrics"]
    told = ExportTraceServiceRequest.FromString(collector.got["/v1/traces"])
    spans = [s for r in told.resource_spans for each in r.scope_spans for s in each.spans]
    by_name = {span.name: span for span in spans}
    assert set(by_name) == {"run", "file", "lot", "land"}
    assert by_name["file"].parent_span_id == by_name["run"].span_id
    assert by_name["lot"].parent_span_id == by_name["file"].span_id
    assert by_name["land"].parent_span_id == by_name["run"].span_id
    assert len({span.trace_id for span in spans}) == 1


def test_a_request_is_traced_with_its_queries(
    guarded: FastAPI, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{collector.server_port}")
    from ops.console.watching import Watching

    watching = Watching(guarded.state.console)
    store = guarded.state.console.store
    try:
        with watching.listening(), watching.telemetry.tracer.start_as_current_span("request"):
            store.query("totals")
    finally:
        del store.query  # the wrapper of this instance
    assert b"query totals" in collector.got["/v1/traces"]


def test_without_a_collector_nothing_is_loaded_and_nothing_sent(collector: Collector) -> None:
    with exporting("channelwatch-run"):
        a_run()
    assert not collector.got


def test_a_collector_that_is_away_does_not_hold_a_run_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    began = time.monotonic()
    with exporting("channelwatch-run"):
        a_run()
    assert time.monotonic() - began < 30
