"""Keeping a warehouse from the command line, free and while another process owns it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.commands import channelwatch as in_process

ROOT = Path(__file__).parents[2]
SECRET = "zarqawi-lighthouse"
NO_KEYS: Mapping[str, str] = {}
KEY = "0123456789abcdef" * 4
RULES = """
counted_from: {counted_from}
rules:
  - {{label: none, keep_days: 90}}
  - {{label: hostile, keep_days: null}}
  - {{label: solicits_donation, keep_days: null}}
  - {{label: claims_attack, keep_days: null}}
  - {{label: decided, keep_days: null}}
  - {{label: quarantine, keep_days: 90}}
"""
OWNER = """
import sys
from pathlib import Path
from ops.console.keeper import Keeper
from warehouse.review.rules import Rules
from warehouse.store import open_store
with open_store(Path(sys.argv[1])) as store:
    keeper = Keeper(store, Rules())
    keeper.start()
    print("open", flush=True)
    sys.stdin.read()
    keeper.stop()
"""


def channelwatch(
    *arguments: object, keys: Mapping[str, str] = NO_KEYS
) -> subprocess.CompletedProcess[str]:
    with patch.dict(os.environ, keys):
        return in_process(*arguments)


def run(*arguments: object, keys: Mapping[str, str] = NO_KEYS) -> subprocess.CompletedProcess[str]:
    """`channelwatch run` with the quick scorer."""
    return subprocess.run(
        [sys.executable, str(ROOT / "tests" / "flows" / "quick_run.py"), "--direct"]
        + [str(argument) for argument in arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **keys},
        check=False,
    )


def export(folder: Path, name: str, texts: dict[int, str]) -> Path:
    messages = [
        {
            "id": number,
            "type": "message",
            "date": "2024-01-01T00:00:00",
            "date_unixtime": str(1_704_067_200 + 60 * number),
            "from": "Amina Wardak",
            "from_id": "user4711000815",
            "text": text,
            "text_entities": [],
        }
        for number, text in texts.items()
    ]
    chat = {"name": "A group", "type": "private_supergroup", "id": 55, "messages": messages}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(chat), "utf-8")
    return path


@contextmanager
def owned(path: Path, keys: Mapping[str, str]) -> Iterator[None]:
    """Another process has the warehouse open, as the console does."""
    child = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **keys},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == b"open\n"
    try:
        yield
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()


def leaks(folder: Path, *texts: str) -> list[Path]:
    wanted = [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(text in path.read_bytes() for text in wanted)]


@pytest.mark.parametrize("by_owner", [pytest.param(False, marks=pytest.mark.slow), True])
def test_from_the_first_message_to_its_end(tmp_path: Path, by_owner: bool) -> None:
    (tmp_path / "w").mkdir()
    path = tmp_path / "w" / "w.duckdb"
    (tmp_path / "author.key").write_text("a" * 40)
    (tmp_path / "key").write_text(KEY)
    keys = {
        "CHANNELWATCH_KEY_FILE": str(tmp_path / "key"),
        "CHANNELWATCH_ALLOW_MBEDTLS": "1",
        "CHANNELWATCH_AUTHOR_KEY_FILE": str(tmp_path / "author.key"),
    }
    texts = {n: f"{SECRET} {n}" + " enemy" * (n % 10 == 0) for n in range(1, 101)}
    source = export(tmp_path / "x", "result.json", texts)
    done = run(source, "-w", path, keys=keys)
    assert done.returncode == 0, done.stderr
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.format(counted_from="sent"))

    def told(*arguments: object) -> dict[str, object]:
        done = channelwatch(*arguments, "--json", keys=keys)
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    def read() -> None:
        done = channelwatch("export", "messages", "-o", tmp_path / "m.csv", "-w", path, keys=keys)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "m.csv").read_text("utf-8").count(SECRET) == 100
        taken = told("extract-messages", "-w", path, "-o", tmp_path / "parts")
        assert taken["rows"] == 100

    def keep() -> None:
        held = told(
            "hold",
            "add",
            "-w",
            path,
            "--channel",
            "tg:55",
            "--message",
            7,
            "--why",
            "a court",
            "--case",
            "17",
            "--who",
            "lawyer",
        )
        assert held["held"] == 1
        told("backup", tmp_path / "before", "-w", path)
        would = told("retain", "-w", path, "--rules", rules, "--dry-run")
        did = told("retain", "-w", path, "--rules", rules, "--scrub")
        assert would["removed"] == did["removed"] == {"none:90": 89}
        assert would["held"] == did["held"] == 1
        assert told("hold", "lift", "-w", path, "--case", "17", "--why", "over")["lifted"]
        assert told("retain", "-w", path, "--rules", rules)["removed"] == {"none:90": 1}

    if by_owner:
        with owned(path, keys):
            read()
            keep()
    else:
        read()
        keep()
    entries = told("audit", "list", "-w", path)
    assert isinstance(entries, list)
    acts = [entry["what"] for entry in entries][::-1]
    assert acts[:2] == ["export", "extract"]
    assert acts[2:] == ["hold.add", "backup", "retain", "scrub", "hold.lift", "retain"]
    assert entries[-3]["who"] == "lawyer"
    verdict = told("audit", "verify", "-w", path)
    assert verdict["broken_at"] is None
    again = export(tmp_path / "y", "result.json", texts | {101: "new"})
    report = json.loads(run(again, "-w", path, "--json", keys=keys).stdout)
    assert (report["landed"], report["unchanged"]) == (1, 100)
    assert not report["problems"]
    new = tmp_path / "w" / "restored.duckdb"
    told("restore", tmp_path / "before", "--into", new)
    again = channelwatch("restore", tmp_path / "before", "--into", new, keys=keys)
    assert (again.returncode, "nothing is overwritten" in again.stderr) == (2, True)
    csv = tmp_path / "messages.ndjson"
    assert channelwatch("export", "messages", "-w", new, "-o", csv, keys=keys).returncode == 0
    assert csv.read_text("utf-8").count(SECRET) == 100
    assert "Amina" not in csv.read_text("utf-8")
    for folder in ("w", "before"):
        assert not leaks(tmp_path / folder, SECRET, "Amina Wardak", "4711000815")
    done = channelwatch("audit", "verify", "-w", path)
    assert (done.returncode, "the file of its key" in done.stderr) == (3, True)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    done = channelwatch("retain", "-w", path)
    assert (done.returncode, "no warehouse" in done.stderr) == (3, True)
    assert run(export(tmp_path / "x", "r.json", {1: "a"}), "-w", path).returncode == 0
    rules = tmp_path / "rules.yaml"
    for wrong, says in (
        ("rules: [{label: none, keep_days: 1}]", "no rule for decided"),
        ("rules: [{label: hostil, keep_days: 1}]", "did you mean 'hostile'"),
        ("rules: [{label: none}]", "keep_days"),
        ("rules: [{label: none, keep_days: -1}]", "0 to 100,000"),
        ("rules: [{label: none, keep_days: 1}, {label: none, keep_days: 2}]", "two rules"),
        ("counted_from: birth\nrules: []", "counted_from"),
        ("{", "no YAML"),
    ):
        rules.write_text(wrong)
        done = channelwatch("retain", "-w", path, "--rules", rules)
        assert done.returncode == 2, done.stderr
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    done = channelwatch("hold", "add", "-w", path, "--channel", "tg:404", "--why", "x")
    assert (done.returncode, "nothing was held" in done.stderr) == (1, True)
    done = channelwatch("restore", tmp_path, "--into", tmp_path / "new.duckdb")
    assert (done.returncode, "no backup" in done.stderr) == (1, True)
    done = channelwatch("retain", "-w", path)
    assert (done.returncode, done.stdout) == (0, "No message was due.\n")
