"""Metrics and traces of what is told: OpenTelemetry, exported where it is asked for.

``OTEL_EXPORTER_OTLP_ENDPOINT`` names a collector; without it nothing leaves the process, and a run
does not even load the SDK. Traces: a run, below it its files, below each the lots that begin with
it, and the landings. Labels have few values by design: stages, duties, outcomes, never names of
files or channels.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flows.watching.events import NAME, facts_of

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
#: Seconds between two exports, and that an end waits for the last one.
EVERY, LAST = 15.0, 5.0
#: Files of a run whose spans are remembered for their lots.
MOST_FILES = 10_000
#: What the seconds of an event are the seconds of.
STAGES = {"file_read": "read", "lot_scored": "score", "landed": "land", "run_finished": "run"}
#: What an event counts: messages by what became of them.
COUNTED = {
    "file_read": {"read": "read"},
    "lot_scored": {"messages": "scored"},
    "landed": {"landed": "landed", "unchanged": "unchanged", "quarantined": "quarantined"},
}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


def wanted() -> bool:
    """Whether a collector is named."""
    return bool(os.environ.get(ENDPOINT, "").strip())


@contextmanager
def exporting(service: str) -> Iterator[None]:
    """Count and trace what is told meanwhile, where a collector is named."""
    if not wanted():
        yield
        return
    telemetry = Telemetry(service)
    telemetry.start()
    try:
        yield
    finally:
        telemetry.stop()


class Telemetry:
    """The meters and tracers of a process; ``readers`` are further ones of its metrics."""

    def __init__(self, service: str, *readers: Any) -> None:
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 (only where wanted)
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

        resource = Resource.create({"service.name": service})
        every = list(readers)
        self._tracers = TracerProvider(resource=resource, shutdown_on_exit=False)
        if wanted():
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
                OTLPMetricExporter,
            )
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
                OTLPSpanExporter,
            )
            from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415
                PeriodicExportingMetricReader,
            )
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

            every.append(
                PeriodicExportingMetricReader(
                    OTLPMetricExporter(timeout=LAST), export_interval_millis=EVERY * 1000
                )
            )
            self._tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=LAST)))
        self._meters = MeterProvider(every, resource=resource, shutdown_on_exit=False)
        self.meter = self._meters.get_meter("channelwatch")
        self.tracer = self._tracers.get_tracer("channelwatch")
        self._level = logging.NOTSET
        self._counting = Counting(self.meter, self.tracer if wanted() else None)

    def start(self) -> None:
        """Listen to what is told, whatever of it is written down."""
        logger = logging.getLogger(NAME)
        self._level = logger.level
        logger.setLevel(logging.DEBUG if wanted() else min(logging.INFO, self._level or 99))
        logger.addHandler(self._counting)

    def stop(self) -> None:
        """Listen no more, and export what there is; a collector that is away costs five seconds."""
        logging.getLogger(NAME).removeHandler(self._counting)
        logging.getLogger(NAME).setLevel(self._level)
        self._tracers.shutdown()
        self._meters.shutdown(timeout_millis=LAST * 1000)


class Counting(logging.Handler):
    """Turns events into metrics, and into traces where there is a tracer."""

    def __init__(self, meter: Any, tracer: Any | None) -> None:
        super().__init__(logging.DEBUG)
        self._messages = meter.create_counter(
            "channelwatch.messages", description="Messages, by what became of them here."
        )
        self._seconds = meter.create_histogram(
            "channelwatch.stage.duration",
            unit="s",
            description="How long a file, a lot, a landing, a run took.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._events = meter.create_counter(
            "channelwatch.events", description="What was told, by name."
        )
        self._duties = meter.create_counter(
            "channelwatch.duties", description="Duties that were ordered, by name and outcome."
        )
        self._spans = _Spans(tracer) if tracer is not None else None

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record; never fail for it."""
        try:
            self._count(record.msg, facts_of(record))
        except Exception:  # noqa: BLE001 (what counts must not stop what works)
            self.handleError(record)

    def _count(self, event: str, facts: dict[str, Any]) -> None:
        # A name in the code, so there are few of them.
        self._events.add(1, {"event": event})
        counts = facts.get("counts") or {}
        for name, outcome in COUNTED.get(event, {}).items():
            if counts.get(name):
                self._messages.add(counts[name], {"outcome": outcome})
        if stage := STAGES.get(event):
            self._seconds.record(facts.get("seconds", 0.0), {"stage": stage})
        if event in {"duty_done", "duty_failed"}:
            self._duties.add(1, {"duty": known_duty(facts["duty"]), "outcome": event[5:]})
        if self._spans is not None:
            self._spans.told(event, facts)


def known_duty(name: str) -> str:
    """The name of a duty that there is: an order may name anything.

    >>> known_duty("checkpoint"), known_duty("x" * 60)
    ('checkpoint', 'other')
    """
    from flows.duties import names  # noqa: PLC0415 (they import what tells)

    return name if name in names() else "other"


class _Spans:
    """The traces of runs, from what is told when something is over and how long it took."""

    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer
        self._runs: dict[str, Any] = {}
        self._files: dict[str, Any] = {}
        self._latest: dict[str, Any] = {}  # run → its latest file

    def told(self, event: str, facts: dict[str, Any]) -> None:
        run_id = str(facts.get("run_id") or "")
        now = time.time_ns()
        if event in {"run_started", "run_resumed"}:
            if len(self._runs) > 64:  # ends that nobody told
                self._runs.clear()
            self._runs[run_id] = self._tracer.start_span("run", attributes={"run_id": run_id})
        elif event == "file_begun":
            if len(self._files) >= MOST_FILES:
                self._files.clear()
            attributes = {"run_id": run_id, "file": str(facts["file"])[-200:]}
            span = self._tracer.start_span(
                "file", context=_below(self._runs.get(run_id)), attributes=attributes
            )
            self._files[f"{run_id} {facts['file']}"] = self._latest[run_id] = span
        elif event == "file_read":
            span = self._files.pop(f"{run_id} {facts['file']}", None)
            if span is not None:
                span.set_attributes(_numbers(facts))
                span.end()
        elif event == "lot_scored":
            of_run = next((run for run in self._runs if facts["batch"].startswith(run)), "")
            above = self._latest.get(of_run) or self._runs.get(of_run)
            self._over("lot", above, now, facts, {"batch": facts["batch"]})
        elif event == "landed":
            above = next(reversed(self._runs.values()), None)
            self._over("land", above, now, facts, {})
        elif event == "run_finished":
            self._latest.pop(run_id, None)
            if (span := self._runs.pop(run_id, None)) is not None:
                span.set_attributes(_numbers(facts))
                span.end()

    def _over(
        self, name: str, above: Any, now: int, facts: dict[str, Any], more: dict[str, Any]
    ) -> None:
        began = now - int(facts["seconds"] * 1e9)
        attributes = _numbers(facts) | more
        span = self._tracer.start_span(
            name, context=_below(above), start_time=began, attributes=attributes
        )
        span.end(now)


def _below(span: Any) -> Any:
    from opentelemetry import trace  # noqa: PLC0415 (only where wanted)

    return trace.set_span_in_context(span) if span is not None else None


def _numbers(facts: dict[str, Any]) -> dict[str, int | float]:
    return dict((facts.get("counts") or {}).items())
