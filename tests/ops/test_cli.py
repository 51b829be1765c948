"""The command line as a user meets it: help, errors, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import classifiers
import fixtures
import flows
import ops
import warehouse

ROOT = Path(__file__).parents[2]
COMMANDS = [
    "run",
    "score",
    "train",
    "benchmark",
    "console",
    "users add",
    "alerts check",
    "export",
    "retain",
    "backup",
    "restore",
    "hold add",
    "audit verify",
    "check",
    "doctor",
    "runbook",
    "fixtures generate",
]


def channelwatch(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "ops.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        check=False,
    )


def test_the_packages_are_this_repositorys() -> None:
    for module in (classifiers, fixtures, flows, ops, warehouse):
        assert Path(str(module.__file__)).parents[1] == ROOT


def test_help_names_every_command() -> None:
    done = channelwatch("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command.split()[0]} " in done.stdout


#: Asks for the help of one command after the other, and notes what each loaded for it.
HELP = """
import contextlib, io, json, sys
heavy = {'prefect', 'duckdb', 'sklearn', 'numba', 'pyarrow', 'rich'}
from ops.cli import main
told = {}
for command in json.loads(sys.argv[1]):
    before = set(sys.modules) if told else set()
    sys.argv = ['channelwatch', *command.split(), '--help']
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
        main()
    told[command] = said.getvalue(), sorted((heavy & set(sys.modules)) - before)
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def helped() -> dict[str, tuple[str, list[str]]]:
    """What each command says for `--help`, and what it loads: one process, for starting one is
    most of the time. What a command loads is noted at the first that does."""
    done = subprocess.run(
        [sys.executable, "-c", HELP, json.dumps(COMMANDS)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    told: dict[str, tuple[str, list[str]]] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_loads_nothing_for_it(
    command: str, helped: dict[str, tuple[str, list[str]]]
) -> None:
    said, heavy = helped[command]
    assert f"Usage: channelwatch {command}" in said
    assert heavy == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "no-such-folder"), "no-such-folder"),
        (("run", "--timezone", "Asia/Kabool"), "did you mean 'Asia/Kabul'"),
        (("run", "--map", "txt=body"), "did you mean 'text'"),
        (("run", "--map", "text"), "write FIELD=COLUMN"),
        (("export", "mesages", "-o", "x.csv"), "did you mean 'messages'"),
        (("export", "messages", "-o", "x.doc"), "csv, ndjson, parquet"),
        (("fixtures", "generate", "--out", "tests"), "not an empty folder"),
        (("benchmark", "sped"), "did you mean 'speed'"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_2(arguments: tuple[str, ...], says: str) -> None:
    done = channelwatch(*arguments, cwd=ROOT)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("channelwatch: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_file_that_is_no_warehouse_is_exit_3(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.duckdb"
    wrong.write_text("not a database " * 100)
    done = channelwatch("export", "messages", "-o", str(tmp_path / "x.csv"), "-w", str(wrong))
    assert done.returncode == 3
    assert "not a DuckDB database" in done.stderr


def test_a_missing_warehouse_says_what_makes_one(tmp_path: Path) -> None:
    done = channelwatch(
        "export", "messages", "-o", str(tmp_path / "x.csv"), "-w", str(tmp_path / "none.duckdb")
    )
    assert done.returncode == 3
    assert "channelwatch run" in done.stderr


def test_check_finds_the_bundled_data_good() -> None:
    done = channelwatch("check", "--json")
    assert json.loads(done.stdout) == {"reference data": [], "phrase tables": [], "models": []}
    assert done.returncode == 0


def test_doctor_finds_nothing_wrong_here(tmp_path: Path) -> None:
    done = channelwatch("doctor", "--json", "-w", str(tmp_path / "w.duckdb"))
    findings = {finding["what"]: finding for finding in json.loads(done.stdout)}
    for what in ("Python", "packages", "import names", "models", "warehouse", "inbox"):
        assert findings[what]["good"], findings[what]
