"""Logs: what is told is one line with its fields, and nothing in it is anybody's message."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.pipeline import run_directly
from flows.settings import Settings
from flows.watching import logs
from flows.watching.events import NAME, tell
from flows.watching.safe import LONGEST, LONGEST_EVENT, NEVER, safe
from tests.flows.conftest import export, quick_scorer  # noqa: F401 (fixtures)

POST = "a post that nobody outside of the review is to read " * 3
SECRET = "correct horse battery staple"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was written, as JSON; logging is as before afterwards."""
    for name in (logs.STYLE, logs.LEVEL):
        monkeypatch.delenv(name, raising=False)
    for name in ("CONSOLE_CLASS", "CONSOLE_LEVEL", "DEBUG_CLASS"):  # restored to what they were
        monkeypatch.setenv(f"PREFECT_LOGGING_HANDLERS_{name}", "")
    root, stream = logging.getLogger(), io.StringIO()
    levels = {each: logging.getLogger(each).level for each in (None, NAME, *logs.HEARD)}
    logs.configure(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for each in [each for each in root.handlers if isinstance(each, logs.Lines)]:
        root.removeHandler(each)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(False)
    logging.raiseExceptions = True


def test_a_record_that_cannot_be_written_is_said_in_a_line_and_no_traceback(
    log: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger(NAME).error("%d messages", "seven")
    line = log()[0]
    assert (line["event"], line["level"], line["error"]) == (
        "line_not_written",
        "error",
        "TypeError",
    )
    assert not capsys.readouterr().err


def test_other_handlers_that_fail_write_nothing_between_the_lines(
    log: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """As Prefect's own, when its server is away."""

    class Fails(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                raise OSError("no server")
            except OSError:
                self.handleError(record)

    logger = logging.getLogger("a.library")
    logger.addHandler(handler := Fails())
    try:
        logger.warning("something")
    finally:
        logger.removeHandler(handler)
    assert [line["event"] for line in log()] == ["something"]
    assert not capsys.readouterr().err


def test_an_event_is_a_line_of_json_with_its_fields(log: Callable[[], Any]) -> None:
    tell("landed", run_id="r1", file=Path("a.json"), seconds=0.5, counts={"rows": 3})
    line = log()[0]
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "event": "landed",
        "run_id": "r1",
        "file": "a.json",
        "seconds": 0.5,
        "counts": {"rows": 3},
    }


@pytest.mark.parametrize("field", sorted(NEVER))
def test_what_may_never_stand_in_a_log_does_not(log: Callable[[], Any], field: str) -> None:
    tell("something", **{field: POST}, counts={"rows": 1, "text": POST})
    assert POST[:20] not in json.dumps(log())
    assert log()[0]["dropped"] == [field]


def test_a_field_that_is_not_known_passes_as_a_number_alone(log: Callable[[], Any]) -> None:
    tell("something", rows=4, blob=POST, nested={"a": POST}, listed=[POST])
    line = log()[0]
    assert line["rows"] == 4
    assert line["dropped"] == ["blob", "listed", "nested"]
    assert POST[:20] not in json.dumps(line)


@given(st.dictionaries(st.text(max_size=12), st.text() | st.integers() | st.floats(), max_size=8))
def test_whatever_is_told_is_bounded_and_one_line(told: dict[str, Any]) -> None:
    for value in safe(told).values():
        assert not isinstance(value, str) or len(value) <= LONGEST_EVENT
        assert not isinstance(value, str) or len(value.splitlines()) <= 1


def test_values_are_bounded_and_without_invisible_signs(log: Callable[[], Any]) -> None:
    tell("something", file="a\x1b[31m\u202eb\n" + "x" * 1000)
    shown = log()[0]["file"]
    assert len(shown) == LONGEST
    assert shown.startswith("a [31m b ")


def test_words_of_others_lose_long_quotations(log: Callable[[], Any]) -> None:
    logging.getLogger("duckdb").warning('Could not convert string "%s" to INT', POST)
    assert log()[0]["event"] == f'Could not convert string "({len(POST)} characters)" to INT'
    assert log()[0]["logger"] == "duckdb"


class OursError(Exception):
    exit_code = 3


@pytest.mark.parametrize(("error", "says"), [(ValueError(POST), None), (OursError("full"), "full")])
def test_an_error_tells_kind_and_place_and_words_that_are_ours(
    log: Callable[[], Any], error: Exception, says: str | None
) -> None:
    try:
        raise error
    except (ValueError, OursError):
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    line = log()[0]
    assert line["error"] == type(error).__name__
    assert "test_logs.py" in line["where"][-1]
    assert line.get("says") == says
    assert POST[:20] not in json.dumps(line)


def test_what_a_server_has_set_up_for_itself_is_undone(
    log: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    server = logging.getLogger("uvicorn")
    server.propagate, logging.getLogger("uvicorn.error").disabled = False, True
    logs.configure(sys.stdout)
    logging.getLogger("uvicorn.error").warning("heard")
    assert "heard" in capsys.readouterr().out
    assert log() == []


def test_warnings_of_python_go_the_same_way(log: Callable[[], Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("an old way to do it", DeprecationWarning, stacklevel=1)
    assert log()[0]["logger"] == "py.warnings"


def test_people_on_a_terminal_read_lines_of_their_own(
    log: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal()
    logs.configure(stream)
    tell("landed", counts={"rows": 3})
    assert "landed" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
    monkeypatch.setenv(logs.STYLE, "json")
    stream = Terminal()
    logs.configure(stream)
    tell("landed", counts={"rows": 3})
    assert json.loads(stream.getvalue())["event"] == "landed"


def test_the_level_is_asked_for(log: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(logs.LEVEL, "warning")
    stream = io.StringIO()
    logs.configure(stream)
    tell("landed")
    tell("rejected", level=logging.WARNING)
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["rejected"]


def test_a_run_tells_what_it_does_and_no_word_of_a_message(
    log: Callable[[], Any],
    tmp_path: Path,
    quick_scorer: Any,  # noqa: F811
    export: Callable[..., Path],  # noqa: F811
) -> None:
    path = export(tmp_path / "in", {1: "a first message of somebody", 2: "a second message"})
    settings = Settings(sources=(path,), warehouse=tmp_path / "w.duckdb", workers=1)
    run_directly(settings)
    lines = log()
    events = [line["event"] for line in lines]
    for event in ("run_started", "file_read", "lot_scored", "landed", "run_finished"):
        assert event in events
    read = next(line for line in lines if line["event"] == "file_read")
    assert read["counts"] == {"read": 2, "quarantined": 0}
    assert {line.get("run_id") for line in lines if line["event"].startswith("run_")} == {
        read["run_id"]
    }
    assert "message of somebody" not in json.dumps(lines)
    assert "A channel" not in json.dumps(lines)


def test_prefects_lines_are_ours_too(tmp_path: Path) -> None:
    script = (
        "from flows.watching import logs; logs.configure()\n"
        "from flows.prefect_defaults import set_defaults; set_defaults()\n"
        "import prefect, logging\n"
        "from prefect.logging.configuration import setup_logging; setup_logging()\n"
        "logging.getLogger('prefect.server').warning('something of the server')\n"
        "from flows.watching.events import tell; tell('landed')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={"PREFECT_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["something of the server", "landed"]
    assert lines[0]["logger"] == "prefect.server"


def test_the_warehouse_and_the_classifiers_know_nothing_of_it() -> None:
    root = Path(__file__).parents[2]
    for package in ("warehouse", "classifiers"):
        for path in (root / package).rglob("*.py"):
            source = path.read_text("utf-8")
            assert "structlog" not in source
            assert "opentelemetry" not in source
